// Where one thread sleeps until another wakes it: the primitive that every wait in Offstage stands on.
//
// A parker holds at most one permit. park() takes it, or sleeps until there is one; unpark() gives it. So an
// unpark() that comes first is not lost, and two that come together count as one.
//
// Always holds: a parker belongs to one thread at a time (current()), and its memory is never freed. When its
// thread ends it waits for the next thread that needs one. That is what makes unpark() safe at any later
// time: a waker takes the parker's address under some object's mutex, lets the mutex go, and calls unpark();
// by then the sleeper may have been woken by a timer, gone on and died. The late permit then goes to a parker
// at rest or to another thread, whose park() returns early once. For the same reason **park() may return true
// without cause: whoever parks does so in a loop around its own condition**, read after park() returned.
// Memory is bounded by the largest number of threads that ever ran at once. Abseil keeps its per-thread
// blocks in the same way (absl/synchronization/internal/create_thread_identity.cc).
//
// Threads: park() only by the parker's own thread; unpark() by any, under any lock, also in a stop callback.
// What was written before unpark() is seen after the park() that it ended.
#pragma once

#include "offstage/base/time.hpp"

#include <atomic>
#include <cstdint>

namespace offstage::sys {

class Parker {
public:
    Parker() = default;
    Parker(const Parker&) = delete;
    Parker& operator=(const Parker&) = delete;

    /// Sleeps until unpark() or the deadline; returns at once where a permit is there. True: unparked, or
    /// woken without cause; false: the deadline has passed. A permit wins over a deadline.
    bool park(Deadline deadline = Deadline::never()) noexcept;

    /// Ends the present park(), or the next one. Never blocks.
    void unpark() noexcept;

    /// The calling thread's own. Valid for ever; the thread's until it ends.
    static Parker& current() noexcept;

private:
    static constexpr std::uint32_t empty = 0, permit = 1, parked = ~std::uint32_t{0};
    std::atomic<std::uint32_t> state_{empty};
};

} // namespace offstage::sys
