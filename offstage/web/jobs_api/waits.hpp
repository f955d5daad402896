// Clients that wait for a job to end: GET /v1/jobs/{id}?wait=30s, without a thread for each.
//
// The answer is a deferred one: when the job has ended, or the time is up, the job as it stands. A client
// that goes is forgotten at the next tick.
//
// Threads: wait() and changed() by any, changed() also on the store's; tick() by one at a time.
#pragma once

#include "offstage/jobs/registry.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/web/deferred.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>

namespace offstage::web::jobs_api {

class Waits {
public:
    /// `wake` asks for a tick soon; it must not block.
    Waits(stores::Store& store, const jobs::Registry& registry, std::function<void()> wake)
        : store_(store), registry_(registry), wake_(std::move(wake)) {}

    /// The answer that will tell the job.
    std::shared_ptr<Deferred> wait(stores::JobId id, SteadyTime until);
    void changed(std::span<const stores::JobChange> changes);
    /// Answers whom it can; says when it wants to be called again at the latest.
    SteadyTime tick(SteadyTime now);

private:
    struct Waiter {
        SteadyTime until;
        std::shared_ptr<Deferred> later; // shared with the server, which sends it
        bool ended = true;               // or may have, before it was heard of
    };
    using Waiters = std::multimap<stores::JobId, Waiter>;
    void answer(stores::JobId id, const Waiter& waiter, SteadyTime now);

    stores::Store& store_;
    const jobs::Registry& registry_;
    const std::function<void()> wake_;
    std::atomic<std::size_t> count_{0}; // lets changed() pass by without the mutex; see there
    sys::Mutex mutex_;
    Waiters waiters_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage::web::jobs_api
