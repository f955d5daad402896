// The shapes in which the jobs API speaks: what a record of the store looks like as JSON, and how a request's
// JSON becomes what the store takes. openapi.json describes the same shapes; a test holds the two together.
//
//   JobSummary   a line of a list: payloads left out, the first words of arguments and error kept
//   JobView      one job whole, with its notes
//   NewJobBody   what POST /v1/jobs takes for each job
//   read_body    a request's JSON as a described struct, unknown fields refused
//
// Times are ISO 8601 in UTC, durations whole milliseconds with the suffix _ms, an absent value is null.
// Values and functions of their arguments; thread-safe.
#pragma once

#include "offstage/base/json.hpp"
#include "offstage/jobs/registry.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/web/request.hpp"
#include "offstage/web/response.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::web::jobs_api {

struct ProgressView {
    std::int64_t done = 0;
    std::int64_t total = 0; ///< 0: unknown
};
BOOST_DESCRIBE_STRUCT(ProgressView, (), (done, total))

struct JobSummary {
    std::int64_t id = 0;
    std::string kind;
    std::string queue;
    std::string state;
    int priority = 0;
    int attempt = 0;
    int errors = 0;
    int crashes = 0;
    int max_attempts = 0;
    bool kept = false; ///< nobody may delete it: its program looks it up
    std::string created_at;
    std::string run_at;
    std::optional<std::string> started_at;
    std::optional<std::string> ended_at;
    std::optional<std::string> cancel_requested_at;
    std::int64_t worker = 0; ///< the last holder; 0: none yet
    std::optional<ProgressView> progress;
    std::vector<std::string> tags;
    std::string preview;              ///< the first words of the arguments
    std::optional<std::string> error; ///< of a summary: its first line
};
BOOST_DESCRIBE_STRUCT(JobSummary, (),
                      (id, kind, queue, state, priority, attempt, errors, crashes, max_attempts, kept,
                       created_at, run_at, started_at, ended_at, cancel_requested_at, worker, progress, tags,
                       preview, error))

struct NoteView {
    std::string what; ///< "error", "crash", "log"
    std::string at;
    std::int64_t lease = 0;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(NoteView, (), (what, at, lease, text))

struct JobView : JobSummary {
    std::int64_t lease = 0;
    boost::json::value args;
    boost::json::value result;
    boost::json::value checkpoint;
    std::vector<NoteView> notes;
};
BOOST_DESCRIBE_STRUCT(JobView, (JobSummary), (lease, args, result, checkpoint, notes))

struct UniqueBody {
    std::string key;
    std::optional<std::int64_t> period_ms;
};
BOOST_DESCRIBE_STRUCT(UniqueBody, (), (key, period_ms))

struct NewJobBody {
    std::string kind;
    boost::json::value args = boost::json::object();
    std::optional<std::string> queue;
    std::optional<int> priority;
    std::optional<int> max_attempts;
    std::optional<std::int64_t> delay_ms;
    std::optional<std::string> run_at;
    std::optional<UniqueBody> unique;
    std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(NewJobBody, (),
                      (kind, args, queue, priority, max_attempts, delay_ms, run_at, unique, tags))

/// So many bytes of arguments and error a summary is made from.
inline constexpr std::size_t preview_bytes = 200;

JobSummary summary(const stores::JobRecord& job, const jobs::Registry& registry);
JobView view(const stores::JobRecord& job, std::span<const stores::JobNote> notes,
             const jobs::Registry& registry);
/// Whether its program looks jobs of this kind up for ever (Kind::is_kept).
bool is_kept(std::string_view kind, const jobs::Registry& registry);

/// JSON text that was kept, as a value; null where there is none, a text where it is no JSON (a driver's
/// preview may be cut).
boost::json::value kept_json(std::string_view text);

/// What the store takes for a body. Throws Error(invalid_argument) for an unknown kind and for what does not
/// fit; `where` is how the sentence begins. Whether the kind is open to HTTP is for the caller to see.
stores::NewJob new_job(const NewJobBody& body, const jobs::Registry& registry, std::string_view where);

/// A JSON object as a T. Throws Error(invalid_argument) naming the path; a field that T has not is refused,
/// for a misspelt option that is passed over would be worse than an error.
template <class T>
T read_object(const boost::json::value& json) {
    if (const auto* object = json.if_object())
        for (const auto& [key, value] : *object) {
            bool known = false;
            using Members = boost::describe::describe_members<T, boost::describe::mod_any_access |
                                                                     boost::describe::mod_inherited>;
            boost::mp11::mp_for_each<Members>([&](auto member) { known = known || key == member.name; });
            if (!known)
                throw Error(Errc::invalid_argument, "There is no field \"" + std::string(key) + "\" here");
        }
    return from_json_value<T>(json);
}

/// A request's body as JSON; an empty one is an empty object. Throws Error(invalid_argument).
boost::json::value json_of(const Request& request);

template <class T>
T read_body(const Request& request) {
    return read_object<T>(json_of(request));
}

template <class T>
Response json_response(int status, const T& value) {
    return Response::json(status, to_json(value)).with("Cache-Control", "no-store");
}

/// "30s", "500ms", "2min" as milliseconds. Throws Error(invalid_argument) for anything else, and past `most`.
std::chrono::milliseconds read_duration(std::string_view name, std::string_view text,
                                        std::chrono::milliseconds most);

} // namespace offstage::web::jobs_api
