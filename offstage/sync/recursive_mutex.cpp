#include "offstage/sync/recursive_mutex.hpp"

namespace offstage {

bool RecursiveMutex::again() noexcept {
    if (owner() != sys::this_thread_id()) return false;
    ++times_;
    return true;
}

WaitStatus RecursiveMutex::lock(std::stop_token stop, Deadline deadline) {
    if (again()) return WaitStatus::ok;
    const WaitStatus status = mutex_.lock(std::move(stop), deadline);
    if (status == WaitStatus::ok) times_ = 1;
    return status;
}

bool RecursiveMutex::try_lock() noexcept {
    if (again()) return true;
    if (!mutex_.try_lock()) return false;
    times_ = 1;
    return true;
}

void RecursiveMutex::unlock() {
    if (owner() == sys::this_thread_id() && --times_ > 0) return;
    mutex_.unlock(); // throws where it is not ours
}

} // namespace offstage
