#include "offstage/jobs/job.hpp"

#include <algorithm>
#include <iterator>

namespace offstage::jobs {
namespace {

void set_time(NewJob& job, const InsertOptions& defaults, const InsertOptions& options) {
    const bool own = options.delay || options.run_at;
    const InsertOptions& from = own ? options : defaults;
    job.run_at = from.run_at;
    if (!job.run_at) job.delay = from.delay.value_or(job.delay);
}

void set_unique(NewJob& job, InsertOptions& defaults, InsertOptions& options) {
    std::string& key = options.unique.key.empty() ? defaults.unique.key : options.unique.key;
    if (key.empty()) return;
    const auto period = options.unique.period ? options.unique.period : defaults.unique.period;
    const bool whatever_became = options.unique.whatever_became || defaults.unique.whatever_became;
    job.unique = Unique{.key = std::move(key), .whatever_became = whatever_became, .period = period};
}

void set_tags(NewJob& job, InsertOptions& defaults, InsertOptions& options) {
    job.tags = std::move(defaults.tags);
    for (std::string& tag : options.tags)
        if (std::ranges::find(job.tags, tag) == job.tags.end()) job.tags.push_back(std::move(tag));
}

} // namespace

NewJob make_job(std::string_view kind, std::string args, InsertOptions defaults, InsertOptions options) {
    NewJob job;
    job.kind = kind;
    job.args = std::move(args);
    if (std::string& queue = options.queue.empty() ? defaults.queue : options.queue; !queue.empty())
        job.queue = std::move(queue);
    job.priority = options.priority.value_or(defaults.priority.value_or(job.priority));
    job.max_attempts = options.max_attempts.value_or(defaults.max_attempts.value_or(job.max_attempts));
    set_time(job, defaults, options);
    set_unique(job, defaults, options);
    set_tags(job, defaults, options);
    return job;
}

} // namespace offstage::jobs
