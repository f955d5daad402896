// A flag that threads wait for: set once or many times, cleared in between. As Python's threading.Event.
//
// Threads: all. The object must outlive its waiters; it may go as soon as they have returned, even while
// set() has not.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"

#include <stop_token>
#include <string>
#include <utility>

namespace offstage {

class Event {
public:
    /// `name` is what listings call it (sys/waits.hpp).
    explicit Event(std::string name = {}) noexcept : name_(std::move(name)) {}

    /// Sets the flag and wakes all who wait. Never blocks.
    void set() noexcept;
    /// Takes it back. Who was woken by a set() before returns all the same.
    void clear() noexcept;
    bool is_set() const noexcept;

    /// Blocks until it is set: ok, at once where it is already; else stopped or timed_out.
    WaitStatus wait(std::stop_token stop = {}, Deadline deadline = Deadline::never());

private:
    template <class Handler>
    friend class SetCase;
    bool enlist(detail::Waiter& waiter); // for select: see SelectCase
    void delist(detail::Waiter& waiter) noexcept;

    const std::string name_;
    mutable sys::Mutex mutex_;
    bool set_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    detail::WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage
