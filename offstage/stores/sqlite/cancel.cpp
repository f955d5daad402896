#include "offstage/stores/sqlite/work.hpp"

namespace offstage::stores::sqlite {

CancelResult cancel(Work& work, JobId id, std::string_view why,
                    std::optional<std::chrono::microseconds> keep) {
    const auto job = live_job(work, id);
    if (!job) {
        auto ended = work.db["history_state"].rows(id.value);
        return ended.next() ? CancelResult::ended : CancelResult::not_found;
    }
    const std::string reason = cut(why, max_payload_bytes);
    if (job->state != JobState::running) {
        end(work, *job, {.state = JobState::cancelled, .error = reason, .keep = keep});
        return CancelResult::cancelled;
    }
    if (!job->cancel_requested) {
        work.db["job_request_cancel"].run(id.value, to_micros(work.now), reason);
        work.entry.tell(
            {.id = id, .state = JobState::running, .cancel_requested = true, .lease = job->lease});
    }
    return CancelResult::requested;
}

} // namespace offstage::stores::sqlite
