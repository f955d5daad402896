#include "offstage/jobs/worker/tally.hpp"

#include "offstage/jobs/worker/verdict.hpp"

#include <cstdio>
#include <string>

namespace offstage::jobs::detail {

using std::chrono::duration_cast;
using std::chrono::microseconds;

About about(const stores::ClaimedJob& job) {
    return {job.id, job.lease, job.kind, job.queue, job.attempt};
}

void Tally::started(const stores::ClaimedJob& job, const stores::Store& store) {
    add(started_, 1);
    if (is_heard()) tell(JobStarted{about(job), store.now() - job.run_at});
}

void Tally::ended(const stores::ClaimedJob& job, const stores::Outcome& outcome,
                  std::chrono::nanoseconds ran) {
    using What = stores::Outcome::What;
    switch (outcome.what) {
    case What::done:
        add(done_, 1);
        break;
    case What::retry:
        add(retried_, 1);
        break;
    case What::snooze:
        add(snoozed_, 1);
        break;
    case What::release:
        add(released_, 1);
        break;
    case What::failed:
        add(failed_, 1);
        break;
    case What::cancelled:
        add(cancelled_, 1);
        break;
    }
    if (is_heard())
        tell(JobEnded{about(job), outcome.what, duration_cast<microseconds>(ran), outcome.text,
                      outcome.delay});
}

void Tally::timed_out(const stores::ClaimedJob& job, std::chrono::nanoseconds after) {
    add(timed_out_, 1);
    if (is_heard()) tell(JobTimedOut{about(job), duration_cast<microseconds>(after)});
}

void Tally::left_behind(const stores::ClaimedJob& job, bool replaced) {
    if (is_heard()) tell(JobLeftBehind{about(job), hung(), replaced});
}

void Tally::refused(JobId id, Lease lease) {
    add(refused_, 1);
    if (is_heard()) tell(OutcomeRefused{id, lease});
}

void Tally::store_failed(std::string_view doing, const std::exception_ptr& error) {
    const std::string text = error_text(error);
    const StoreFailed failed{doing, text};
    if (is_heard())
        tell(failed);
    else
        std::fputs(("offstage worker: " + to_line(failed) + "\n").c_str(), stderr); // never unheard
}

WorkerStats Tally::stats() const {
    const auto read = [](const Count& count) { return count.load(std::memory_order_relaxed); };
    WorkerStats stats;
    stats.started = read(started_);
    stats.done = read(done_);
    stats.retried = read(retried_);
    stats.failed = read(failed_);
    stats.cancelled = read(cancelled_);
    stats.snoozed = read(snoozed_);
    stats.released = read(released_);
    stats.timed_out = read(timed_out_);
    stats.refused = read(refused_);
    stats.hung = hung();
    return stats;
}

} // namespace offstage::jobs::detail
