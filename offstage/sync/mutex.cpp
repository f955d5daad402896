#include "offstage/sync/mutex.hpp"

#include "offstage/base/error.hpp"

namespace offstage {

WaitStatus Mutex::lock(std::stop_token stop, Deadline deadline) {
    if (owner() == sys::this_thread_id())
        throw Error(Errc::conflict,
                    "the thread locks a mutex that it holds already and would wait for itself; "
                    "use a RecursiveMutex, or let it go first");
    {
        sys::MutexLock lock(mutex_);
        detail::Wait wait(
            lock, waiters_,
            {.kind = kind_,
             .action = "lock",
             .name = name_,
             .object = this,
             .owner = [](const void* mutex) { return static_cast<const Mutex*>(mutex)->owner(); }},
            stop, deadline);
        while (held_ && !wait.notified())
            if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
        held_ = true;
    }
    own();
    return WaitStatus::ok;
}

bool Mutex::try_lock() noexcept {
    {
        const sys::MutexLock lock(mutex_);
        if (held_) return false;
        held_ = true;
    }
    own();
    return true;
}

void Mutex::unlock() {
    if (owner() != sys::this_thread_id())
        throw Error(Errc::conflict, "the thread unlocks a mutex that it does not hold");
    owner_.store(0, std::memory_order_relaxed);
    sys::MutexLock lock(mutex_);
    held_ = !waiters_.empty();
    waiters_.notify_one(lock);
}

} // namespace offstage
