// What sys keeps for each thread: its number, its name, its parker. For sys' and sync's own use.
//
// A thread gets a slot when it first needs one, however it was started, and gives it back when it ends, after
// all its thread_local destructors. Slots are never freed but used again, so that a pointer to one stays good
// for ever. Numbers are not: each thread gets the next one, so that nobody is taken for a thread that ended
// holding a lock. Some two thousand million threads later they begin at 1 again, and pass over those in use.
#pragma once

#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/thread_id.hpp"

#include <string>
#include <vector>

namespace offstage::sys {

class WaitMark;

namespace detail {

struct ThreadSlot {
    ThreadId id = 0; // guarded by the mutex of all slots for others; 0 while no thread has it
    Parker parker;
    Mutex mutex;                    // always held unseen (UnseenLock)
    std::string name;               // written by its own thread under the mutex, read by others under it
    const WaitMark* mark = nullptr; // likewise; what the thread waits on
    ThreadSlot* next_free = nullptr;
};

/// The calling thread's slot.
ThreadSlot& this_slot() noexcept;

/// Names the calling thread, here and in the kernel (cut to 15 bytes there).
void set_this_thread_name(std::string name);

/// Every slot there ever was.
std::vector<ThreadSlot*> all_slots();

} // namespace detail

} // namespace offstage::sys
