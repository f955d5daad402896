#include "offstage/sync/waiter.hpp"

#include "offstage/base/check.hpp"

#include <algorithm>
#include <array>

namespace offstage::detail {

constinit thread_local WaitObserver* wait_observer = nullptr;

WaitStatus Sleeper::ended() const noexcept {
    if (stop_.stop_requested()) return WaitStatus::stopped;
    return in_time_ ? WaitStatus::ok : WaitStatus::timed_out;
}

sys::Parker& Sleeper::prepare() {
    if (parker_ == nullptr) {
        parker_ = &sys::Parker::current();
        if (stop_.stop_possible()) on_stop_.emplace(stop_, Unpark{parker_});
    }
    return *parker_;
}

void Sleeper::sleep() noexcept {
    const sys::WaitMark mark(subject_);
    WaitObserver* const observer = wait_observer;
    if (observer != nullptr) observer->wait_begins();
    in_time_ = parker_->park(deadline_);
    if (observer != nullptr) observer->wait_ends();
}

WaiterList::~WaiterList() {
    OFFSTAGE_CHECK(empty(), "an object was destroyed while a thread waits on it");
}

void WaiterList::push_back(Waiter& waiter) noexcept {
    waiter.before = tail_;
    waiter.after = nullptr;
    (tail_ != nullptr ? tail_->after : head_) = &waiter;
    tail_ = &waiter;
    waiter.listed = true;
    ++size_;
}

void WaiterList::push_front(Waiter& waiter) noexcept {
    waiter.before = nullptr;
    waiter.after = head_;
    (head_ != nullptr ? head_->before : tail_) = &waiter;
    head_ = &waiter;
    waiter.listed = true;
    ++size_;
}

void WaiterList::erase(Waiter& waiter) noexcept {
    (waiter.before != nullptr ? waiter.before->after : head_) = waiter.after;
    (waiter.after != nullptr ? waiter.after->before : tail_) = waiter.before;
    waiter.listed = false;
    --size_;
}

sys::Parker* WaiterList::take_front() noexcept {
    if (head_ == nullptr) return nullptr;
    Waiter& first = *head_;
    erase(first);
    return first.parker;
}

void WaiterList::wake_all(bool refused) noexcept {
    while (head_ != nullptr) {
        head_->refused = refused;
        take_front()->unpark();
    }
}

// The analysis does not follow a lock that is passed by reference.
void WaiterList::notify_one(sys::MutexLock& lock) noexcept OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    sys::Parker* const first = take_front();
    lock.unlock();
    if (first != nullptr) first->unpark();
}

// All are taken off in one hold of the mutex, so that nobody who comes later is taken for one of them. Up to
// a batch of them are woken after it, when they find the mutex free; what is more than that, during it.
void WaiterList::notify(sys::MutexLock& lock, std::size_t count) noexcept OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    std::array<sys::Parker*, 64> batch;
    count = std::min(count, size_);
    for (; count > batch.size(); --count) take_front()->unpark();
    for (std::size_t i = 0; i < count; ++i) batch[i] = take_front();
    lock.unlock();
    for (std::size_t i = 0; i < count; ++i) batch[i]->unpark();
}

WaitStatus Wait::sleep() OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    if (const WaitStatus ended = sleeper_.ended(); ended != WaitStatus::ok) return ended;
    if (waiter_.parker == nullptr) {
        waiter_.parker = &sleeper_.prepare();
        list_.push_back(waiter_);
    } else if (!waiter_.listed) {
        list_.push_front(waiter_); // somebody was quicker: our turn is still the next
    }
    lock_.unlock();
    sleeper_.sleep();
    lock_.lock();
    return WaitStatus::ok;
}

} // namespace offstage::detail
