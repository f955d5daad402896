#include "offstage/jobs/events.hpp"

#include "offstage/base/time.hpp"

namespace offstage::jobs {
namespace {

using What = stores::Outcome::What;

// std::string's operator+ on temporaries is avoided where GCC 12 warns of it without cause (PR 105651).
std::string job_text(const About& job) {
    std::string text(job.kind);
    return text.append(" ").append(std::to_string(job.id.value));
}

std::string outcome_text(const JobEnded& ended) {
    const std::string again = ", again in " + to_text(ended.again_in);
    switch (ended.what) {
    case What::done:
        return "done";
    case What::retry:
        return "error" + again;
    case What::snooze:
        return "snoozed" + again;
    case What::release:
        return "given back";
    case What::failed:
        return "failed";
    case What::cancelled:
        return "cancelled";
    }
    return "unknown";
}

struct Line {
    std::string operator()(const JobStarted& started) const {
        return job_text(started.job) + " started: attempt " + std::to_string(started.job.attempt) +
               ", waited " + to_text(started.waited);
    }
    std::string operator()(const JobEnded& ended) const {
        std::string line =
            job_text(ended.job) + " ended: " + outcome_text(ended) + ", ran " + to_text(ended.ran);
        if (!ended.text.empty() && ended.what != What::done) line.append(": ").append(ended.text);
        return line;
    }
    std::string operator()(const JobTimedOut& timed_out) const {
        return job_text(timed_out.job) + " is asked to stop: it ran " + to_text(timed_out.after);
    }
    std::string operator()(const JobLeftBehind& left) const {
        return job_text(left.job) + " did not stop and is left behind on its thread, " +
               std::to_string(left.hung) + " now" +
               (left.replaced ? "" : "; its queue has one thread less until it ends");
    }
    std::string operator()(const OutcomeRefused& refused) const {
        return "job " + std::to_string(refused.id.value) + ": what came under the old lease " +
               std::to_string(refused.lease.value) + " was refused";
    }
    std::string operator()(const JobsRescued& rescue) const {
        return "rescued " + std::to_string(rescue.rescued) + " jobs of dead workers, quarantined " +
               std::to_string(rescue.quarantined) + ", cancelled " + std::to_string(rescue.cancelled);
    }
    std::string operator()(const StoreFailed& failed) const {
        std::string line = "the store failed at ";
        return line.append(failed.doing).append(": ").append(failed.error);
    }
};

} // namespace

std::string to_line(const Event& event) {
    return std::visit(Line{}, event);
}

} // namespace offstage::jobs
