#include "offstage/stores/sqlite/work.hpp"

namespace offstage::stores::sqlite {
namespace {

void tally_run(Work& work, const LiveJob& job) {
    if (job.started_at)
        work.entry.tally(work.ledger.queue(job.queue), &QueueTotals::ran, work.now - *job.started_at);
}

/// Notes what the handler of a job that is not over threw, and gives it as it was noted; none: it did not.
std::optional<std::string> note_error(Work& work, const LiveJob& job, const Outcome& outcome) {
    const bool threw = outcome.what == Outcome::What::retry ||
                       (outcome.what == Outcome::What::release && !outcome.text.empty());
    if (!threw) return std::nullopt;
    std::string text = cut(outcome.text, max_payload_bytes);
    note(work, outcome.id, job.lease, JobNote::What::error, text);
    return text;
}

/// Retry, snooze, release: the job runs again.
void again(Work& work, const LiveJob& job, const Outcome& outcome) {
    const bool errs = outcome.what == Outcome::What::retry;
    const bool given_back = outcome.what == Outcome::What::release;
    const bool waits = !given_back && outcome.delay.count() > 0;
    const WallTime run_at = waits ? later(work.now, outcome.delay) : work.now;
    const JobState state = waits ? JobState::scheduled : JobState::ready;
    // A run that its worker outlived ends a row of crashes; one given back may not have begun.
    const int crashes = given_back ? job.crashes : 0;
    const std::optional<std::string> noted = note_error(work, job, outcome);
    work.db["job_again"].run(job.id, static_cast<int>(state), to_micros(run_at), errs ? 0 : 1, errs ? 1 : 0,
                             crashes, errs ? noted : std::nullopt);
    if (waits) work.entry.due(run_at);
    work.entry.moved(work.ledger.queue(job.queue), JobState::running, state, crashes > 0);
    work.entry.left(job.lease);
    if (!given_back) tally_run(work, job);
    if (errs) work.entry.tally(work.ledger.queue(job.queue), &QueueTotals::retried);
    work.entry.tell({.id = outcome.id, .state = state});
}

} // namespace

std::optional<LiveJob> live_job(Work& work, JobId id) {
    auto rows = work.db["job_get"].rows(id.value);
    if (!rows.next()) return std::nullopt;
    LiveJob job;
    job.id = id.value;
    job.queue = rows.integer(0);
    job.kind = rows.integer(1);
    job.state = static_cast<JobState>(rows.integer(2));
    job.lease = {rows.integer(3)};
    job.crashes = static_cast<int>(rows.integer(4));
    job.cancel_requested = !rows.is_null(5);
    job.has_unique_key = !rows.is_null(6);
    if (job.has_unique_key) job.unique_key = rows.text(6);
    if (!rows.is_null(7)) job.started_at = from_micros(rows.integer(7));
    return job;
}

void end(Work& work, const LiveJob& job, const Ending& ending) {
    const std::int64_t now = to_micros(work.now);
    std::optional<std::int64_t> keep_until;
    if (ending.keep) keep_until = to_micros(later(work.now, *ending.keep));
    if (job.has_unique_key) {
        std::optional<std::int64_t> held_until;
        {
            auto rows = work.db["unique_get"].rows(job.kind, job.unique_key);
            const bool holds = rows.next() && rows.integer(0) == job.id;
            if (holds && (ending.state == JobState::done || rows.integer(2) != 0))
                held_until = rows.maybe_integer(1);
        }
        // While a key is held, the job that it names can be found.
        if (held_until && *held_until > now) {
            if (keep_until) keep_until = std::max(*keep_until, *held_until);
        } else {
            work.db["unique_delete"].run(job.kind, job.unique_key, job.id);
        }
    }
    work.db["history_insert"].run(job.id, static_cast<int>(ending.state), ending.errors, now, keep_until,
                                  ending.error, ending.result);
    work.db["job_delete"].run(job.id);
    work.entry.moved(work.ledger.queue(job.queue), job.state, ending.state, job.crashes > 0);
    if (job.state == JobState::running) {
        work.entry.left(job.lease);
        tally_run(work, job);
    }
    work.entry.tally(work.ledger.queue(job.queue), ending.state == JobState::done ? &QueueTotals::done
                                                   : ending.state == JobState::failed
                                                       ? &QueueTotals::failed
                                                       : &QueueTotals::cancelled);
    work.entry.tell({.id = {job.id}, .state = ending.state});
}

bool settle(Work& work, const Outcome& outcome) {
    using What = Outcome::What;
    const auto job = live_job(work, outcome.id);
    if (!job || job->state != JobState::running || job->lease != outcome.lease) return false;
    Ending ending{.keep = outcome.keep};
    std::optional<std::string> text;
    switch (outcome.what) {
    case What::done:
        ending.state = JobState::done;
        if (!outcome.text.empty()) ending.result = outcome.text;
        break;
    case What::failed:
        text = cut(outcome.text, max_payload_bytes);
        note(work, outcome.id, job->lease, JobNote::What::error, *text);
        ending.state = JobState::failed;
        ending.errors = 1;
        ending.error = *text;
        break;
    case What::cancelled:
        ending.state = JobState::cancelled;
        if (!outcome.text.empty()) ending.error = *(text = cut(outcome.text, max_payload_bytes));
        break;
    case What::retry:
    case What::snooze:
    case What::release:
        if (!job->cancel_requested) {
            again(work, *job, outcome);
            return true;
        }
        ending.state = JobState::cancelled;
        note_error(work, *job, outcome);
        if (outcome.what == What::retry) ending.errors = 1;
        break;
    }
    end(work, *job, ending);
    return true;
}

bool checkpoint(Work& work, JobId id, Lease lease, std::string_view data) {
    return work.db["job_checkpoint"].run(id.value, lease.value, data) == 1;
}

} // namespace offstage::stores::sqlite
