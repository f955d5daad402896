#include "offstage/sync/event.hpp"

namespace offstage {

void Event::set() noexcept {
    sys::MutexLock lock(mutex_);
    set_ = true;
    waiters_.notify_all(lock);
}

void Event::clear() noexcept {
    const sys::MutexLock lock(mutex_);
    set_ = false;
}

bool Event::is_set() const noexcept {
    const sys::MutexLock lock(mutex_);
    return set_;
}

WaitStatus Event::wait(std::stop_token stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    detail::Wait wait(lock, waiters_, {.kind = "Event", .action = "wait", .name = name_, .object = this},
                      stop, deadline);
    // Taken off the list by set(): it was set, though it may be cleared again by now.
    while (!set_ && !wait.notified())
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

bool Event::enlist(detail::Waiter& waiter) {
    const sys::MutexLock lock(mutex_);
    if (set_) return false;
    waiters_.push_back(waiter);
    return true;
}

// set() wakes all: there is nobody to pass it on to.
void Event::delist(detail::Waiter& waiter) noexcept {
    const sys::MutexLock lock(mutex_);
    if (waiter.listed) waiters_.erase(waiter);
}

} // namespace offstage
