#include "offstage/stores/store.hpp"

#include "offstage/base/error.hpp"
#include "offstage/base/utf8.hpp"

#include <algorithm>

namespace offstage::stores {

void validate_name(std::string_view what, std::string_view name) {
    const auto refuse = [&](const char* why) {
        throw Error(Errc::invalid_argument,
                    std::string(what) + " \"" + repair_utf8(name.substr(0, 80)) + "\" " + why);
    };
    if (name.empty()) refuse("is empty");
    if (name.size() > max_name_bytes) refuse("is longer than 200 bytes");
    for (const char c : name)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) refuse("contains a control character");
    if (!is_utf8(name)) refuse("is not UTF-8");
}

namespace {

void validate(const NewJob& job) {
    validate_name("queue", job.queue);
    validate_name("kind", job.kind);
    const auto invalid = [&](const std::string& why) {
        throw Error(Errc::invalid_argument, "job of kind \"" + job.kind + "\": " + why);
    };
    if (job.args.size() > max_payload_bytes)
        throw Error(Errc::too_large,
                    "job of kind \"" + job.kind + "\": its arguments have " +
                        std::to_string(job.args.size()) +
                        " bytes, at most 1 MiB is kept; store the data elsewhere and pass its id");
    if (!is_utf8(job.args)) invalid("its arguments are not UTF-8, as JSON has to be; encode bytes as text");
    if (job.priority < -1000 || job.priority > 1000) invalid("priority is outside -1000 to 1000");
    if (job.max_attempts < 1 || job.max_attempts > 30000) invalid("max_attempts is outside 1 to 30000");
    if (job.delay.count() < 0) invalid("delay is negative");
    if (job.unique && job.unique->key.empty()) invalid("the unique key is empty");
    if (job.unique && job.unique->key.size() > max_unique_key_bytes)
        invalid("the unique key is longer than 500 bytes");
    if (job.unique && !is_utf8(job.unique->key)) invalid("the unique key is not UTF-8");
    if (job.unique && job.unique->period && job.unique->period->count() < 0)
        invalid("the unique key's period is negative");
    if (job.tags.size() > max_tags) invalid("it has more than 20 tags");
    for (const auto& tag : job.tags) validate_name("tag", tag);
}

} // namespace

void validate(std::span<const NewJob> jobs) {
    if (jobs.size() > 10'000)
        throw Error(Errc::too_large,
                    "at most 10,000 jobs are enqueued at once, not " + std::to_string(jobs.size()));
    for (const auto& job : jobs) validate(job);
}

void validate(std::span<const Outcome> outcomes) {
    for (const auto& outcome : outcomes) {
        const auto refuse = [&](Errc code, const std::string& why) {
            throw Error(code, "outcome of job " + std::to_string(outcome.id.value) + ": " + why);
        };
        if (outcome.what == Outcome::What::done && outcome.text.size() > max_payload_bytes)
            refuse(Errc::too_large, "its result has " + std::to_string(outcome.text.size()) +
                                        " bytes, at most 1 MiB is kept; store the data elsewhere and give "
                                        "its id");
        if (outcome.delay.count() < 0) refuse(Errc::invalid_argument, "delay is negative");
        if (outcome.keep && outcome.keep->count() < 0) refuse(Errc::invalid_argument, "keep is negative");
    }
}

void validate(const ClaimRequest& request) {
    if (request.shares.empty()) throw Error(Errc::invalid_argument, "a claim names no queue");
    if (request.max < 1 || request.max > max_claim)
        throw Error(Errc::invalid_argument,
                    "claim: max " + std::to_string(request.max) + " is outside 1 to 10,000");
    for (const auto& share : request.shares) {
        validate_name("queue", share.queue);
        if (share.max < 1 || share.max > max_claim)
            throw Error(Errc::invalid_argument, "claim of queue \"" + share.queue + "\": max " +
                                                    std::to_string(share.max) + " is outside 1 to 10,000");
    }
}

void validate(std::span<const JobId> ids) {
    if (ids.size() > 1000)
        throw Error(Errc::invalid_argument,
                    "at most 1,000 jobs are changed at once, not " + std::to_string(ids.size()));
    std::vector<JobId> sorted(ids.begin(), ids.end());
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end())
        throw Error(Errc::invalid_argument, "job " + std::to_string(twice->value) + " is named twice");
}

} // namespace offstage::stores
