// Counts down to zero, once; threads wait for that. As std::latch, whose wait takes neither stop nor
// deadline.
//
// Threads: all. The object must outlive its waiters; it may go as soon as they have returned.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"

#include <cstddef>
#include <stop_token>
#include <string>
#include <utility>

namespace offstage {

class Latch {
public:
    /// `name` is what listings call it (sys/waits.hpp).
    explicit Latch(std::size_t count, std::string name = {}) noexcept
        : name_(std::move(name)), count_(count) {}

    /// Takes `by` off the count; at zero wakes all who wait. Never blocks. Throws Error conflict, and changes
    /// nothing, when less is left.
    void count_down(std::size_t by = 1);

    /// Blocks until the count is zero: ok, stopped or timed_out.
    WaitStatus wait(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// count_down(), then wait(). What ends the wait early leaves the count as it is: this thread has
    /// arrived.
    WaitStatus arrive_and_wait(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// What is left to count.
    std::size_t count() const noexcept;

private:
    const std::string name_;
    mutable sys::Mutex mutex_;
    std::size_t count_ OFFSTAGE_GUARDED_BY(mutex_);
    detail::WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage
