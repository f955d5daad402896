// What a Future and its task share: the task's stage, its outcome, who waits. For the library's own use.
//
//          then, when_all          submit                 run()               finish()
//   waiting ─────────ready──────► queued ───────────────► running ───────────► done
//      └───────────────────────────┴──── cancel(), abandon() ────────────────► done, cancelled
//
// What always holds: it comes to done exactly once, and by then the function and its arguments are destroyed.
// An error that nobody took by the time the last owner lets go goes to the sink; where there is no pool (a
// when_all of nothing) to log_errors. No call here takes a stack frame for each link of a chain of futures:
// what passes along one, either way, is a loop. No code of the user's runs
// under its mutex. The exception has one owner at a time and changes hands under the mutex: whoever takes it
// is the only one to hold it, so that no reference count inside the C++ runtime is shared between threads.
//
// Threads: all. Kept alive by its owners' count (Ref): the future, the queue, and what continues it.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/task.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread_id.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace offstage {

/// What became of a cancel.
enum class Cancel : std::uint8_t {
    cancelled, ///< it had not begun and never will
    running,   ///< it runs, and was asked to stop
    done,      ///< it had ended
};

namespace detail {

class PoolCore;
struct Worker;

/// Something to be told once, when a future is done. Called in the thread that finished it: must be quick,
/// and never throw. It may destroy itself. Where it brings another future to its end, it returns what is to
/// be told of that one: FutureState::end().
class Continuation {
public:
    virtual Continuation* ready() noexcept = 0;

protected:
    ~Continuation() = default;

private:
    friend class FutureState;
    Continuation* next_ = nullptr;
};

class FutureState {
public:
    enum class Stage : std::uint8_t { waiting, queued, running, done };

    /// `stoppable`: the function takes a stop token. `scope`: a stop of which stops this too.
    FutureState(std::shared_ptr<PoolCore> pool, TaskOptions options, Stage stage, bool stoppable,
                std::stop_token scope = {});
    FutureState(const FutureState&) = delete;
    FutureState& operator=(const FutureState&) = delete;

    void retain() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        // Release, so that what this owner did is done before; acquire, so that the last one sees all of it.
        if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
    }

    bool queued() const noexcept { return stage_.load(std::memory_order_relaxed) == Stage::queued; }
    bool done() const noexcept { return stage_.load(std::memory_order_acquire) == Stage::done; }
    /// Who runs it, or what it stands on; 0 for nobody. Takes no lock.
    sys::ThreadId acting_thread() const noexcept;
    /// Blocks until done. In a thread of its own pool it runs the task, if it is still queued and this wait
    /// has neither token nor deadline.
    WaitStatus wait(const std::stop_token& stop, Deadline deadline);
    /// wait(), with an Error for everything but ok.
    void wait_or_throw(const std::stop_token& stop, Deadline deadline);
    Cancel cancel();
    /// Calls `continuation.ready()` when done; at once, where it is.
    void subscribe(Continuation& continuation);

    /// For select: see SelectCase.
    bool enlist(Waiter& waiter);
    void delist(Waiter& waiter) noexcept;

    /// For who waits in a thread of its own pool: runs it here, and what it goes on from, where that is
    /// queued.
    void help() noexcept;
    /// For the pool: runs it, unless it was cancelled or somebody else runs it.
    void run(const std::stop_token& pool_stop) noexcept;
    /// For the pool: it will never be run.
    void abandon() noexcept;
    /// The same, for who did not put it into the pool's queue.
    void withdraw() noexcept;

    /// REQUIRES for all: done().
    bool cancelled() const noexcept { return cancelled_; }
    /// Whether it ended with an error, taken by now or not.
    bool failed() const noexcept { return failed_; }
    /// The error, whose only owner the caller now is; none where there is none, or it was taken.
    std::exception_ptr take_error() noexcept;
    /// The same; but where it was taken, an Error(conflict) that says so.
    std::exception_ptr take_failure();
    /// Throws what it holds instead of a value, if anything.
    void throw_if_failed();

    std::string describe() const;
    const std::shared_ptr<PoolCore>& pool() const noexcept { return pool_; }
    const std::source_location& where() const noexcept { return where_; }
    Priority priority() const noexcept { return priority_; }

protected:
    virtual ~FutureState();
    /// Calls the user's function and keeps its value. May throw.
    virtual void invoke(const std::stop_token& stop) = 0;
    /// Destroys the function and its arguments.
    virtual void forget() noexcept = 0;
    /// Adds the futures that it stands on: which it keeps alive, and which are cancelled and helped with it.
    virtual void add_inputs(std::vector<FutureState*>&) const {}
    /// The first of them that has to be done and is not; null where there is none, or one of several will do.
    /// For who looks for deadlocks.
    virtual const FutureState* next_input() const noexcept { return nullptr; }

