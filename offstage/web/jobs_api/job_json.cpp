#include "offstage/web/jobs_api/job_json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace offstage::web::jobs_api {
namespace {

std::optional<std::string> text_of(const std::optional<WallTime>& time) {
    if (!time) return std::nullopt;
    return to_iso8601(*time);
}

/// The first characters of a text, never half of one; "…" where there was more.
std::string first_words(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string(text);
    std::size_t end = bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return std::string(text.substr(0, end)) + "…";
}

std::string_view name_of(stores::JobNote::What what) {
    switch (what) {
    case stores::JobNote::What::error:
        return "error";
    case stores::JobNote::What::crash:
        return "crash";
    case stores::JobNote::What::log:
        break;
    }
    return "log";
}

template <class Summary>
void fill(Summary& view, const stores::JobRecord& job, const jobs::Registry& registry) {
    view.id = job.id.value;
    view.kind = job.kind;
    view.queue = job.queue;
    view.state = stores::to_string(job.state);
    view.priority = job.priority;
    view.attempt = job.attempt;
    view.errors = job.errors;
    view.crashes = job.crashes;
    view.max_attempts = job.max_attempts;
    view.kept = is_kept(job.kind, registry);
    view.created_at = to_iso8601(job.created_at);
    view.run_at = to_iso8601(job.run_at);
    view.started_at = text_of(job.started_at);
    view.ended_at = text_of(job.ended_at);
    view.cancel_requested_at = text_of(job.cancel_requested_at);
    view.worker = job.worker.value;
    if (job.progress_done != 0 || job.progress_total != 0)
        view.progress = ProgressView{job.progress_done, job.progress_total};
    view.tags = job.tags;
    view.preview = first_words(job.args, preview_bytes);
}

std::chrono::microseconds duration(std::int64_t milliseconds, const std::string& what) {
    constexpr std::int64_t century = 100LL * 366 * 24 * 3600 * 1000;
    if (milliseconds < 0 || milliseconds > century)
        throw Error(Errc::invalid_argument, what + " should be from 0 to a hundred years");
    return std::chrono::milliseconds(milliseconds);
}

} // namespace

JobSummary summary(const stores::JobRecord& job, const jobs::Registry& registry) {
    JobSummary view;
    fill(view, job, registry);
    if (!job.error.empty())
        view.error = first_words(std::string_view(job.error).substr(0, job.error.find('\n')), preview_bytes);
    return view;
}

bool is_kept(std::string_view kind, const jobs::Registry& registry) {
    const jobs::Kind* const known = registry.find(kind);
    return known && known->is_kept();
}

JobView view(const stores::JobRecord& job, std::span<const stores::JobNote> notes,
             const jobs::Registry& registry) {
    JobView view;
    fill(view, job, registry);
    if (!job.error.empty()) view.error = job.error;
    view.lease = job.lease.value;
    view.args = kept_json(job.args);
    view.result = kept_json(job.result);
    view.checkpoint = kept_json(job.checkpoint);
    view.notes.reserve(notes.size());
    for (const stores::JobNote& note : notes)
        view.notes.push_back(
            {std::string(name_of(note.what)), to_iso8601(note.at), note.lease.value, note.text});
    return view;
}

boost::json::value kept_json(std::string_view text) {
    if (text.empty()) return nullptr;
    try {
        return parse_json(text);
    } catch (const Error&) {
        return boost::json::string(text);
    }
}

stores::NewJob new_job(const NewJobBody& body, const jobs::Registry& registry, std::string_view where) {
    const std::string at(where);
    if (body.kind.empty()) throw Error(Errc::invalid_argument, at + "\"kind\" is missing");
    stores::validate_name("kind", body.kind);
    const jobs::Kind* const kind = registry.find(body.kind);
    if (!kind) throw Error(Errc::invalid_argument, at + "there is no kind \"" + body.kind + "\" here");
    if (!body.args.is_object()) throw Error(Errc::invalid_argument, at + "\"args\" should be an object");
    std::string args = boost::json::serialize(body.args);
    if (const auto misfit = kind->misfit(args)) throw Error(Errc::invalid_argument, at + *misfit);

    jobs::InsertOptions options;
    options.queue = body.queue.value_or("");
    options.priority = body.priority;
    options.max_attempts = body.max_attempts;
    if (body.delay_ms) options.delay = duration(*body.delay_ms, at + "\"delay_ms\"");
    if (body.run_at) {
        options.run_at = parse_iso8601(*body.run_at);
        if (!options.run_at)
            throw Error(Errc::invalid_argument,
                        at + "\"run_at\" should be a time such as 2026-11-21T09:30:00Z, in UTC");
        if (body.delay_ms)
            throw Error(Errc::invalid_argument, at + "give \"delay_ms\" or \"run_at\", not both");
    }
    if (body.unique) {
        if (body.unique->key.empty()) throw Error(Errc::invalid_argument, at + "\"unique.key\" is empty");
        options.unique.key = body.unique->key;
        if (body.unique->period_ms)
            options.unique.period = duration(*body.unique->period_ms, at + "\"unique.period_ms\"");
    }
    options.tags = body.tags;
    stores::NewJob job = jobs::make_job(body.kind, std::move(args), kind->defaults, std::move(options));
    if (const jobs::Kind* const ours = kind->is_external ? registry.handled_in(job.queue) : nullptr)
        throw Error(Errc::invalid_argument,
                    at + "queue \"" + job.queue + "\" is this program's own: its kind \"" + ours->name +
                        "\" has a handler here, and jobs of kind \"" + job.kind +
                        "\" are done by workers elsewhere. Name a queue that only those take jobs from");
    return job;
}

namespace {

/// Whether there is a number in it that a double does not hold: written again, it would be no JSON.
bool has_infinite(const boost::json::value& value) {
    if (const double* const number = value.if_double()) return !std::isfinite(*number);
    if (const auto* const list = value.if_array()) return std::ranges::any_of(*list, has_infinite);
    if (const auto* const object = value.if_object())
        return std::ranges::any_of(*object, [](const auto& member) { return has_infinite(member.value()); });
    return false;
}

} // namespace

boost::json::value json_of(const Request& request) {
    if (request.body.empty()) return boost::json::object();
    const std::string type = request.content_type();
    if (!type.empty() && type != "application/json")
        throw Error(Errc::invalid_argument,
                    "The body should be JSON (Content-Type: application/json), not " + type);
    boost::json::value body = parse_json(request.body);
    if (has_infinite(body))
        throw Error(Errc::invalid_argument, "The body has a number that is too large; send it as text");
    return body;
}

std::chrono::milliseconds read_duration(std::string_view name, std::string_view text,
                                        std::chrono::milliseconds most) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const std::int64_t factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "min" ? 60'000 : 0;
    if (error != std::errc() || factor == 0 || number < 0 || number > most.count() / factor)
        throw Error(Errc::invalid_argument, std::string(name) +
                                                " should be a duration such as 500ms, 30s or 1min, at most " +
                                                to_text(most));
    return std::chrono::milliseconds(number * factor);
}

} // namespace offstage::web::jobs_api
