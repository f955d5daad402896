// Many readers or one writer, served in the order of their coming: readers do not overtake a waiting writer,
// nor writers a waiting reader, so that neither starves. Works with std::shared_lock, std::unique_lock and
// their kin.
//
// Threads: all; who locked it unlocks it. A reader must not lock it again: with a writer waiting in between
// it would wait for itself. The object must outlive its waiters.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread_id.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace offstage {

class SharedMutex {
public:
    /// `name` is what listings call it (sys/waits.hpp).
    explicit SharedMutex(std::string name = {}) noexcept : name_(std::move(name)) {}

    /// Blocks until nobody else is in: ok, stopped or timed_out.
    WaitStatus lock(std::stop_token stop = {}, Deadline deadline = Deadline::never());
    [[nodiscard]] bool try_lock() { return lock({}, Deadline::past()) == WaitStatus::ok; }
    /// Throws Error conflict when the calling thread is not the writer.
    void unlock();

    /// Blocks until no writer is in, nor waits since longer: ok, stopped or timed_out.
    WaitStatus lock_shared(std::stop_token stop = {}, Deadline deadline = Deadline::never());
    [[nodiscard]] bool try_lock_shared() { return lock_shared({}, Deadline::past()) == WaitStatus::ok; }
    /// Throws Error conflict when no reader is in.
    void unlock_shared();

    /// Who was in a moment ago, as its writer or its only reader; 0 for nobody, or several.
    sys::ThreadId owner() const noexcept {
        const std::uint64_t inside = inside_.load(std::memory_order_relaxed);
        return inside / one == 1 ? static_cast<sys::ThreadId>(inside % one) : 0;
    }

private:
    WaitStatus enter(bool shared, std::string_view action, const std::stop_token& stop, Deadline deadline);
    bool free_for(bool shared) const OFFSTAGE_REQUIRES(mutex_) {
        return !writing_ && (shared || readers_ == 0);
    }
    void admit(bool shared) OFFSTAGE_REQUIRES(mutex_);
    void admit_waiting(sys::MutexLock& lock) OFFSTAGE_REQUIRES(mutex_);

    const std::string name_;
    sys::Mutex mutex_;
    std::size_t readers_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    bool writing_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    detail::WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_); // its first one cannot be let in now
    // To be told, as Mutex::owner_: how many say that they are in, times `one`, and the sum of their numbers.
    static constexpr std::uint64_t one = std::uint64_t{1} << 48;
    std::atomic<std::uint64_t> inside_ = 0;
};

} // namespace offstage
