#include "offstage/sync/latch.hpp"

#include "offstage/base/error.hpp"

namespace offstage {

void Latch::count_down(std::size_t by) {
    sys::MutexLock lock(mutex_);
    if (by > count_)
        throw Error(Errc::conflict, "a latch was counted down by " + std::to_string(by) + " with only " +
                                        std::to_string(count_) + " left: once for each that it was made for");
    count_ -= by;
    if (count_ == 0) waiters_.notify_all(lock);
}

WaitStatus Latch::wait(std::stop_token stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    detail::Wait wait(lock, waiters_, {.kind = "Latch", .action = "wait", .name = name_, .object = this},
                      stop, deadline);
    while (count_ > 0)
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

WaitStatus Latch::arrive_and_wait(std::stop_token stop, Deadline deadline) {
    count_down();
    return wait(std::move(stop), deadline);
}

std::size_t Latch::count() const noexcept {
    const sys::MutexLock lock(mutex_);
    return count_;
}

} // namespace offstage
