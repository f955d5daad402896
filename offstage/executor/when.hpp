// Several futures as one.
//
//   when_all(futures)     a vector of their values; or a tuple, of futures of different types
//   when_any(futures)     which one was done first, and all of them back
//
// when_all waits for every one of them, also when one has failed: its error is the first one's in their
// order, the others' go to the pool's sink. A cancelled one counts as an error, unless it was cancelled
// through when_all's own future, which cancels them all. Values, for one thread at a time; nothing here
// blocks. A when_all of no futures belongs to no pool: what goes on from it runs in the thread that says
// `then`, and an error there that nobody reads goes to log_errors.
#pragma once

#include "offstage/executor/future.hpp"

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace offstage {

/// The first of several futures that was done, whatever its outcome, and all of them; the others go on.
template <class T>
struct AnyOf {
    std::size_t index = 0;
    std::vector<Future<T>> futures;
};

namespace detail {

/// Tells its owner that one of the inputs is done. Holds a count of the owner until then.
template <class Owner>
class Arrival final : public Continuation {
public:
    void start(Owner& owner, std::size_t index, FutureState& input) {
        owner_ = &owner;
        index_ = index;
        owner.retain();
        input.subscribe(*this);
    }

private:
    Continuation* ready() noexcept override {
        Continuation* const more = owner_->arrived(index_);
        owner_->release(); // the last one takes this object with it
        return more;
    }
    Owner* owner_ = nullptr;
    std::size_t index_ = 0;
};

/// How a future of several gets them: as one vector, or as a tuple.
template <class T>
struct ManyInputs {
    using Result = std::conditional_t<std::is_void_v<T>, void, std::vector<Kept<T>>>;
    std::vector<Ref<ValueState<T>>> states;

    std::size_t size() const noexcept { return states.size(); }
    template <class Visit>
    void each(Visit visit) const {
        for (const auto& state : states) visit(*state);
    }
    Kept<Result> take() const {
        if constexpr (std::is_void_v<T>) {
            for (const auto& state : states) state->take();
            return {};
        } else {
            std::vector<Kept<T>> values;
            values.reserve(states.size());
            for (const auto& state : states) values.push_back(state->take());
            return values;
        }
    }
};

template <class... Ts>
struct MixedInputs {
    using Result = std::tuple<Kept<Ts>...>;
    std::tuple<Ref<ValueState<Ts>>...> states;

    std::size_t size() const noexcept { return sizeof...(Ts); }
    template <class Visit>
    void each(Visit visit) const {
        std::apply([&](const auto&... state) { (visit(*state), ...); }, states);
    }
    Result take() const {
        return std::apply([](const auto&... state) { return Result{take_one(*state)...}; }, states);
    }

private:
    template <class T>
    static Kept<T> take_one(ValueState<T>& state) {
        if constexpr (std::is_void_v<T>)
            return state.take(), std::monostate();
        else
            return state.take();
    }
};

template <class Inputs>
class AllState final : public ValueState<typename Inputs::Result> {
public:
    AllState(std::shared_ptr<PoolCore> pool, TaskOptions options, Inputs inputs)
        : ValueState<typename Inputs::Result>(std::move(pool), std::move(options),
                                              FutureState::Stage::waiting, false),
          inputs_(std::move(inputs)), arrivals_(inputs_.size()), left_(inputs_.size() + 1) {}

    void start() {
        std::size_t index = 0;
        inputs_.each([&](FutureState& input) { arrivals_[index].start(*this, index, input), ++index; });
        // The one more keeps it from being done before all have been started. Nobody goes on from it yet.
        std::ignore = arrived(0);
    }
    Continuation* arrived(std::size_t) noexcept {
        // Release what this input's thread did; acquire, in the last one, what the others did.
        if (left_.fetch_sub(1, std::memory_order_acq_rel) != 1 || !this->begin()) return nullptr;
        std::exception_ptr error;
        try {
            this->value_.emplace(inputs_.take());
        } catch (...) {
            error = std::current_exception();
        }
        return this->end(std::move(error), false);
    }

private:
    void invoke(const std::stop_token&) override {}
    void add_inputs(std::vector<FutureState*>& to) const override {
        inputs_.each([&](FutureState& input) { to.push_back(&input); });
    }
    const FutureState* next_input() const noexcept override {
        const FutureState* next = nullptr;
        inputs_.each(
            [&](const FutureState& input) { next = next == nullptr && !input.done() ? &input : next; });
        return next;
    }

    const Inputs inputs_;
    std::vector<Arrival<AllState>> arrivals_;
    std::atomic<std::size_t> left_;
};

template <class T>
class AnyState final : public ValueState<AnyOf<T>> {
public:
    AnyState(std::shared_ptr<PoolCore> pool, TaskOptions options, std::vector<Ref<ValueState<T>>> inputs)
        : ValueState<AnyOf<T>>(std::move(pool), std::move(options), FutureState::Stage::waiting, false),
          inputs_(std::move(inputs)), arrivals_(inputs_.size()) {}

    void start() {
        for (std::size_t i = 0; i < inputs_.size(); ++i) arrivals_[i].start(*this, i, *inputs_[i]);
    }
    Continuation* arrived(std::size_t index) noexcept {
        if (!this->begin()) return nullptr; // somebody was earlier
        AnyOf<T>& value = this->value_.emplace();
        value.index = index;
        for (const auto& input : inputs_) value.futures.push_back(Future<T>(input.copy()));
        return this->end(nullptr, false);
    }

private:
    void invoke(const std::stop_token&) override {}
    void add_inputs(std::vector<FutureState*>& to) const override {
        for (const auto& input : inputs_) to.push_back(&*input);
    }

    const std::vector<Ref<ValueState<T>>> inputs_;
    std::vector<Arrival<AnyState>> arrivals_;
};

template <class T>
std::vector<Ref<ValueState<T>>> take_states(std::vector<Future<T>> futures) {
    std::vector<Ref<ValueState<T>>> states;
    states.reserve(futures.size());
    for (auto& future : futures) {
        OFFSTAGE_CHECK(future.valid(), "one of the futures is empty");
        states.push_back(std::move(future).take_state());
    }
    return states;
}

} // namespace detail

/// A future of all the values, in the order of `futures` (void, of futures of void). Ready at once where
/// there are none. REQUIRES: all are valid().
template <class T>
auto when_all(std::vector<Future<T>> futures, TaskOptions options = {}) {
    using State = detail::AllState<detail::ManyInputs<T>>;
    detail::ManyInputs<T> inputs{detail::take_states(std::move(futures))};
    auto pool = inputs.states.empty() ? nullptr : inputs.states.front()->pool();
    auto state = detail::Ref<State>::adopt(new State(std::move(pool), std::move(options), std::move(inputs)));
    state->start();
    return Future<typename detail::ManyInputs<T>::Result>(std::move(state));
}

/// A future of a tuple of the values; a std::monostate stands for void. REQUIRES: all are valid().
template <class T, class... Ts>
auto when_all(Future<T> first, Future<Ts>... others) {
    using Inputs = detail::MixedInputs<T, Ts...>;
    using State = detail::AllState<Inputs>;
    OFFSTAGE_CHECK(first.valid() && (others.valid() && ...), "one of the futures is empty");
    auto first_state = std::move(first).take_state();
    auto pool = first_state->pool();
    auto state = detail::Ref<State>::adopt(new State(
        std::move(pool), TaskOptions{}, Inputs{{std::move(first_state), std::move(others).take_state()...}}));
    state->start();
    return Future<typename Inputs::Result>(std::move(state));
}

/// A future that is done with the first of `futures`, whatever became of that one; it gives all of them back.
/// Cancelling it cancels them. REQUIRES: at least one, all are valid().
template <class T>
Future<AnyOf<T>> when_any(std::vector<Future<T>> futures, TaskOptions options = {}) {
    OFFSTAGE_CHECK(!futures.empty(), "there is no first one of no futures");
    using State = detail::AnyState<T>;
    auto states = detail::take_states(std::move(futures));
    auto pool = states.front()->pool();
    auto state = detail::Ref<State>::adopt(new State(std::move(pool), std::move(options), std::move(states)));
    state->start();
    return Future<AnyOf<T>>(std::move(state));
}

} // namespace offstage
