// Tasks that belong together and end together.
//
//   TaskScope scope(runtime, stop);
//   auto head = scope.spawn(fetch, head_url);
//   auto body = scope.spawn(fetch, body_url);
//   scope.join();                              // throws what the first of them threw, when all have ended
//   use(head.get(), body.get());
//
// The first task that throws stops the others: those not begun are cancelled, the stop tokens of those that
// run are requested. No task outlives its scope: the destructor stops and waits. So tasks may refer to what
// was declared before the scope.
//
// What always holds: every error is thrown by join(), read from the task's future, given out by
// other_errors(), or reported to the sink when the scope ends.
//
// Threads: a scope is for one thread at a time, save spawn() and request_stop(), which its tasks may call
// too. The pool outlives the scope.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/future.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/executor/task.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread_id.hpp"

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <stop_token>
#include <utility>
#include <vector>

namespace offstage {

namespace detail {

/// What a scope and its tasks share.
class ScopeCore {
public:
    std::stop_source stop;

    /// Adds a child. Told when it is done.
    static void watch(std::shared_ptr<ScopeCore> core, Ref<FutureState> child);
    std::vector<Ref<FutureState>> children() const;
    std::vector<Ref<FutureState>> take_failed();
    /// Whether, since the last call, a child ended after the stop was requested: as if it had been cut short.
    bool take_cut_short() noexcept;
    /// Blocks until no child is left. Cancels those not begun once a stop was requested.
    WaitStatus wait(const std::stop_token& stop, Deadline deadline);

private:
    class Child;
    static sys::ThreadId first_acting(const void* core) noexcept;
    void add_failed(Ref<FutureState> state) noexcept;
    void remove(Child& child) noexcept;

    mutable sys::Mutex mutex_;
    std::vector<Child*> children_ OFFSTAGE_GUARDED_BY(mutex_); // each in its place
    std::vector<Ref<FutureState>> failed_ OFFSTAGE_GUARDED_BY(mutex_);
    bool cut_short_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace detail

class TaskScope {
public:
    /// `stop` stops its tasks at once; `deadline` does when join() finds it past.
    explicit TaskScope(Pool& pool, std::stop_token stop = {}, Deadline deadline = Deadline::never(),
                       std::source_location where = std::source_location::current());
    explicit TaskScope(Runtime& runtime, std::stop_token stop = {}, Deadline deadline = Deadline::never(),
                       std::source_location where = std::source_location::current())
        : TaskScope(runtime.pool(), std::move(stop), deadline, where) {}
    /// Stops its tasks and waits for them, telling the sink every 10 s for whom.
    ~TaskScope();
    TaskScope(const TaskScope&) = delete;
    TaskScope& operator=(const TaskScope&) = delete;

    /// As Pool::submit. After a stop the task is cancelled before it began. The future may be dropped.
    template <detail::NotOptions F, class A = detail::None, class B = detail::None, class C = detail::None,
              class D = detail::None>
    auto spawn(F&& f, A&& a = {}, B&& b = {}, C&& c = {}, D&& d = {},
               std::source_location where = std::source_location::current()) {
        return spawn_call({.where = where},
                          detail::bind_given(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                                             std::forward<C>(c), std::forward<D>(d)));
    }
    template <class F, class... Args>
    auto spawn(TaskOptions options, F&& f, Args&&... args) {
        return spawn_call(std::move(options),
                          detail::bind_call(std::forward<F>(f), std::forward<Args>(args)...));
    }

    /// Blocks until every task has ended. Throws the first error that no future was read of, as the task
    /// threw it; the others are not in it, but at other_errors(). A future whose error it threw answers
    /// Error(conflict). Else throws Error(stopped) or Error(timed_out) where the scope's own stop or deadline
    /// stopped the tasks; it waits for them then, too: a stop asks, the tasks obey. Tasks may be spawned
    /// again after it.
    ///
    /// `stop` and `deadline` end this call alone, with Error(stopped) or Error(timed_out): the tasks go on,
    /// nothing was taken, and join() may be called again. Whoever leaves then leaves them to the destructor,
    /// which stops them and waits.
    void join(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// Asks all its tasks to stop.
    void request_stop() { core_->stop.request_stop(); }
    bool stop_requested() const noexcept { return core_->stop.stop_requested(); }
    /// What its tasks' own tokens follow.
    std::stop_token token() const noexcept { return core_->stop.get_token(); }

    /// The errors beside the one that join() threw, in the order in which they came.
    std::vector<std::exception_ptr> other_errors();

private:
    struct RequestStop {
        std::stop_source source;
        void operator()() noexcept { source.request_stop(); }
    };

    WaitStatus own_end() const noexcept; // what stops its tasks by now, or ok

    template <class Call>
    Future<typename Call::Result> spawn_call(TaskOptions options, Call call) {
        using State = detail::TaskState<Call>;
        auto state = detail::Ref<State>::adopt(
            new State(pool_, std::move(options), std::move(call), core_->stop.get_token()));
        Future<typename Call::Result> future(state.copy());
        detail::ScopeCore::watch(core_, state.copy());
        if (stop_requested())
            state->withdraw();
        else
            detail::enqueue_task(std::move(state));
        return future;
    }

    const std::shared_ptr<detail::PoolCore> pool_;
    const std::shared_ptr<detail::ScopeCore> core_ =
        std::make_shared<detail::ScopeCore>(); // shared with its tasks
    const std::stop_token outer_;
    const Deadline deadline_;
    const std::source_location where_;
    WaitStatus stopped_for_ = WaitStatus::ok; // by a join() that its caller ended before the tasks had obeyed
    std::vector<detail::Ref<detail::FutureState>> others_; // failed, beside the one that join() threw
    const std::stop_callback<RequestStop> on_stop_;
};

} // namespace offstage
