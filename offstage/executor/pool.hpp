// A pool of threads that runs tasks.
//
//   PoolOptions
//   Pool              submit (a Future), post (fire and forget), pause, resume, drain, shutdown
//   BlockingRegion    says that the calling task waits for something outside Offstage
//
// Tasks of one priority start in the order in which they came, higher priorities first, always: low tasks
// wait for as long as there are others. Tasks that tasks of the pool post keep the order of the one that
// posts them, and what an outsider posts later starts later; between what two tasks post at the same time
// there is no order, and none waits behind a long task while another thread has nothing to do. `workers` of
// them run at once. A task that waits (for a future, a queue, an event, anything of Offstage's) does not
// count: meanwhile another thread may run a task in its stead, up to `max_threads`. At that cap, when all of
// them wait while tasks are queued, for a second, the sink is told who waits for what, once for each such
// stall. A thread that is no longer needed ends after `idle_timeout`.
//
// Waiting for a Future of the same pool runs its task in the waiting thread, where it is still queued and the
// wait can neither be stopped nor time out. No other task is ever run inside a wait: it might need a lock
// that the waiting task holds.
//
// What always holds: no exception is lost: it is in the future, or it goes to the sink with the task's name
// and the place where it was submitted. Every queued task ends: run, cancelled, or dropped by shutdown, which
// counts it.
//
// Threads: all calls from any thread, tasks of the pool included, where nothing else is said. Futures may
// outlive their pool.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/error_sink.hpp"
#include "offstage/executor/future.hpp"
#include "offstage/executor/map.hpp"
#include "offstage/executor/pool_stats.hpp"
#include "offstage/executor/shutdown.hpp"
#include "offstage/executor/task.hpp"
#include "offstage/sync/wait_status.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <source_location>
#include <stop_token>
#include <string>
#include <utility>

namespace offstage {

struct PoolOptions {
    std::string name = "pool";          ///< threads are called "pool/1" and so on
    unsigned workers = 0;               ///< tasks run at once; 0: as many as the machine has processors
    unsigned max_threads = 0;           ///< with those that stand in for waiting tasks; 0: workers + 64
    std::size_t queue_limit = 1u << 20; ///< tasks queued; one more is refused with Error(full)
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds(10); ///< of threads beyond `workers`
    ErrorHandler on_error = {};                                       ///< empty: log_errors
};

class Pool {
public:
    /// Starts `workers` threads. Throws Error(invalid_argument) on options out of range, Error(full) where
    /// the system has no room for a thread.
    explicit Pool(PoolOptions options = {});
    /// As a part of something larger that has a sink already; `options.on_error` is not used.
    Pool(PoolOptions options, std::shared_ptr<ErrorSink> sink);
    /// Shuts down, and waits for running tasks for as long as it takes, telling the sink every 10 s for whom.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Queues `f(args...)`, up to four arguments; `f` may take a std::stop_token before them, which is asked
    /// to stop by Future::cancel and by shutdown. Arguments are kept by value (std::ref for a reference).
    /// Never blocks. Throws Error(closed) after shutdown, Error(full) at the queue's limit.
    template <detail::NotOptions F, class A = detail::None, class B = detail::None, class C = detail::None,
              class D = detail::None>
    auto submit(F&& f, A&& a = {}, B&& b = {}, C&& c = {}, D&& d = {},
                std::source_location where = std::source_location::current()) {
        return submit_call({.where = where},
                           detail::bind_given(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                                              std::forward<C>(c), std::forward<D>(d)));
    }
    /// The same with a name, a priority or the like, and any number of arguments.
    template <class F, class... Args>
    auto submit(TaskOptions options, F&& f, Args&&... args) {
        return submit_call(std::move(options),
                           detail::bind_call(std::forward<F>(f), std::forward<Args>(args)...));
    }

    /// As submit, without a future: what `f` throws goes to the sink. The token, where `f` takes one, is
    /// asked to stop by shutdown; an Error(stopped) or Error(cancelled) after that is no error.
    template <detail::NotOptions F, class A = detail::None, class B = detail::None, class C = detail::None,
              class D = detail::None>
    void post(F&& f, A&& a = {}, B&& b = {}, C&& c = {}, D&& d = {},
              std::source_location where = std::source_location::current()) {
        post_work({.where = where},
                  detail::Work(detail::bind_given(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                                                  std::forward<C>(c), std::forward<D>(d))));
    }
    template <class F, class... Args>
    void post(TaskOptions options, F&& f, Args&&... args) {
        post_work(std::move(options),
                  detail::Work(detail::bind_call(std::forward<F>(f), std::forward<Args>(args)...)));
    }

    /// Calls `f` (which may take a std::stop_token first) with each element of `range`, in parallel; answers
    /// with the results in order, as an input range. See map.hpp.
    template <class F, std::ranges::input_range Range>
    auto map(F&& f, Range&& range, MapOptions options = {}) {
        return detail::map_over(core_, std::forward<F>(f), std::forward<Range>(range), std::move(options));
    }

    /// No task is begun until resume(), save one that a running task waits for; those that run go on.
    void pause() noexcept;
    void resume() noexcept;

    /// Blocks until nothing is queued and nothing runs. `ok`; `stopped` or `timed_out` where that came first.
    /// REQUIRES: not called by a task of this pool (checked).
    WaitStatus drain(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    PoolStats stats() const;

    /// Refuses new tasks, drops those not begun (their futures are cancelled), asks the running ones to stop
    /// and waits for them until the deadline. May be called again; reports then what is left.
    /// REQUIRES: not called by a task of this pool (checked).
    ShutdownReport shutdown(Deadline deadline);

    /// For what is built on a pool.
    const std::shared_ptr<detail::PoolCore>& core() const noexcept { return core_; }

private:
    template <class C>
    auto submit_call(TaskOptions options, C call) {
        return detail::submit_call(core_, std::move(options), std::move(call));
    }
    void post_work(TaskOptions options, detail::Work work);

    std::shared_ptr<detail::PoolCore> core_; // shared with the futures, which may outlive the pool
};

/// While it lives, the calling task waits for something outside Offstage (a read, a query, a lock of someone
/// else's), and its pool may run another task meanwhile. Does nothing in threads that are not a pool's.
class BlockingRegion {
public:
    BlockingRegion() noexcept;
    ~BlockingRegion();
    BlockingRegion(const BlockingRegion&) = delete;
    BlockingRegion& operator=(const BlockingRegion&) = delete;
};

} // namespace offstage
