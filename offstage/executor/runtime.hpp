// What runs a program's work behind the scenes: background threads, a pool, timers, and the one error sink.
//
//   Runtime runtime{{.workers = 4, .on_error = log_errors}};
//   auto camera = runtime.background("camera", watch, "/dev/video0");   // a thread: until stop(), or the end
//   auto label = runtime.submit(classify, image);                       // Future<Label>
//   runtime.post(send_mail, address);                                   // a throw goes to on_error
//   runtime.timers().every(5min, retrain);
//   std::cout << to_string(runtime.shutdown(sys::deadline_after(10s)));
//
// What always holds: after shutdown() reported that it is complete, and after the destructor, nothing that
// was started here runs any longer. No exception is lost. Nothing is detached.
//
// Threads: all calls from any thread; shutdown and the destructor not from a task or thread of its own
// (checked). Whatever the tasks refer to outlives the runtime: declare it before.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/background.hpp"
#include "offstage/executor/error_sink.hpp"
#include "offstage/executor/future.hpp"
#include "offstage/executor/map.hpp"
#include "offstage/executor/pool.hpp"
#include "offstage/executor/shutdown.hpp"
#include "offstage/executor/snapshot.hpp"
#include "offstage/executor/timers.hpp"
#include "offstage/sys/mutex.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <ranges>
#include <source_location>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace offstage {

struct RuntimeOptions {
    std::string name = "offstage";      ///< what its threads are called after
    unsigned workers = 0;               ///< tasks run at once; 0: as many as the machine has processors
    unsigned max_threads = 0;           ///< with those that stand in for waiting tasks; 0: workers + 64
    std::size_t queue_limit = 1u << 20; ///< tasks queued; one more is refused with Error(full)
    ErrorHandler on_error = log_errors; ///< hears every exception that nobody took
    std::chrono::nanoseconds remind_every =
        std::chrono::seconds(10); ///< how often the destructor tells on_error for whom it waits
};

class Runtime {
public:
    /// Starts `workers` threads. Throws Error(invalid_argument) on options out of range, Error(full) where
    /// the system has no room for a thread.
    explicit Runtime(RuntimeOptions options = {});
    /// Shuts down, and waits for as long as it takes, telling on_error for whom. Prefer shutdown().
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    /// Starts a thread that runs `f(stop_token, args...)`, or `f(args...)`, and answers with a handle to it.
    /// The arguments are kept by value (std::ref for a reference), and given again at each start. Throws
    /// Error(closed) after shutdown, Error(full) where the system has no room for a thread.
    template <class F, class... Args>
    Background background(detail::NameHere name, F&& f, Args&&... args) {
        return start_background(std::move(name),
                                detail::bind_again(std::forward<F>(f), std::forward<Args>(args)...));
    }

    /// As Pool::submit.
    template <detail::NotOptions F, class A = detail::None, class B = detail::None, class C = detail::None,
              class D = detail::None>
    auto submit(F&& f, A&& a = {}, B&& b = {}, C&& c = {}, D&& d = {},
                std::source_location where = std::source_location::current()) {
        return pool_.submit(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                            std::forward<D>(d), where);
    }
    template <class F, class... Args>
    auto submit(TaskOptions options, F&& f, Args&&... args) {
        return pool_.submit(std::move(options), std::forward<F>(f), std::forward<Args>(args)...);
    }

    /// As Pool::post.
    template <detail::NotOptions F, class A = detail::None, class B = detail::None, class C = detail::None,
              class D = detail::None>
    void post(F&& f, A&& a = {}, B&& b = {}, C&& c = {}, D&& d = {},
              std::source_location where = std::source_location::current()) {
        pool_.post(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                   std::forward<D>(d), where);
    }
    template <class F, class... Args>
    void post(TaskOptions options, F&& f, Args&&... args) {
        pool_.post(std::move(options), std::forward<F>(f), std::forward<Args>(args)...);
    }

    /// As Pool::map.
    template <class F, std::ranges::input_range Range>
    auto map(F&& f, Range&& range, MapOptions options = {}) {
        return detail::map_over(pool_.core(), std::forward<F>(f), std::forward<Range>(range),
                                std::move(options));
    }

    /// What it is doing just now.
    Snapshot snapshot() const;

    Pool& pool() noexcept { return pool_; }
    Timers& timers() noexcept { return timers_; }
    ErrorSink& errors() noexcept { return *sink_; }

    /// Cancels the timers and asks threads and tasks to stop, the latest first; waits for the threads, which
    /// may use the pool until they have ended; then the pool takes nothing more, what is queued is dropped,
    /// and its tasks are waited for. All of it until the deadline. May be called again.
    ShutdownReport shutdown(Deadline deadline);

private:
    Background start_background(detail::NameHere name, std::function<void(std::stop_token)> body);
    std::vector<std::shared_ptr<detail::BackgroundThread>> backgrounds() const;

    const RuntimeOptions options_;
    const std::shared_ptr<ErrorSink> sink_; // shared with futures and handles, which may outlive the runtime
    Pool pool_;
    Timers timers_;
    mutable sys::Mutex mutex_;
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    std::vector<std::shared_ptr<detail::BackgroundThread>> backgrounds_ OFFSTAGE_GUARDED_BY(mutex_);
};

/// One of every runtime in the process.
std::vector<Snapshot> snapshots();

} // namespace offstage
