// A number for each thread, in the time of one load.
#pragma once

#include <cstdint>

namespace offstage::sys {

/// A small number, 1 or more, that no other live thread has.
using ThreadId = std::uint32_t;

namespace detail {
/// 0 until the thread has a number.
extern constinit thread_local ThreadId this_id;
ThreadId make_this_id() noexcept;
} // namespace detail

/// The calling thread's number. That of a thread which has ended is given to a later one.
inline ThreadId this_thread_id() noexcept {
    const ThreadId id = detail::this_id;
    return id != 0 ? id : detail::make_this_id();
}

} // namespace offstage::sys
