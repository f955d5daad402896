#include "apps/bookshop/turnstile.hpp"

#include "offstage/sys/clock.hpp"

#include <utility>

namespace bookshop {

std::optional<Turnstile::Turn> Turnstile::enter(const std::stop_token& stop) {
    auto place = places_.permit({}, offstage::Deadline::past());
    if (!place) return std::nullopt;
    auto turn = turns_.permit(stop, offstage::sys::deadline_after(within_));
    if (turn.status() == offstage::WaitStatus::timed_out) return std::nullopt;
    return Turn{std::move(place).value(), std::move(turn).value()};
}

} // namespace bookshop
