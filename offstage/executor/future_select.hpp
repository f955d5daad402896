// Futures in select, beside queues, events and times.
//
//     select(stop, on_ready(label, [&](Label found) { ... }), on_pop(commands, [&](Command c) { ... }),
//            on_time(sys::deadline_after(5s), [&] { ... }));
//
// A wait in select never runs the task itself: another thread of its pool does. Threads: as for the future.
#pragma once

#include "offstage/executor/future.hpp"
#include "offstage/sync/select.hpp"

#include <type_traits>
#include <utility>

namespace offstage {

/// Of on_ready(); lives in the call to select.
template <class T, class Handler>
class ReadyCase final : public SelectCase {
public:
    ReadyCase(Future<T>& future, Handler handler)
        : future_(future), state_(future.share_state()), handler_(std::move(handler)) {}

    Offer take() override {
        if (!future_.valid()) return Offer::closed;
        if (!future_.ready()) return Offer::nothing;
        if constexpr (std::is_void_v<T>) {
            future_.get();
            handler_();
        } else {
            handler_(future_.get());
        }
        return Offer::taken;
    }
    bool enlist(detail::Waiter& waiter) override { return state_->enlist(waiter); }
    void delist(detail::Waiter& waiter) noexcept override { state_->delist(waiter); }

private:
    Future<T>& future_;
    const detail::Ref<detail::ValueState<T>> state_; // the waiter's list lives as long as this case
    Handler handler_;
};

/// Takes the value when the task has ended and hands it to `handler` (nothing, for void); what the task threw
/// passes through select. A future that was taken before is closed. It must outlive the call.
template <class T, class Handler>
ReadyCase<T, Handler> on_ready(Future<T>& future, Handler handler) {
    return {future, std::move(handler)};
}

} // namespace offstage
