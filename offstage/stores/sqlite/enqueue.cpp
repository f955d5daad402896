#include "offstage/stores/sqlite/work.hpp"

namespace offstage::stores::sqlite {
namespace {

std::string join(const std::vector<std::string>& tags) {
    std::string lines;
    for (const auto& tag : tags) {
        if (!lines.empty()) lines += '\n';
        lines += tag;
    }
    return lines;
}

/// The job that holds a key now; none when it is free.
std::optional<JobId> holder(Work& work, const KindEntry& kind, std::string_view key) {
    auto rows = work.db["unique_get"].rows(kind.id, key);
    if (!rows.next()) return std::nullopt;
    const JobId job{rows.integer(0)};
    const auto expires_at = rows.maybe_integer(1);
    if (expires_at && *expires_at > to_micros(work.now)) return job;
    if (live_job(work, job)) return job;
    return std::nullopt;
}

WallTime due_time(const NewJob& job, WallTime now) {
    if (job.run_at) return std::max(*job.run_at, now);
    return later(now, job.delay);
}

} // namespace

std::vector<Enqueued> enqueue(Work& work, std::span<const NewJob> jobs) {
    std::vector<Enqueued> answer;
    answer.reserve(jobs.size());
    SqlStatement& insert = work.db["job_insert"];
    const std::int64_t now = to_micros(work.now);
    // Jobs come in runs of one queue and kind: look names up once a run.
    QueueEntry* queue = nullptr;
    const KindEntry* kind = nullptr;
    for (const NewJob& job : jobs) {
        if (kind == nullptr || kind->name != job.kind)
            kind = &work.ledger.stored_kind(work.db, work.entry, job.kind);
        if (job.unique)
            if (const auto held = holder(work, *kind, job.unique->key)) {
                answer.push_back({.id = *held, .existed = true});
                continue;
            }
        if (queue == nullptr || queue->name != job.queue)
            queue = &work.ledger.stored_queue(work.db, work.entry, job.queue);
        const JobId id{work.ledger.next_job()};
        const WallTime run_at = due_time(job, work.now);
        const JobState state = run_at > work.now ? JobState::scheduled : JobState::ready;
        std::optional<std::string_view> key;
        if (job.unique) key = job.unique->key;
        std::optional<std::string> tags;
        if (!job.tags.empty()) tags = join(job.tags);
        insert.run(id.value, queue->id, kind->id, static_cast<int>(state), job.priority, job.max_attempts,
                   to_micros(run_at), now, key, tags, job.args);
        if (job.unique) {
            std::optional<std::int64_t> expires_at;
            if (const auto period = job.unique->period) expires_at = to_micros(later(work.now, *period));
            work.db["unique_set"].run(kind->id, job.unique->key, id.value, expires_at,
                                      job.unique->whatever_became);
        }
        if (state == JobState::scheduled) work.entry.due(run_at);
        work.entry.moved(*queue, std::nullopt, state);
        work.entry.tally(*queue, &QueueTotals::enqueued);
        work.entry.tell({.id = id, .state = state});
        answer.push_back({.id = id});
    }
    return answer;
}

} // namespace offstage::stores::sqlite
