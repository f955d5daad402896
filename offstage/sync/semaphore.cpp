#include "offstage/sync/semaphore.hpp"

#include "offstage/base/error.hpp"

#include <string>

namespace offstage {

Permit& Permit::operator=(Permit&& other) noexcept {
    if (this != &other) {
        release();
        semaphore_ = std::exchange(other.semaphore_, nullptr);
    }
    return *this;
}

void Permit::release() noexcept {
    // It was acquired, so it cannot be one too many: release() does not throw here.
    if (Semaphore* const semaphore = std::exchange(semaphore_, nullptr)) semaphore->release();
}

WaitStatus Semaphore::acquire(std::stop_token stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    if (available_ > 0) {
        --available_;
        return WaitStatus::ok;
    }
    detail::Wait wait(lock, waiters_,
                      {.kind = "Semaphore", .action = "acquire", .name = name_, .object = this}, stop,
                      deadline);
    while (!wait.notified()) // release() takes us off the list when it gives us a permit
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

WaitResult<Permit> Semaphore::permit(std::stop_token stop, Deadline deadline) {
    const WaitStatus status = acquire(std::move(stop), deadline);
    if (status != WaitStatus::ok) return status;
    return WaitResult<Permit>(Permit(*this));
}

bool Semaphore::try_acquire() noexcept {
    const sys::MutexLock lock(mutex_);
    if (available_ == 0) return false;
    --available_;
    return true;
}

void Semaphore::release(std::size_t permits) {
    sys::MutexLock lock(mutex_);
    if (const std::size_t held = bound_ - available_; permits > held)
        throw Error(Errc::conflict, "a semaphore of " + std::to_string(bound_) + " permits was released " +
                                        std::to_string(permits - held) +
                                        " times too often: release() once for each acquire()");
    const std::size_t waiting = waiters_.size(); // they get theirs first
    available_ += permits > waiting ? permits - waiting : 0;
    waiters_.notify(lock, permits);
}

std::size_t Semaphore::available() const noexcept {
    const sys::MutexLock lock(mutex_);
    return available_;
}

} // namespace offstage
