// Claims that wait for jobs, in the order in which they came. Threads: the writer's only.
#pragma once

#include "offstage/stores/sqlite/work.hpp"
#include "offstage/stores/store.hpp"

#include <list>
#include <vector>

namespace offstage::stores::sqlite {

class StandingClaims {
public:
    struct Claim {
        const void* owner = nullptr; ///< the store it was made through
        ClaimRequest request;
        ClaimDone done;
        std::vector<ClaimedJob> jobs = {};
    };

    void add(Claim claim) { waiting_.push_back(std::move(claim)); }
    /// Whether one of them would find something.
    bool any_ready(Ledger& ledger) const;
    /// Gives jobs to whom there are some for, and none to who does not stand; they are in `served` until the
    /// group's end.
    void serve(Work& work);

    /// Takes out those of a worker, or of a store.
    std::list<Claim> take(WorkerId worker);
    std::list<Claim> take_of(const void* owner);
    std::list<Claim> take_served() { return std::exchange(served_, {}); }

private:
    std::list<Claim> waiting_;
    std::list<Claim> served_;
};

} // namespace offstage::stores::sqlite
