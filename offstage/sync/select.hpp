// Waits for several things at once, and takes exactly one of them.
//
//     const auto which = offstage::select(stop, deadline,
//         on_pop(images, [&](Image image) { ... }),
//         on_pop(commands, [&](Command command) { ... }),
//         on_set(finished, [&] { ... }));
//
//   select      the wait; tells which case it was
//   on_pop      a value of a queue (BoundedQueue, LifoQueue, PriorityQueue)
//   on_push     room in a queue, for a value that is at hand
//   on_set      an event
//   on_time     a point in time
//   SelectCase  what another waitable thing implements to join in (select_case.hpp), as futures do
//               (executor/future_select.hpp: on_ready)
//
// The cases are tried in their order, so that the first that is ready wins: put first what matters most. The
// handler of the one taken runs in the calling thread with no lock held; what it throws passes through. A
// closed, empty queue is never ready; when nothing can come any more from any case, the answer is `closed`,
// so that a loop over select ends when all its queues are drained.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/select_case.hpp"
#include "offstage/sync/wait_result.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace offstage {

/// Blocks until one case could be taken, and runs its handler: the value is its place in `cases`. Else
/// stopped, timed_out, or closed (no case can come any more). For a number of cases that only the program
/// knows when it runs.
WaitResult<std::size_t> select_among(std::span<SelectCase* const> cases, std::stop_token stop = {},
                                     Deadline deadline = Deadline::never());

/// The same for cases written in place; the stop token and the deadline come first, where there are any.
template <class... Cases>
    requires(sizeof...(Cases) > 0 && (std::is_base_of_v<SelectCase, std::remove_reference_t<Cases>> && ...))
WaitResult<std::size_t> select(std::stop_token stop, Deadline deadline, Cases&&... cases) {
    const std::array<SelectCase*, sizeof...(Cases)> all{&cases...};
    return select_among(all, std::move(stop), deadline);
}
template <class... Cases>
    requires(sizeof...(Cases) > 0 && (std::is_base_of_v<SelectCase, std::remove_reference_t<Cases>> && ...))
WaitResult<std::size_t> select(std::stop_token stop, Cases&&... cases) {
    return select(std::move(stop), Deadline::never(), std::forward<Cases>(cases)...);
}
template <class... Cases>
    requires(sizeof...(Cases) > 0 && (std::is_base_of_v<SelectCase, std::remove_reference_t<Cases>> && ...))
WaitResult<std::size_t> select(Cases&&... cases) {
    return select(std::stop_token{}, Deadline::never(), std::forward<Cases>(cases)...);
}

/// Of on_pop(); lives in the call to select.
template <class Queue, class Handler>
class PopCase final : public SelectCase {
public:
    PopCase(Queue& queue, Handler handler) : queue_(queue), handler_(std::move(handler)) {}

    Offer take() override {
        // One look: closed and empty under the same lock.
        WaitResult<typename Queue::value_type> value = queue_.pop({}, Deadline::past());
        if (!value) return value.status() == WaitStatus::closed ? Offer::closed : Offer::nothing;
        handler_(*std::move(value));
        return Offer::taken;
    }
    bool enlist(detail::Waiter& waiter) override { return queue_.enlist_popper(waiter); }
    void delist(detail::Waiter& waiter) noexcept override { queue_.delist_popper(waiter); }

private:
    Queue& queue_;
    Handler handler_;
};

/// Of on_push(); lives in the call to select.
template <class Queue, class Handler>
class PushCase final : public SelectCase {
public:
    using Value = typename Queue::value_type;
    PushCase(Queue& queue, Value& value, Handler handler)
        : queue_(queue), value_(value), handler_(std::move(handler)) {}

    Offer take() override {
        const WaitStatus status = queue_.push(std::move(value_), {}, Deadline::past());
        if (status != WaitStatus::ok) return status == WaitStatus::closed ? Offer::closed : Offer::nothing;
        handler_();
        return Offer::taken;
    }
    bool enlist(detail::Waiter& waiter) override { return queue_.enlist_pusher(waiter); }
    void delist(detail::Waiter& waiter) noexcept override { queue_.delist_pusher(waiter); }

private:
    Queue& queue_;
    Value& value_;
    Handler handler_;
};

/// Of on_set(); lives in the call to select.
template <class Handler>
class SetCase final : public SelectCase {
public:
    SetCase(Event& event, Handler handler) : event_(event), handler_(std::move(handler)) {}

    Offer take() override {
        if (!event_.is_set()) return Offer::nothing;
        handler_();
        return Offer::taken;
    }
    bool enlist(detail::Waiter& waiter) override { return event_.enlist(waiter); }
    void delist(detail::Waiter& waiter) noexcept override { event_.delist(waiter); }

private:
    Event& event_;
    Handler handler_;
};

/// Of on_time(); lives in the call to select.
template <class Handler>
class TimeCase final : public SelectCase {
public:
    TimeCase(Deadline when, Handler handler) : when_(when), handler_(std::move(handler)) {}

    Offer take() override {
        if (!past()) return Offer::nothing;
        handler_();
        return Offer::taken;
    }
    bool enlist(detail::Waiter&) override { return !past(); } // the sleep itself ends then
    void delist(detail::Waiter&) noexcept override {}
    Deadline due() const noexcept override { return when_; }

private:
    bool past() const noexcept { return !when_.is_never() && sys::steady_now() >= when_.when(); }
    const Deadline when_;
    Handler handler_;
};

/// Pops a value and hands it to `handler`, a function of it. The queue must outlive the call.
template <class Queue, class Handler>
PopCase<Queue, Handler> on_pop(Queue& queue, Handler handler) {
    return {queue, std::move(handler)};
}

/// Pushes `value` and calls `handler()`. When another case is taken, `value` is untouched.
template <class Queue, class Handler>
PushCase<Queue, Handler> on_push(Queue& queue, typename Queue::value_type& value, Handler handler) {
    return {queue, value, std::move(handler)};
}

/// Calls `handler()` when the event is set; leaves it set.
template <class Handler>
SetCase<Handler> on_set(Event& event, Handler handler) {
    return {event, std::move(handler)};
}

/// Calls `handler()` when the time has come. Before `deadline`, which ends the whole wait, it wins.
template <class Handler>
TimeCase<Handler> on_time(Deadline when, Handler handler) {
    return {when, std::move(handler)};
}

} // namespace offstage
