// What sys keeps for each thread: its number, its name, its parker. For sys' and sync's own use.
//
// A thread gets a slot when it first needs one, however it was started, and gives it back when it ends, after
// all its thread_local destructors. Slots are never freed but used again, so that a pointer to one stays good
// for ever. Numbers are dense and start at 1; that of a thread which has ended is given to a later one.
#pragma once

#include "offstage/sys/parker.hpp"

#include <cstdint>
#include <string>

namespace offstage::sys {

/// A small number, 1 or more, that no other live thread has. Never blocks for long.
using ThreadId = std::uint32_t;

namespace detail {

struct ThreadSlot {
    ThreadId id = 0;
    Parker parker;
    std::string name; // written by its own thread alone
    ThreadSlot* next_free = nullptr;
};

/// The calling thread's slot.
ThreadSlot& this_slot() noexcept;

/// Names the calling thread, here and in the kernel (cut to 15 bytes there).
void set_this_thread_name(std::string name);

/// 0 until this_slot() was called once in this thread.
extern constinit thread_local ThreadId this_id;

} // namespace detail

inline ThreadId this_thread_id() noexcept {
    const ThreadId id = detail::this_id;
    return id != 0 ? id : detail::this_slot().id;
}

} // namespace offstage::sys
