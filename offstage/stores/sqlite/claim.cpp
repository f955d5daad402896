#include "offstage/stores/sqlite/id_ranges.hpp"
#include "offstage/stores/sqlite/work.hpp"

#include <algorithm>

namespace offstage::stores::sqlite {
namespace {

/// Reads up to `limit` jobs of a queue. Starting them is left for when all are read: an index must not change
/// under the query that walks it.
void read(Work& work, std::string_view query, QueueEntry& queue, int limit, std::vector<ClaimedJob>& jobs) {
    auto rows = work.db[query].rows(queue.id, limit);
    while (rows.next()) {
        ClaimedJob& job = jobs.emplace_back();
        job.id = {rows.integer(0)};
        job.queue = queue.name;
        job.kind = work.ledger.kind(rows.integer(1)).name;
        job.priority = static_cast<int>(rows.integer(2));
        job.attempt = static_cast<int>(rows.integer(3)) + 1;
        job.errors = static_cast<int>(rows.integer(4));
        job.crashes = static_cast<int>(rows.integer(5));
        job.max_attempts = static_cast<int>(rows.integer(6));
        job.created_at = from_micros(rows.integer(7));
        job.run_at = from_micros(rows.integer(8));
        job.args = rows.text(9);
        job.checkpoint = rows.text(10);
    }
}

/// Starts up to `max` jobs of a queue under the lease; adds them to `jobs`.
void take(Work& work, WorkerId worker, Lease lease, std::string_view query, QueueEntry& queue, int max,
          std::vector<ClaimedJob>& jobs) {
    const std::size_t first = jobs.size();
    read(work, query, queue, max, jobs);
    SqlStatement& start = work.db["job_start"];
    for (std::size_t i = first; i < jobs.size(); ++i) {
        ClaimedJob& job = jobs[i];
        job.lease = lease;
        start.run(job.id.value, lease.value, worker.value, to_micros(work.now));
        work.entry.moved(queue, JobState::ready, JobState::running, job.is_suspect());
        work.entry.tally(queue, &QueueTotals::waited, work.now - job.run_at);
        work.entry.tell({.id = job.id, .state = JobState::running});
    }
}

} // namespace

bool may_claim(Ledger& ledger, const ClaimRequest& request) {
    return std::ranges::any_of(request.shares, [&](const auto& share) {
        const QueueEntry& queue = ledger.queue(share.queue);
        return queue.ready() > 0 || (request.may_take_suspect && queue.suspects() > 0);
    });
}

std::vector<ClaimedJob> claim(Work& work, const ClaimRequest& request) {
    std::vector<ClaimedJob> jobs;
    const Lease lease = work.ledger.next_lease(work.db);
    if (request.may_take_suspect)
        for (const auto& share : request.shares) {
            QueueEntry& queue = work.ledger.queue(share.queue);
            if (queue.suspects() > 0) take(work, request.worker, lease, "jobs_suspect", queue, 1, jobs);
            if (!jobs.empty()) break;
        }
    const auto left = [&] { return request.max - static_cast<int>(jobs.size()); };
    if (jobs.empty())
        for (const auto& share : request.shares) {
            QueueEntry& queue = work.ledger.queue(share.queue);
            if (queue.ready() > 0 && left() > 0)
                take(work, request.worker, lease, "jobs_ready", queue, std::min(share.max, left()), jobs);
        }
    if (jobs.empty()) return jobs;

    std::vector<std::int64_t> ids;
    ids.reserve(jobs.size());
    for (const ClaimedJob& job : jobs) ids.push_back(job.id.value);
    work.db["claim_insert"].run(lease.value, request.worker.value, to_ranges(std::move(ids)));
    work.ledger.add_claim(lease, request.worker, static_cast<std::int64_t>(jobs.size()));
    return jobs;
}

} // namespace offstage::stores::sqlite
