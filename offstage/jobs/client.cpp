#include "offstage/jobs/client.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sync/event.hpp"

#include <algorithm>

namespace offstage::jobs {

JobRecord Client::wait(JobId id, std::stop_token stop, Deadline deadline) {
    offstage::Event ended;
    // Before the first look, so that no change falls between the two.
    const auto subscription = store_.subscribe([&, id](std::span<const stores::JobChange> changes) {
        const bool about = std::ranges::any_of(
            changes, [&](const auto& change) { return change.id == id && has_ended(change.state); });
        if (about) ended.set();
    });
    for (;;) {
        std::optional<JobRecord> job = store_.find(id);
        if (!job) throw Error(Errc::not_found, "there is no job " + std::to_string(id.value));
        if (has_ended(job->state)) return *std::move(job);
        const WaitStatus status = ended.wait(stop, deadline);
        if (status != WaitStatus::ok) throw to_error(status, "the end of job " + std::to_string(id.value));
        ended.clear();
    }
}

} // namespace offstage::jobs
