// A mutex that its holder may lock again, and that is free when it was unlocked as often. As Python's RLock.
// Fair, and used with std::lock_guard and its kin, as Mutex is.
//
// Threads: all. The object must outlive its waiters.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sys/thread_id.hpp"

#include <cstddef>
#include <stop_token>
#include <string>
#include <utility>

namespace offstage {

class RecursiveMutex {
public:
    /// `name` is what listings call it (sys/waits.hpp).
    explicit RecursiveMutex(std::string name = {}) noexcept : mutex_("RecursiveMutex", std::move(name)) {}

    /// Blocks until it is ours (ok; at once where it is already), a stop is requested or the deadline has
    /// passed.
    WaitStatus lock(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// True when it is ours now.
    [[nodiscard]] bool try_lock() noexcept;

    /// Undoes one lock(). Throws Error conflict when the calling thread does not hold it.
    void unlock();

    /// Who held it a moment ago; 0 for nobody.
    sys::ThreadId owner() const noexcept { return mutex_.owner(); }

private:
    bool again() noexcept;

    Mutex mutex_;
    std::size_t times_ = 0; // the holder's alone
};

} // namespace offstage
