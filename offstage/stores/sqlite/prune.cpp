#include "offstage/stores/sqlite/work.hpp"

namespace offstage::stores::sqlite {

std::int64_t prune(Work& work, int limit) {
    struct Expired {
        std::int64_t id;
        std::int64_t queue;
        std::int64_t kind;
        JobState state;
        std::optional<std::string> unique_key;
    };
    std::vector<Expired> jobs;
    {
        auto rows = work.db["history_expired"].rows(to_micros(work.now), limit);
        while (rows.next()) {
            Expired& job = jobs.emplace_back(Expired{rows.integer(0),
                                                     rows.integer(1),
                                                     rows.integer(2),
                                                     static_cast<JobState>(rows.integer(3)),
                                                     {}});
            if (!rows.is_null(4)) job.unique_key = rows.string(4);
        }
    }
    if (jobs.empty()) return 0;
    work.ledger.keep_next_job(work.db);
    for (const Expired& job : jobs) {
        work.db["history_delete"].run(job.id);
        work.db["notes_delete"].run(job.id);
        if (job.unique_key) work.db["unique_delete"].run(job.kind, *job.unique_key, job.id);
        work.entry.moved(work.ledger.queue(job.queue), job.state, std::nullopt);
    }
    return static_cast<std::int64_t>(jobs.size());
}

} // namespace offstage::stores::sqlite
