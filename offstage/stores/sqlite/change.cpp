// What people do to single jobs and queues: retry, run now, delete, pause.
#include "offstage/stores/sqlite/work.hpp"

namespace offstage::stores::sqlite {
namespace {

struct EndedJob {
    std::int64_t queue = 0;
    std::int64_t kind = 0;
    JobState state{};
    std::optional<std::string> unique_key;
};

std::optional<EndedJob> ended_job(Work& work, JobId id) {
    auto rows = work.db["history_get"].rows(id.value);
    if (!rows.next()) return std::nullopt;
    EndedJob job{rows.integer(0), rows.integer(1), static_cast<JobState>(rows.integer(2)), {}};
    if (!rows.is_null(3)) job.unique_key = rows.string(3);
    return job;
}

/// Takes a key for a job that has lost it. False: another job holds it.
bool take_key(Work& work, JobId id, std::int64_t kind, const std::string& key) {
    {
        auto rows = work.db["unique_get"].rows(kind, key);
        if (rows.next()) {
            const JobId holder{rows.integer(0)};
            if (holder == id) return true;
            const auto expires_at = rows.maybe_integer(1);
            if ((expires_at && *expires_at > to_micros(work.now)) || live_job(work, holder)) return false;
        }
    }
    work.db["unique_set"].run(kind, key, id.value, nullptr, false);
    return true;
}

void forget(Work& work, JobId id, std::int64_t kind, const std::optional<std::string>& key) {
    work.db["notes_delete"].run(id.value);
    if (key) work.db["unique_delete"].run(kind, *key, id.value);
}

} // namespace

ChangeResult retry(Work& work, JobId id) {
    const auto job = ended_job(work, id);
    if (!job) return live_job(work, id) ? ChangeResult::refused : ChangeResult::not_found;
    if (job->unique_key && !take_key(work, id, job->kind, *job->unique_key)) return ChangeResult::refused;
    work.db["job_revive"].run(id.value, to_micros(work.now));
    work.db["history_delete"].run(id.value);
    work.entry.moved(work.ledger.queue(job->queue), job->state, JobState::ready);
    work.entry.tell({.id = id, .state = JobState::ready});
    return ChangeResult::changed;
}

ChangeResult run_now(Work& work, JobId id) {
    const auto job = live_job(work, id);
    if (!job) return ended_job(work, id) ? ChangeResult::refused : ChangeResult::not_found;
    if (job->state != JobState::scheduled) return ChangeResult::refused;
    work.db["job_run_now"].run(id.value, to_micros(work.now));
    work.entry.moved(work.ledger.queue(job->queue), JobState::scheduled, JobState::ready, job->crashes > 0);
    work.entry.tell({.id = id, .state = JobState::ready});
    return ChangeResult::changed;
}

ChangeResult remove(Work& work, JobId id) {
    if (const auto job = live_job(work, id)) {
        if (job->state == JobState::running) return ChangeResult::refused;
        work.ledger.keep_next_job(work.db);
        work.db["job_delete"].run(id.value);
        forget(work, id, job->kind, job->has_unique_key ? std::optional(job->unique_key) : std::nullopt);
        work.entry.moved(work.ledger.queue(job->queue), job->state, std::nullopt, job->crashes > 0);
        work.entry.tell({.id = id, .state = job->state, .removed = true});
        return ChangeResult::changed;
    }
    const auto job = ended_job(work, id);
    if (!job) return ChangeResult::not_found;
    work.ledger.keep_next_job(work.db);
    work.db["history_delete"].run(id.value);
    forget(work, id, job->kind, job->unique_key);
    work.entry.moved(work.ledger.queue(job->queue), job->state, std::nullopt);
    work.entry.tell({.id = id, .state = job->state, .removed = true});
    return ChangeResult::changed;
}

void set_paused(Work& work, std::string_view name, bool paused) {
    QueueEntry& queue = work.ledger.stored_queue(work.db, work.entry, name);
    work.db["queue_set_paused"].run(queue.id, paused);
    queue.paused = paused; // when the group is lost, the ledger is read anew
}

} // namespace offstage::stores::sqlite