    /// waiting → queued, and into the pool; or to done, cancelled, where the pool takes no more.
    void enqueue() noexcept;
    /// waiting → running: for what continues without any code of the user's. False where it was cancelled.
    bool begin() noexcept;
    /// running → done; returns those to be told, for who is one of them itself.
    [[nodiscard]] Continuation* end(std::exception_ptr error, bool cancelled) noexcept;
    /// end(), and tells them.
    void finish(std::exception_ptr error, bool cancelled) noexcept { tell(end(std::move(error), cancelled)); }

private:
    bool done_soon(const std::stop_token& stop, Deadline deadline) const noexcept;
    bool leave(Stage from, Stage to) noexcept;
    void run_ahead(const Worker& here) noexcept;
    bool run_begun(const std::stop_token& pool_stop) noexcept;
    static void tell(Continuation* all) noexcept;
    Cancel cancel_this(bool& waited);
    void help_waiting(const Worker& here) noexcept;
    void destroy() noexcept;

    std::atomic<std::uint32_t> owners_{1};
    std::atomic<sys::ThreadId> runner_{0}; // who runs it, for who looks for deadlocks; 0 for nobody
    mutable sys::Mutex mutex_;
    // Written under the mutex; read without it to see that it is done, which is final.
    std::atomic<Stage> stage_;
    const Priority priority_;
    const bool blocking_;
    bool cancelled_ = false, failed_ = false; // written once, before done
    WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_);
    Continuation* continuations_ OFFSTAGE_GUARDED_BY(mutex_) = nullptr;
    std::exception_ptr error_ OFFSTAGE_GUARDED_BY(mutex_);
    std::stop_source stop_{std::nostopstate};
    const std::stop_token scope_;
    const std::source_location where_;
    const std::unique_ptr<const std::string> name_;
    const std::shared_ptr<PoolCore> pool_; // shared: futures may outlive the pool
};

/// Owns a FutureState together with others.
template <class State>
class Ref {
public:
    Ref() noexcept = default;
    /// Takes over the count that a new state is born with.
    static Ref adopt(State* state) noexcept {
        Ref ref;
        ref.state_ = state;
        return ref;
    }
    static Ref share(State* state) noexcept {
        if (state != nullptr) state->retain();
        return adopt(state);
    }
    Ref(Ref&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    template <class Derived>
        requires std::is_base_of_v<State, Derived>
    Ref(Ref<Derived>&& other) noexcept : state_(other.leak()) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    Ref copy() const noexcept { return share(state_); }
    ~Ref() {
        if (state_ != nullptr) state_->release();
    }

    State* operator->() const noexcept { return state_; }
    State& operator*() const noexcept { return *state_; }
    explicit operator bool() const noexcept { return state_ != nullptr; }
    State* leak() noexcept { return std::exchange(state_, nullptr); }

private:
    State* state_ = nullptr;
};

/// How a submitted task lies in the queue: dropped unrun, it is cancelled.
class QueuedState {
public:
    explicit QueuedState(Ref<FutureState> state) noexcept : state_(std::move(state)) {}
    QueuedState(QueuedState&&) noexcept = default;
    QueuedState& operator=(QueuedState&&) = delete;
    ~QueuedState() {
        if (state_) state_->abandon();
    }
    void operator()(const std::stop_token& pool_stop) { std::exchange(state_, {})->run(pool_stop); }
    /// Whether it was cancelled, or begun by who waits for it.
    bool over() const noexcept { return !state_->queued(); }
    bool is(const FutureState& state) const noexcept { return &*state_ == &state; }

private:
    Ref<FutureState> state_;
};

/// Void results are kept as a monostate.
template <class T>
using Kept = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
class ValueState : public FutureState {
public:
    using FutureState::FutureState;

    /// The value, or throws. REQUIRES: done(), and not taken before.
    T take() {
        throw_if_failed();
        if constexpr (!std::is_void_v<T>) return *std::move(value_);
    }

protected:
    void forget() noexcept override {}
    // Written by the one that runs it, read once it is done: the mutex in finish() orders the two.
    std::optional<Kept<T>> value_;
};

/// A task of submit().
template <class Call>
class TaskState final : public ValueState<typename Call::Result> {
    using Result = typename Call::Result;

public:
    TaskState(std::shared_ptr<PoolCore> pool, TaskOptions options, Call call, std::stop_token scope = {})
        : ValueState<Result>(std::move(pool), std::move(options), FutureState::Stage::queued,
                             Call::takes_stop, std::move(scope)),
          call_(std::move(call)) {}

private:
    void invoke(const std::stop_token& stop) override {
        if constexpr (std::is_void_v<Result>) {
            (*call_)(stop);
            this->value_.emplace();
        } else {
            this->value_.emplace((*call_)(stop));
        }
    }
    void forget() noexcept override { call_.reset(); }

    std::optional<Call> call_;
};

/// Puts a state that is queued into its pool's queue. Throws what the pool throws.
void enqueue_task(Ref<FutureState> state);

} // namespace detail
} // namespace offstage
