// A number for each thread, in the time of one load.
#pragma once

#include <cstdint>

namespace offstage::sys {

/// A number from 1 to most_threads that no other live thread has; the next one for each new thread.
using ThreadId = std::uint32_t;

/// sys::Mutex keeps a number in 31 bits, of which one value means nobody.
inline constexpr ThreadId most_threads = (ThreadId{1} << 31) - 2;

namespace detail {
/// 0 until the thread has a number.
extern constinit thread_local ThreadId this_id;
ThreadId make_this_id() noexcept;
} // namespace detail

/// The calling thread's number. That of a thread which has ended is not given to another before
/// `most_threads` of them were given.
inline ThreadId this_thread_id() noexcept {
    const ThreadId id = detail::this_id;
    return id != 0 ? id : detail::make_this_id();
}

} // namespace offstage::sys
