#include "offstage/stores/sqlite/work.hpp"

namespace offstage::stores::sqlite {
namespace {

/// So many a group, lest a million jobs that are due at midnight hold up everybody else.
constexpr int max_due_at_once = 1000;

} // namespace

void release_due(Work& work) {
    struct Due {
        std::int64_t id;
        std::int64_t queue;
        bool suspect;
    };
    std::vector<Due> jobs;
    {
        auto rows = work.db["jobs_due"].rows(to_micros(work.now), max_due_at_once);
        while (rows.next()) jobs.push_back({rows.integer(0), rows.integer(1), rows.integer(2) > 0});
    }
    for (const Due& job : jobs) {
        work.db["job_ready"].run(job.id);
        work.entry.moved(work.ledger.queue(job.queue), JobState::scheduled, JobState::ready, job.suspect);
        work.entry.tell({.id = {job.id}, .state = JobState::ready});
    }
    auto next = work.db["next_due"].rows();
    work.ledger.set_next_due(next.next() && !next.is_null(0) ? from_micros(next.integer(0))
                                                             : WallTime::max());
}

} // namespace offstage::stores::sqlite
