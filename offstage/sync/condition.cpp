#include "offstage/sync/condition.hpp"

namespace offstage {

WaitStatus Condition::Waiting::sleep() OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    if (const WaitStatus ended = sleeper_.ended(); ended != WaitStatus::ok) return ended;
    sys::Parker& parker = sleeper_.prepare();
    {
        // Listed before the user's mutex is free: whoever changes the state after that finds us here.
        const sys::MutexLock own(condition_.mutex_);
        if (!waiter_.listed) {
            waiter_.parker = &parker;
            condition_.waiters_.push_back(waiter_);
        }
    }
    lock_.unlock();
    sleeper_.sleep();
    lock_.lock();
    return WaitStatus::ok;
}

Condition::Waiting::~Waiting() {
    if (waiter_.parker == nullptr) return;
    const sys::MutexLock own(condition_.mutex_);
    if (waiter_.listed) condition_.waiters_.erase(waiter_);
}

void Condition::notify_one() noexcept {
    sys::MutexLock lock(mutex_);
    waiters_.notify_one(lock);
}

void Condition::notify_all() noexcept {
    sys::MutexLock lock(mutex_);
    waiters_.notify_all(lock);
}

} // namespace offstage
