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
    detail::Wait wait(lock, waiters_, stop, deadline);
    // Taken off the list by set(): it was set, though it may be cleared again by now.
    while (!set_ && !wait.notified())
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

} // namespace offstage
