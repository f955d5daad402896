#include "offstage/sync/select.hpp"

#include "offstage/base/check.hpp"

#include <algorithm>
#include <vector>

namespace offstage {

namespace {

/// One sleep on several lists: listed while it lives.
class Listing {
public:
    Listing(std::span<SelectCase* const> cases, std::span<detail::Waiter> waiters, sys::Parker& parker)
        : cases_(cases), waiters_(waiters) {
        for (; count_ < cases_.size(); ++count_) {
            waiters_[count_] = {};
            waiters_[count_].parker = &parker;
            if (!cases_[count_]->enlist(waiters_[count_])) return;
        }
    }
    ~Listing() {
        for (std::size_t i = 0; i < count_; ++i) cases_[i]->delist(waiters_[i]);
    }
    Listing(const Listing&) = delete;
    Listing& operator=(const Listing&) = delete;

    /// False when one became ready before: look again rather than sleep.
    bool complete() const noexcept { return count_ == cases_.size(); }

private:
    const std::span<SelectCase* const> cases_;
    const std::span<detail::Waiter> waiters_;
    std::size_t count_ = 0;
};

} // namespace

WaitResult<std::size_t> select_among(std::span<SelectCase* const> cases, std::stop_token stop,
                                     Deadline deadline) {
    OFFSTAGE_CHECK(!cases.empty(), "select without a case would wait for ever");
    std::vector<detail::Waiter> waiters(cases.size());
    std::vector<SelectCase*> open;
    // The sleep ends with the earliest of them; whose it was shows when the cases are tried again.
    Deadline wake = deadline;
    for (const SelectCase* one : cases) wake = std::min(wake, one->due());
    detail::Sleeper sleeper(
        {.kind = "select", .action = "wait", .object = static_cast<const void*>(cases.data())}, stop, wake);
    for (;;) {
        open.clear();
        for (std::size_t i = 0; i < cases.size(); ++i) {
            const SelectCase::Offer offer = cases[i]->take();
            if (offer == SelectCase::Offer::taken) return WaitResult<std::size_t>(i);
            if (offer == SelectCase::Offer::nothing) open.push_back(cases[i]);
        }
        if (open.empty()) return WaitStatus::closed;
        if (const WaitStatus ended = sleeper.ended(); ended != WaitStatus::ok) return ended;
        const Listing listing(open, waiters, sleeper.prepare());
        if (listing.complete()) sleeper.sleep();
    }
}

} // namespace offstage
