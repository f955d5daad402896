#include "offstage/stores/sqlite/id_ranges.hpp"
#include "offstage/stores/sqlite/work.hpp"

namespace offstage::stores::sqlite {
namespace {

struct DeadClaim {
    Lease lease;
    WorkerId worker;
    std::vector<std::int64_t> jobs;
};

std::vector<DeadClaim> dead_claims(Work& work, std::optional<WorkerId> only) {
    std::vector<DeadClaim> claims;
    auto rows = work.db["claims"].rows();
    while (rows.next()) {
        const WorkerId worker{rows.integer(1)};
        if (only ? worker == *only : !work.ledger.has_worker(worker))
            claims.push_back({{rows.integer(0)}, worker, from_ranges(rows.text(2))});
    }
    return claims;
}

std::string name_of(Work& work, WorkerId worker) {
    auto rows = work.db["worker_name"].rows(worker.value);
    return rows.next() ? rows.string(0) : "number " + std::to_string(worker.value);
}

void take_back(Work& work, const LiveJob& job, const std::string& worker, const RescueOptions& options,
               RescueReport& report) {
    const JobId id{job.id};
    const int crashes = job.crashes + 1;
    note(work, id, job.lease, JobNote::What::crash, "worker \"" + worker + "\" died while it held the job");
    LiveJob crashed = job;
    crashed.crashes = crashes;
    crashed.started_at.reset(); // when it died is not known
    work.db["job_crashed"].run(job.id, crashes);
    if (job.cancel_requested) {
        end(work, crashed, {.state = JobState::cancelled, .keep = options.keep});
        report.cancelled.push_back(id);
    } else if (crashes >= options.max_crashes) {
        const std::string why = "quarantined: its worker died " + std::to_string(crashes) +
                                " times in a row while it held the job";
        end(work, crashed, {.state = JobState::failed, .error = why, .keep = options.keep});
        report.quarantined.push_back(id);
    } else {
        work.entry.moved(work.ledger.queue(job.queue), JobState::running, JobState::ready, true);
        work.entry.left(job.lease);
        work.entry.tell({.id = id, .state = JobState::ready, .rescued = true});
        report.rescued.push_back(id);
    }
}

} // namespace

RescueReport rescue(Work& work, const RescueOptions& options, std::optional<WorkerId> only) {
    RescueReport report;
    for (const DeadClaim& claim : dead_claims(work, only)) {
        const std::string worker = name_of(work, claim.worker);
        for (const std::int64_t id : claim.jobs) {
            const auto job = live_job(work, {id});
            if (job && job->state == JobState::running && job->lease == claim.lease)
                take_back(work, *job, worker, options, report);
        }
        work.db["claim_delete"].run(claim.lease.value);
    }
    std::vector<std::int64_t> dead;
    {
        auto rows = work.db["workers"].rows();
        while (rows.next())
            if (only ? rows.integer(0) == only->value : !work.ledger.has_worker({rows.integer(0)}))
                dead.push_back(rows.integer(0));
    }
    for (const std::int64_t worker : dead) work.db["worker_delete"].run(worker);
    return report;
}

WorkerId add_worker(Work& work, std::string_view name) {
    work.db["worker_insert"].run(name, to_micros(work.now));
    const WorkerId worker{work.db.last_insert_id()};
    work.ledger.add_worker(worker);
    return worker;
}

std::vector<WorkerRecord> workers(Work& work) {
    std::vector<WorkerRecord> known;
    auto rows = work.db["workers"].rows();
    while (rows.next()) {
        const WorkerId id{rows.integer(0)};
        if (!work.ledger.has_worker(id)) continue;
        known.push_back({.id = id,
                         .name = rows.string(1),
                         .started_at = from_micros(rows.integer(2)),
                         .heartbeat_at = from_micros(rows.integer(3)),
                         .running = work.ledger.held_by(id)});
    }
    return known;
}

void heartbeat(Work& work, WorkerId worker) {
    if (!work.ledger.has_worker(worker))
        throw Error(Errc::not_found, "worker " + std::to_string(worker.value) +
                                         " is not known to the store: it was removed, or its store closed");
    work.db["worker_heartbeat"].run(worker.value, to_micros(work.now));
}

} // namespace offstage::stores::sqlite
