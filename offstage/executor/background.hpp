// A thread that works in the background for as long as its runtime lives, or until it is told to stop.
//
//   Background     a handle to one: stop, join, start again
//
// Made by Runtime::background. The thread is the runtime's: dropping the handle stops nothing, and when the
// runtime shuts down the thread is asked to stop and waited for. Its function takes a std::stop_token, unless
// it ends by itself. What it throws goes to the error sink, and ends it; it may be started again.
//
// Threads: all calls from any thread. A handle may outlive its runtime: start() is then refused.
#pragma once

#include "offstage/base/check.hpp"
#include "offstage/base/time.hpp"
#include "offstage/executor/error_sink.hpp"
#include "offstage/executor/snapshot.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/sys/thread_id.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace offstage {

namespace detail {

/// A name, and where it was said.
struct NameHere {
    std::string text;
    std::source_location where;
    NameHere(std::string name, std::source_location here = std::source_location::current())
        : text(std::move(name)), where(here) {}
    NameHere(const char* name, std::source_location here = std::source_location::current())
        : text(name), where(here) {}
};

class BackgroundThread {
public:
    BackgroundThread(NameHere name, std::function<void(std::stop_token)> body,
                     std::shared_ptr<ErrorSink> sink);

    void start();
    void request_stop();
    WaitStatus join(const std::stop_token& stop, Deadline deadline);
    bool running() const;
    /// start() is refused from now on. With join() done, waits for the thread's last instructions.
    void close();
    void end();
    /// Nothing where it does not run.
    std::optional<ThreadView> view(const WaitTable& waits) const;
    const std::string& name() const noexcept { return name_.text; }

private:
    void run(const std::stop_token& stop) noexcept;

    const NameHere name_;
    const std::function<void(std::stop_token)> body_;
    const std::shared_ptr<ErrorSink> sink_;   // shared with the runtime: handles may outlive it
    std::atomic<sys::ThreadId> thread_id_{0}; // 0 while it does not run
    mutable sys::Mutex mutex_;
    bool running_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    SteadyTime since_ OFFSTAGE_GUARDED_BY(mutex_){};
    std::stop_source stop_ OFFSTAGE_GUARDED_BY(mutex_){std::nostopstate};
    sys::Thread thread_ OFFSTAGE_GUARDED_BY(mutex_);
    WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_);
};

/// `f` with its arguments, to be called as often as the thread is started: it gets them as they are kept.
template <class F, class... Args>
std::function<void(std::stop_token)> bind_again(F&& f, Args&&... args) {
    // std::function copies what it holds; what cannot be copied is shared by the one copy that is ever
    // called.
    auto kept = std::make_shared<std::tuple<std::decay_t<F>, std::decay_t<Args>...>>(
        std::forward<F>(f), std::forward<Args>(args)...);
    return [kept](const std::stop_token& stop) {
        std::apply(
            [&](auto& function, auto&... values) {
                if constexpr (std::is_invocable_v<decltype(function), std::stop_token, decltype(values)...>)
                    std::invoke(function, stop, values...);
                else
                    std::invoke(function, values...);
            },
            *kept);
    };
}

} // namespace detail

class [[nodiscard]] Background {
public:
    /// None: all but assignment and destruction need one (checked).
    Background() noexcept = default;
    explicit Background(std::shared_ptr<detail::BackgroundThread> thread) noexcept
        : thread_(std::move(thread)) {}

    /// Asks it to stop; returns at once, whether it runs or not.
    void stop() { thread().request_stop(); }
    /// Blocks until its function has returned: ok; else stopped or timed_out.
    /// REQUIRES: not called by itself (checked).
    WaitStatus join(std::stop_token stop = {}, Deadline deadline = Deadline::never()) {
        return thread().join(stop, deadline);
    }
    /// Runs the function again, with a new stop token. Throws Error(conflict) where it runs, Error(closed)
    /// after the runtime's shutdown.
    void start() { thread().start(); }
    bool running() const { return thread().running(); }
    const std::string& name() const noexcept { return thread().name(); }

private:
    detail::BackgroundThread& thread() const noexcept {
        OFFSTAGE_CHECK(thread_ != nullptr, "this Background stands for no thread");
        return *thread_;
    }
    std::shared_ptr<detail::BackgroundThread> thread_; // shared with the runtime, which ends it
};

} // namespace offstage
