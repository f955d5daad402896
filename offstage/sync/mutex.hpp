// A mutex whose lock can be stopped and timed: for what is held long enough that giving up makes sense. For a
// few lines that wait for nothing else take sys::Mutex, which is smaller and faster.
//
// Fair: unlock() hands it to the thread that waits longest. Works with std::lock_guard, std::unique_lock and
// std::scoped_lock; after a lock() that took a token, adopt it:
//
//     if (mutex.lock(stop, deadline) != WaitStatus::ok) return;
//     const std::lock_guard own(mutex, std::adopt_lock);
//
// Threads: all. The object must outlive its waiters.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread_id.hpp"

#include <atomic>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace offstage {

class Mutex {
public:
    /// `name` is what listings call it (sys/waits.hpp).
    explicit Mutex(std::string name = {}) noexcept : name_(std::move(name)) {}

    /// Blocks until it is ours (ok), a stop is requested or the deadline has passed. Throws Error conflict
    /// when the calling thread holds it already.
    WaitStatus lock(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// True when it is ours now.
    [[nodiscard]] bool try_lock() noexcept;

    /// Throws Error conflict when the calling thread does not hold it.
    void unlock();

    /// Who held it a moment ago; 0 for nobody.
    sys::ThreadId owner() const noexcept { return owner_.load(std::memory_order_relaxed); }

private:
    friend class RecursiveMutex;
    Mutex(std::string_view kind, std::string name) noexcept : kind_(kind), name_(std::move(name)) {}
    void own() noexcept { owner_.store(sys::this_thread_id(), std::memory_order_relaxed); }

    const std::string_view kind_ = "Mutex"; // for listings
    const std::string name_;
    sys::Mutex mutex_;
    bool held_ OFFSTAGE_GUARDED_BY(mutex_) = false; // handed over while true: nobody overtakes a waiter
    detail::WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_);
    // Written by its holder, who alone relies on it: another thread never reads its own number here.
    std::atomic<sys::ThreadId> owner_ = 0;
};

} // namespace offstage
