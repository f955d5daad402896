// So many at once: semaphores with RAII permits, served first come, first served.
//
//   Semaphore         any number of permits may be released
//   BoundedSemaphore  never more than it began with: releasing one too many is an error
//   Permit            one permit, given back when it goes
//
// A released permit goes straight to the thread that waits longest; a newcomer cannot overtake it. Threads:
// all. A semaphore must outlive its waiters and permits.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_result.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"

#include <cstddef>
#include <limits>
#include <stop_token>
#include <string>
#include <utility>

namespace offstage {

class Semaphore;

/// Holds one permit of a semaphore, which must outlive it. For one thread at a time.
class Permit {
public:
    Permit(Permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { release(); }

    /// Gives it back before its time; once more does nothing.
    void release() noexcept;

private:
    friend class Semaphore;
    explicit Permit(Semaphore& semaphore) noexcept : semaphore_(&semaphore) {}
    Semaphore* semaphore_;
};

class Semaphore {
public:
    /// `name` is what listings call it (sys/waits.hpp).
    explicit Semaphore(std::size_t permits = 1, std::string name = {}) noexcept
        : Semaphore(permits, std::numeric_limits<std::size_t>::max(), std::move(name)) {}

    /// Blocks until there is a permit, and takes it: ok, stopped or timed_out. Goes with release().
    [[nodiscard]] WaitStatus acquire(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// The same, with a permit that gives itself back.
    WaitResult<Permit> permit(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// True when there was one now.
    [[nodiscard]] bool try_acquire() noexcept;

    /// Gives back, or adds, so many. Throws Error conflict, and changes nothing, when that is more than the
    /// bound.
    void release(std::size_t permits = 1);

    /// How many could be taken a moment ago.
    std::size_t available() const noexcept;

protected:
    Semaphore(std::size_t permits, std::size_t bound, std::string name) noexcept
        : name_(std::move(name)), bound_(bound), available_(permits) {}

private:
    const std::string name_;
    const std::size_t bound_;
    mutable sys::Mutex mutex_;
    std::size_t available_ OFFSTAGE_GUARDED_BY(mutex_);
    detail::WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_); // nobody in it while available_ > 0
};

class BoundedSemaphore : public Semaphore {
public:
    explicit BoundedSemaphore(std::size_t permits = 1, std::string name = {}) noexcept
        : Semaphore(permits, permits, std::move(name)) {}
};

} // namespace offstage
