// The answer of a task that runs elsewhere.
//
// get and wait for it, cancel it, go on with `then`; several at once: when.hpp.
//
// A future may be dropped at any time: its destructor never blocks and never cancels. An error that nobody
// took by then goes to the pool's error sink, with the task's name and the place where it was submitted.
//
// Threads: a Future is a value, for one thread at a time; its task runs in another. It may outlive the pool:
// what the pool did not run is cancelled.
#pragma once

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/base/time.hpp"
#include "offstage/executor/future_state.hpp"
#include "offstage/executor/task.hpp"
#include "offstage/sync/wait_status.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

namespace offstage {

template <class T>
class [[nodiscard]] Future {
public:
    using Value = T;

    /// Empty.
    Future() noexcept = default;
    explicit Future(detail::Ref<detail::ValueState<T>> state) noexcept : state_(std::move(state)) {}

    /// Whether there is a task behind it: not once get() or then() took it.
    bool valid() const noexcept { return static_cast<bool>(state_); }
    /// Whether get() would answer at once.
    bool ready() const noexcept { return checked().done(); }

    /// Blocks until the task has ended; returns its value or throws its error, Error(cancelled) where it was
    /// cancelled; the future is empty then. Throws Error(stopped) or Error(timed_out) where that came first;
    /// get() may be called again then. REQUIRES: valid().
    T get(std::stop_token stop = {}, Deadline deadline = Deadline::never()) {
        checked().wait_or_throw(stop, deadline);
        return std::exchange(state_, {})->take();
    }

    /// Blocks until the task has ended, however: ok. Else stopped or timed_out. REQUIRES: valid().
    WaitStatus wait(std::stop_token stop = {}, Deadline deadline = Deadline::never()) const {
        return checked().wait(stop, deadline);
    }

    /// Takes the task back where it has not begun; asks it to stop (its stop token, if it takes one) where it
    /// runs. What became of it shows in get(). Never blocks. REQUIRES: valid().
    Cancel cancel() { return checked().cancel(); }

    /// Runs `f(value)` (`f()` after a void; a std::stop_token may come first) in the pool once this one has
    /// its value; the answer is what `f` returns. An error or cancel passes on to it without calling `f`;
    /// cancelling it cancels this one too. REQUIRES: valid().
    template <class F>
    auto then(F&& f, TaskOptions options = {}) &&;

    /// For what is built on futures.
    detail::Ref<detail::ValueState<T>> share_state() const noexcept { return state_.copy(); }
    detail::Ref<detail::ValueState<T>> take_state() && noexcept { return std::move(state_); }

private:
    detail::ValueState<T>& checked() const {
        OFFSTAGE_CHECK(state_, "the future is empty: its value was taken, or it never had a task");
        return *state_;
    }
    detail::Ref<detail::ValueState<T>> state_;
};

namespace detail {

template <class Call>
Future<typename Call::Result> submit_call(const std::shared_ptr<PoolCore>& pool, TaskOptions options,
                                          Call call) {
    auto state = Ref<TaskState<Call>>::adopt(new TaskState<Call>(pool, std::move(options), std::move(call)));
    enqueue_task(state.copy());
    return Future<typename Call::Result>(std::move(state));
}

/// What then() makes.
template <class T, class F>
struct ThenResult {
    static constexpr bool takes_stop = std::is_invocable_v<F, std::stop_token, T>;
    using Type = typename std::conditional_t<takes_stop, std::invoke_result<F, std::stop_token, T>,
                                             std::invoke_result<F, T>>::type;
};
template <class F>
struct ThenResult<void, F> {
    static constexpr bool takes_stop = std::is_invocable_v<F, std::stop_token>;
    using Type = typename std::conditional_t<takes_stop, std::invoke_result<F, std::stop_token>,
                                             std::invoke_result<F>>::type;
};

template <class T, class F>
class ThenState final : public ValueState<std::decay_t<typename ThenResult<T, F>::Type>>,
                        private Continuation {
    using Result = std::decay_t<typename ThenResult<T, F>::Type>;
    static constexpr bool takes_stop = ThenResult<T, F>::takes_stop;

public:
    ThenState(Ref<ValueState<T>> input, TaskOptions options, F f)
        : ValueState<Result>(input->pool(), std::move(options), FutureState::Stage::waiting, takes_stop),
          input_(std::move(input)), f_(std::move(f)) {}

    void start() {
        this->retain(); // as the input's continuation; given back by ready()
        input_->subscribe(*this);
    }

private:
    Continuation* ready() noexcept override {
        Continuation* more = nullptr;
        if (!input_->failed() && !input_->cancelled())
            this->enqueue();
        else if (this->begin())
            more = this->end(input_->take_failure(), input_->cancelled());
        // else this one was cancelled before: the error stays with the input, which reports it
        this->release();
        return more;
    }
    void invoke(const std::stop_token& stop) override {
        const auto call = [&](auto&&... value) -> decltype(auto) {
            if constexpr (takes_stop)
                return std::invoke(*std::move(f_), stop, std::forward<decltype(value)>(value)...);
            else
                return std::invoke(*std::move(f_), std::forward<decltype(value)>(value)...);
        };
        const auto call_with_input = [&]() -> decltype(auto) {
            if constexpr (std::is_void_v<T>) {
                input_->take();
                return call();
            } else {
                return call(input_->take());
            }
        };
        if constexpr (std::is_void_v<Result>) {
            call_with_input();
            this->value_.emplace();
        } else {
            this->value_.emplace(call_with_input());
        }
    }
    void forget() noexcept override { f_.reset(); }
    void add_inputs(std::vector<FutureState*>& to) const override { to.push_back(&*input_); }
    const FutureState* next_input() const noexcept override { return &*input_; }

    const Ref<ValueState<T>> input_;
    std::optional<F> f_;
};

} // namespace detail

template <class T>
template <class F>
auto Future<T>::then(F&& f, TaskOptions options) && {
    using State = detail::ThenState<T, std::decay_t<F>>;
    OFFSTAGE_CHECK(state_, "the future is empty: its value was taken, or it never had a task");
    auto next = detail::Ref<State>::adopt(
        new State(std::exchange(state_, {}), std::move(options), std::forward<F>(f)));
    next->start();
    return Future<std::decay_t<typename detail::ThenResult<T, std::decay_t<F>>::Type>>(std::move(next));
}

} // namespace offstage
