#include "offstage/sync/shared_mutex.hpp"

#include "offstage/base/error.hpp"

namespace offstage {

void SharedMutex::admit(bool shared) {
    if (shared)
        ++readers_;
    else
        writing_ = true;
}

// Lets the lock go. Those let in are taken off the list by their number, since the rest must wait on.
void SharedMutex::admit_waiting(sys::MutexLock& lock) {
    std::size_t count = 0;
    for (const detail::Waiter* next = waiters_.front(); next != nullptr && free_for(next->wants_shared);
         next = next->after, ++count)
        admit(next->wants_shared);
    waiters_.notify(lock, count);
}

WaitStatus SharedMutex::enter(bool shared, std::string_view action, const std::stop_token& stop,
                              Deadline deadline) {
    sys::MutexLock lock(mutex_);
    if (waiters_.empty() && free_for(shared)) {
        admit(shared);
        return WaitStatus::ok;
    }
    detail::Wait wait(
        lock, waiters_,
        {.kind = "SharedMutex",
         .action = action,
         .name = name_,
         .object = this,
         .owner = [](const void* mutex) { return static_cast<const SharedMutex*>(mutex)->owner(); }},
        stop, deadline, shared);
    while (!wait.notified()) {
        const WaitStatus ended = wait.sleep();
        if (ended == WaitStatus::ok) continue;
        wait.leave();
        admit_waiting(lock); // a writer that leaves may have held up readers
        return ended;
    }
    return WaitStatus::ok;
}

WaitStatus SharedMutex::lock(std::stop_token stop, Deadline deadline) {
    const WaitStatus status = enter(false, "lock", stop, deadline);
    if (status == WaitStatus::ok) inside_.store(one + sys::this_thread_id(), std::memory_order_relaxed);
    return status;
}

void SharedMutex::unlock() {
    sys::MutexLock lock(mutex_);
    if (!writing_ || owner() != sys::this_thread_id())
        throw Error(Errc::conflict, "the thread unlocks a shared mutex that it does not hold for writing");
    inside_.store(0, std::memory_order_relaxed);
    writing_ = false;
    admit_waiting(lock);
}

WaitStatus SharedMutex::lock_shared(std::stop_token stop, Deadline deadline) {
    const WaitStatus status = enter(true, "lock_shared", stop, deadline);
    if (status == WaitStatus::ok) inside_.fetch_add(one + sys::this_thread_id(), std::memory_order_relaxed);
    return status;
}

void SharedMutex::unlock_shared() {
    sys::MutexLock lock(mutex_);
    if (readers_ == 0) throw Error(Errc::conflict, "unlock_shared() of a shared mutex that nobody reads");
    --readers_;
    inside_.fetch_sub(one + sys::this_thread_id(), std::memory_order_relaxed);
    admit_waiting(lock);
}

} // namespace offstage
