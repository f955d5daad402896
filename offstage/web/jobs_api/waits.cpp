#include "offstage/web/jobs_api/waits.hpp"

#include "offstage/web/jobs_api/job_json.hpp"
#include "offstage/web/problem.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace offstage::web::jobs_api {
namespace {

constexpr auto grace = std::chrono::seconds(10); // for a tick that is late

} // namespace

std::shared_ptr<Deferred> Waits::wait(stores::JobId id, SteadyTime until) {
    auto later = std::make_shared<Deferred>(Deadline(until + grace));
    {
        const sys::MutexLock lock(mutex_);
        waiters_.emplace(id, Waiter{until, later});
        count_.store(waiters_.size(), std::memory_order_relaxed);
    }
    wake_();
    return later;
}

// A waiter that the relaxed count does not show yet came after this change was committed: its first tick
// looks the job up in the store and finds what is told here.
void Waits::changed(std::span<const stores::JobChange> changes) {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    bool any = false;
    {
        const sys::MutexLock lock(mutex_);
        for (const stores::JobChange& change : changes) {
            if (!stores::has_ended(change.state)) continue;
            const auto [first, last] = waiters_.equal_range(change.id);
            for (auto waiter = first; waiter != last; ++waiter) waiter->second.ended = any = true;
        }
    }
    if (any) wake_();
}

SteadyTime Waits::tick(SteadyTime now) {
    std::vector<Waiters::value_type> due;
    {
        const sys::MutexLock lock(mutex_);
        for (auto& [id, waiter] : waiters_)
            if (std::exchange(waiter.ended, false) || waiter.until <= now) due.emplace_back(id, waiter);
    }
    for (const auto& [id, waiter] : due) answer(id, waiter, now);

    SteadyTime next = SteadyTime::max();
    const sys::MutexLock lock(mutex_);
    std::erase_if(waiters_, [](const auto& entry) { return entry.second.later->over().stop_requested(); });
    for (const auto& [id, waiter] : waiters_) next = std::min(next, waiter.until);
    count_.store(waiters_.size(), std::memory_order_relaxed);
    return next;
}

void Waits::answer(stores::JobId id, const Waiter& waiter, SteadyTime now) {
    try {
        const auto job = store_.find(id);
        if (job && !stores::has_ended(job->state) && waiter.until > now) return;
        if (!job) throw Error(Errc::not_found, "Job " + std::to_string(id.value) + " was deleted");
        waiter.later->give(json_response(200, view(*job, store_.notes(id), registry_)));
    } catch (...) {
        waiter.later->give(problem(std::current_exception()));
    }
}

} // namespace offstage::web::jobs_api
