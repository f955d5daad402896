#include "offstage/sync/barrier.hpp"

#include "offstage/base/error.hpp"

#include <utility>

namespace offstage {

Barrier::Barrier(std::size_t parties, std::function<void()> action, std::string name)
    : parties_(parties), action_(std::move(action)), name_(std::move(name)) {
    if (parties == 0) throw Error(Errc::invalid_argument, "a barrier needs at least 1 party");
}

WaitResult<std::size_t> Barrier::arrive_and_wait(std::stop_token stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    if (broken_) return WaitStatus::closed;
    const std::shared_ptr<Round> round = round_;
    const std::size_t number = round->arrived++;
    if (number + 1 < parties_) return wait_in(*round, number, lock, stop, deadline);

    round_ = std::make_shared<Round>();
    if (action_) act(lock, *round);
    round->waiters.notify_all(lock);
    return WaitResult<std::size_t>(number);
}

WaitResult<std::size_t> Barrier::wait_in(Round& round, std::size_t number, sys::MutexLock& lock,
                                         const std::stop_token& stop, Deadline deadline) {
    detail::Wait wait(lock, round.waiters,
                      {.kind = "Barrier", .action = "arrive_and_wait", .name = name_, .object = this}, stop,
                      deadline);
    while (!wait.notified()) {
        const WaitStatus ended = wait.sleep();
        if (ended == WaitStatus::ok) continue;
        wait.leave();
        if (!round.acting) {
            broken_ = true;
            round.waiters.wake_all(true);
        }
        return ended;
    }
    if (wait.refused()) return WaitStatus::closed;
    return WaitResult<std::size_t>(number);
}

// The action is the user's: no lock is held while it runs.
void Barrier::act(sys::MutexLock& lock, Round& round) OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    round.acting = true;
    lock.unlock();
    try {
        action_();
    } catch (...) {
        lock.lock();
        broken_ = true;
        round.waiters.wake_all(true);
        round_->waiters.wake_all(true);
        throw;
    }
    lock.lock();
}

void Barrier::abort() noexcept {
    const sys::MutexLock lock(mutex_);
    broken_ = true;
    round_->waiters.wake_all(true);
}

void Barrier::reset() {
    auto fresh = std::make_shared<Round>();
    const sys::MutexLock lock(mutex_);
    broken_ = false;
    round_->waiters.wake_all(true);
    round_ = std::move(fresh);
}

std::size_t Barrier::waiting() const noexcept {
    const sys::MutexLock lock(mutex_);
    return round_->waiters.size();
}

bool Barrier::is_broken() const noexcept {
    const sys::MutexLock lock(mutex_);
    return broken_;
}

} // namespace offstage
