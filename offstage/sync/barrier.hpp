// A meeting point: so many threads wait for each other, then all go on, again and again. As Python's
// threading.Barrier, with its action, abort and reset.
//
//     round:  filling ──last one arrives──► acting ──action returned──► through      every waiter: ok
//                │                            └──action threw──┐
//                └──a waiter is stopped or times out, abort()──┴──────► broken       every waiter: closed
//
// A broken barrier lets nobody wait until reset(). A waiter that leaves while the action runs breaks nothing:
// all had arrived. Each round has its own state, so the next one may fill while the last one's threads are
// still waking up.
//
// Threads: all; any number may come, each `parties` that do make a round. The object must outlive its
// waiters.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_result.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace offstage {

class Barrier {
public:
    /// `action` is run once a round, by the thread that arrives last, before any goes on. `name` is what
    /// listings call it (sys/waits.hpp). Throws Error invalid_argument when `parties` is 0.
    explicit Barrier(std::size_t parties, std::function<void()> action = {}, std::string name = {});

    /// Arrives, and blocks until `parties` threads have. The value is this thread's number in the round, by
    /// its coming: 0 came first, parties() - 1 last. Else stopped or timed_out, which breaks the round for
    /// the others; or closed: the barrier is broken. What the action throws passes through in the thread that
    /// ran it, and breaks the barrier.
    WaitResult<std::size_t> arrive_and_wait(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// Breaks it: whoever waits, and whoever comes until reset(), is told `closed`.
    void abort() noexcept;

    /// Makes it new. Whoever waits is told `closed`.
    void reset();

    std::size_t parties() const noexcept { return parties_; }
    /// How many wait in the present round.
    std::size_t waiting() const noexcept;
    bool is_broken() const noexcept;

private:
    struct Round {
        std::size_t arrived = 0;
        bool acting = false;
        detail::WaiterList waiters;
    };

    WaitResult<std::size_t> wait_in(Round& round, std::size_t number, sys::MutexLock& lock,
                                    const std::stop_token& stop, Deadline deadline) OFFSTAGE_REQUIRES(mutex_);
    void act(sys::MutexLock& lock, Round& round) OFFSTAGE_REQUIRES(mutex_);

    const std::size_t parties_;
    const std::function<void()> action_;
    const std::string name_;
    mutable sys::Mutex mutex_;
    bool broken_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    // Shared among its waiters: the last of them to wake ends it.
    std::shared_ptr<Round> round_ OFFSTAGE_GUARDED_BY(mutex_) = std::make_shared<Round>();
};

} // namespace offstage
