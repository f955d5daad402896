// When the watch has to look again. Whoever sets a time that the watch has to keep (a timeout, a retry, a
// report) tells the alarm; it wakes the watch only where that time is earlier than what the watch sleeps for
// already.
//
// Why at() may skip the lock: the time itself is published under a mutex that the watch takes after it has
// reset the alarm. Either the watch sees the time, or the setter's later load of `next_` sees the reset.
//
// Threads: at() and now() by all, wait() by the watch alone.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sys/mutex.hpp"

#include <atomic>
#include <stop_token>

namespace offstage::jobs::detail {

class Alarm {
public:
    /// The watch looks at that time, or before.
    void at(SteadyTime when) noexcept {
        if (when < next_.load(std::memory_order_relaxed)) set(when);
    }
    void now() noexcept { at(SteadyTime::min()); }

    /// Blocks until the earliest time that was set, which it forgets. False: a stop was requested.
    bool wait(std::stop_token stop);

private:
    void set(SteadyTime when) noexcept;

    sys::Mutex mutex_;
    Condition earlier_;
    std::atomic<SteadyTime> next_{SteadyTime::max()}; // written under the mutex
};

} // namespace offstage::jobs::detail
