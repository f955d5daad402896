// A condition variable that can be stopped. It waits for a predicate, never for a bare notification.
//
// One mutex of the user's guards what the predicate reads; notify_one() and notify_all() may be called with
// or without it, but after the change was made under it. First come, first woken. Threads: all. The object
// must outlive its waiters; it may go as soon as they have returned, even while the notify that woke them has
// not.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"

#include <stop_token>
#include <string>
#include <utility>

namespace offstage {

class Condition {
public:
    /// `name` is what listings call it (sys/waits.hpp).
    explicit Condition(std::string name = {}) noexcept : name_(std::move(name)) {}

    /// Blocks until `predicate()` is true (ok), a stop is requested or the deadline has passed. The predicate
    /// is called with the lock held, a last time after a stop or deadline: where it is true then, that is ok.
    /// An exception of the predicate passes through. REQUIRES: `lock` is held; it is again on return.
    // Not analysed: the checker cannot know that `lock` holds the mutex that the predicate requires.
    template <class Predicate>
    WaitStatus wait(sys::MutexLock& lock, Predicate predicate, std::stop_token stop = {},
                    Deadline deadline = Deadline::never()) OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
        Waiting waiting(*this, lock, stop, deadline);
        while (!predicate())
            if (const WaitStatus ended = waiting.sleep(); ended != WaitStatus::ok) return ended;
        return WaitStatus::ok;
    }

    /// Wakes the thread that waits longest.
    void notify_one() noexcept;
    /// Wakes all who wait now.
    void notify_all() noexcept;

private:
    // As detail::Wait, but the list has a mutex of its own, since notifiers need not hold the user's.
    class Waiting {
    public:
        Waiting(Condition& condition, sys::MutexLock& lock, const std::stop_token& stop,
                Deadline deadline) noexcept
            : condition_(condition), lock_(lock),
              sleeper_({.kind = "Condition", .action = "wait", .name = condition.name_, .object = &condition},
                       stop, deadline) {}
        ~Waiting();
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;
        WaitStatus sleep();

    private:
        Condition& condition_;
        sys::MutexLock& lock_;
        detail::Sleeper sleeper_;
        detail::Waiter waiter_;
    };

    const std::string name_;
    sys::Mutex mutex_; // taken after the user's
    detail::WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage
