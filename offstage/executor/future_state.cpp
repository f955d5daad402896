#include "offstage/executor/future_state.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/error_sink.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/pause.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace offstage::detail {

namespace {
struct RequestStop {
    std::stop_source source;
    void operator()() noexcept { source.request_stop(); }
};
} // namespace

FutureState::FutureState(std::shared_ptr<PoolCore> pool, TaskOptions options, Stage stage, bool stoppable,
                         std::stop_token scope)
    : stage_(stage), priority_(options.priority), blocking_(options.blocking), scope_(std::move(scope)),
      where_(options.where), name_(keep_name(std::move(options.name))), pool_(std::move(pool)) {
    if (stoppable) stop_ = std::stop_source(); // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): it counts
}

FutureState::~FutureState() {
    if (error_ == nullptr) return;
    TaskError error{std::move(error_), name_ ? *name_ : "", where_};
    if (pool_ != nullptr)
        pool_->sink().report(std::move(error));
    else
        ErrorSink(log_errors).report(std::move(error));
}

// Each input is kept until this is gone, which is then not the one that ends it.
void FutureState::destroy() noexcept {
    std::vector<FutureState*> doomed;
    for (FutureState* last = this;;) {
        const auto already = static_cast<std::ptrdiff_t>(doomed.size());
        last->add_inputs(doomed);
        const auto inputs = doomed.begin() + already;
        std::for_each(inputs, doomed.end(), [](FutureState* input) { input->retain(); });
        delete last;
        // Acquire and release as in release().
        const auto owned = [](FutureState* input) {
            return input->owners_.fetch_sub(1, std::memory_order_acq_rel) != 1;
        };
        doomed.erase(std::remove_if(inputs, doomed.end(), owned), doomed.end());
        if (doomed.empty()) return;
        last = doomed.back();
        doomed.pop_back();
    }
}

WaitStatus FutureState::wait(const std::stop_token& stop, Deadline deadline) {
    if (done()) return WaitStatus::ok;
    if (!stop.stop_possible() && deadline.is_never()) help();
    if (done_soon(stop, deadline)) return WaitStatus::ok;
    const std::string name = describe();
    sys::MutexLock lock(mutex_);
    Wait wait(
        lock, waiters_,
        {.kind = "Future",
         .action = "wait",
         .name = name,
         .object = this,
         .owner = [](const void* self) { return static_cast<const FutureState*>(self)->acting_thread(); }},
        stop, deadline);
    while (!done())
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

sys::ThreadId FutureState::acting_thread() const noexcept {
    const FutureState* at = this;
    while (at != nullptr && at->stage_.load(std::memory_order_acquire) == Stage::waiting)
        at = at->next_input();
    return at == nullptr ? 0 : at->runner_.load(std::memory_order_relaxed);
}

// A thread that sleeps and is woken pays some 20 us: as long as that it looks whether the task ends sooner.
// In a stream of short tasks neither side then sleeps at all.
bool FutureState::done_soon(const std::stop_token& stop, Deadline deadline) const noexcept {
    static const bool alone = std::thread::hardware_concurrency() == 1; // nobody else runs while we look
    if (done() || alone) return done();
    const Deadline end = std::min(deadline, Deadline(sys::steady_now() + std::chrono::microseconds(20)));
    while (!done() && !stop.stop_requested() && sys::steady_now() < end.when())
        for (int pauses = 8; pauses > 0; --pauses) sys::detail::pause();
    return done();
}

void FutureState::wait_or_throw(const std::stop_token& stop, Deadline deadline) {
    if (const WaitStatus status = wait(stop, deadline); status != WaitStatus::ok)
        throw to_error(status, describe());
}

Cancel FutureState::cancel() {
    bool waited = false;
    const Cancel answer = cancel_this(waited);
    if (!waited) return answer;
    std::vector<FutureState*> inputs;
    for (add_inputs(inputs); !inputs.empty();) {
        FutureState* const state = inputs.back();
        inputs.pop_back();
        state->cancel_this(waited);
        if (waited) state->add_inputs(inputs);
    }
    return answer;
}

Cancel FutureState::cancel_this(bool& waited) {
    waited = begin();
    const bool was_queued = !waited && leave(Stage::queued, Stage::running);
    if (waited || was_queued) {
        if (was_queued && pool_ != nullptr) pool_->overtake();
        forget();
        finish(nullptr, true);
        return Cancel::cancelled;
    }
    if (done()) return Cancel::done;
    stop_.request_stop();
    return Cancel::running;
}

void FutureState::subscribe(Continuation& continuation) {
    {
        const sys::MutexLock lock(mutex_);
        if (!done()) {
            continuation.next_ = continuations_;
            continuations_ = &continuation;
            return;
        }
    }
    tell(continuation.ready());
}

bool FutureState::enlist(Waiter& waiter) {
    const sys::MutexLock lock(mutex_);
    if (done()) return false;
    waiters_.push_back(waiter);
    return true;
}

// finish() wakes all: there is nobody to pass it on to.
void FutureState::delist(Waiter& waiter) noexcept {
    const sys::MutexLock lock(mutex_);
    if (waiter.listed) waiters_.erase(waiter);
}

void FutureState::help() noexcept {
    const Worker* const here = PoolCore::this_worker();
    if (here == nullptr || here->pool != pool_.get()) return;
    if (stage_.load(std::memory_order_relaxed) == Stage::waiting)
        help_waiting(*here);
    else
        run_ahead(*here);
}

// Depth first, as a recursion would: of a when_any only until one of its inputs has ended.
void FutureState::help_waiting(const Worker& here) noexcept {
    struct Step {
        FutureState* state;
        const FutureState* wanted_by;
        bool inputs_helped;
    };
    std::vector<Step> steps{{this, this, false}};
    std::vector<FutureState*> inputs;
    while (!steps.empty()) {
        const Step step = steps.back();
        steps.pop_back();
        FutureState& state = *step.state;
        if (step.wanted_by->done() || state.pool_.get() != here.pool) continue;
        if (step.inputs_helped || state.stage_.load(std::memory_order_relaxed) != Stage::waiting) {
            state.run_ahead(here);
            continue;
        }
        steps.push_back({&state, step.wanted_by, true});
        inputs.clear();
        state.add_inputs(inputs);
        for (auto input = inputs.rbegin(); input != inputs.rend(); ++input)
            steps.push_back({*input, &state, false});
    }
}

void FutureState::run(const std::stop_token& pool_stop) noexcept {
    if (leave(Stage::queued, Stage::running)) {
        if (!run_begun(pool_stop)) PoolCore::not_run();
    } else if (pool_ != nullptr) {
        pool_->pass_over();
    }
}

// Its place in the queue goes with it where it is the youngest that the calling thread's tasks posted; else
// that is empty from now on.
void FutureState::run_ahead(const Worker& here) noexcept {
    Task place;
    const bool taken_back = pool_->take_back(*this, place);
    if (!leave(Stage::queued, Stage::running)) {
        if (taken_back) pool_->overtaken_place_gone(); // it was cancelled meanwhile
        return;
    }
    if (!taken_back) pool_->overtake();
    if (run_begun(here.stop)) PoolCore::count_finished();
}

// Whether its function was called.
bool FutureState::run_begun(const std::stop_token& pool_stop) noexcept {
    std::exception_ptr error;
    const bool called = !scope_.stop_requested();
    bool cancelled = !called;
    if (called) {
        const RunningTask here(where_, name_.get());
        runner_.store(sys::this_thread_id(), std::memory_order_relaxed);
        std::optional<BlockingRegion> region;
        if (blocking_) region.emplace();
        try {
            const std::stop_callback by_pool(pool_stop, RequestStop{stop_});
            const std::stop_callback by_scope(scope_, RequestStop{stop_});
            invoke(stop_.get_token());
        } catch (...) {
            // Handed on only after this block, where the runtime's own hold on the exception ends.
            error = std::current_exception();
        }
        cancelled = error != nullptr && stop_.stop_requested() && is_stop(error);
        runner_.store(0, std::memory_order_relaxed);
    }
    if (cancelled) error = nullptr;
    forget();
    finish(std::move(error), cancelled);
    return called;
}

void FutureState::abandon() noexcept {
    if (!leave(Stage::queued, Stage::running)) return;
    forget();
    finish(nullptr, true);
}

// Whoever has cancelled or begun it counted its place in the queue as empty: there is none.
void FutureState::withdraw() noexcept {
    if (!leave(Stage::queued, Stage::running)) return pool_->overtaken_place_gone();
    forget();
    finish(nullptr, true);
}

std::exception_ptr FutureState::take_error() noexcept {
    if (!failed_) return nullptr;
    const sys::MutexLock lock(mutex_);
    return std::exchange(error_, nullptr);
}

// One that is read after the scope's join() threw its error, or goes on from there.
std::exception_ptr FutureState::take_failure() {
    std::exception_ptr error = take_error();
    if (failed() && error == nullptr)
        error = std::make_exception_ptr(
            Error(Errc::conflict, describe() + " failed; its error was given out before, by its scope"));
    return error;
}

void FutureState::throw_if_failed() {
    if (cancelled()) throw Error(Errc::cancelled, describe() + " was cancelled before it was done");
    if (failed()) std::rethrow_exception(take_failure());
}

std::string FutureState::describe() const {
    return describe_task(name_ ? *name_ : "", where_);
}

void FutureState::enqueue() noexcept {
    if (!leave(Stage::waiting, Stage::queued)) return;
    if (pool_ == nullptr)
        run({});
    else
        pool_->push_continuation({Work(QueuedState(Ref<FutureState>::share(this))), where_, nullptr},
                                 priority_);
}

bool FutureState::begin() noexcept {
    return leave(Stage::waiting, Stage::running);
}

Continuation* FutureState::end(std::exception_ptr error, bool cancelled) noexcept {
    sys::MutexLock lock(mutex_);
    failed_ = error != nullptr;
    error_ = std::move(error);
    cancelled_ = cancelled;
    Continuation* const all = std::exchange(continuations_, nullptr);
    stage_.store(Stage::done, std::memory_order_release);
    waiters_.notify_all(lock);
    return all;
}

void FutureState::tell(Continuation* all) noexcept {
    while (all != nullptr) {
        Continuation* const rest = all->next_;
        Continuation* const more = all->ready();
        all = rest;
        if (more == nullptr) continue;
        Continuation* last = more;
        while (last->next_ != nullptr) last = last->next_;
        last->next_ = rest;
        all = more;
    }
}

bool FutureState::leave(Stage from, Stage to) noexcept {
    const sys::MutexLock lock(mutex_);
    if (stage_.load(std::memory_order_relaxed) != from) return false;
    stage_.store(to, std::memory_order_relaxed);
    return true;
}

void enqueue_task(Ref<FutureState> state) {
    FutureState& task = *state;
    Task place{Work(QueuedState(std::move(state))), task.where(), nullptr};
    try {
        task.pool()->push(std::move(place), task.priority());
    } catch (...) {
        task.withdraw(); // it is in `place` still
        throw;
    }
}

} // namespace offstage::detail
