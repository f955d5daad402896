#include "offstage/stores/sqlite/standing_claims.hpp"

#include <algorithm>

namespace offstage::stores::sqlite {
namespace {

template <class Condition>
std::list<StandingClaims::Claim> take_if(std::list<StandingClaims::Claim>& from, Condition condition) {
    std::list<StandingClaims::Claim> taken;
    for (auto at = from.begin(); at != from.end();) {
        const auto next = std::next(at);
        if (condition(*at)) taken.splice(taken.end(), from, at);
        at = next;
    }
    return taken;
}

} // namespace

bool StandingClaims::any_ready(Ledger& ledger) const {
    return std::ranges::any_of(waiting_,
                               [&](const Claim& claim) { return may_claim(ledger, claim.request); });
}

void StandingClaims::serve(Work& work) {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        const auto next = std::next(at);
        const bool ready = may_claim(work.ledger, at->request);
        if (ready || !at->request.stands) {
            served_.splice(served_.end(), waiting_, at); // before it can throw: then its error is told to it
            if (ready) at->jobs = claim(work, at->request);
            work.ledger.apply(work.entry);
            if (at->jobs.empty() && at->request.stands) waiting_.splice(next, served_, at);
        }
        at = next;
    }
}

std::list<StandingClaims::Claim> StandingClaims::take(WorkerId worker) {
    return take_if(waiting_, [&](const Claim& claim) { return claim.request.worker == worker; });
}

std::list<StandingClaims::Claim> StandingClaims::take_of(const void* owner) {
    return take_if(waiting_, [&](const Claim& claim) { return claim.owner == owner; });
}

} // namespace offstage::stores::sqlite
