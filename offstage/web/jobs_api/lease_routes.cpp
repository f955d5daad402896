// Leases: how workers in other programs take jobs and say what became of them.
#include "offstage/sys/clock.hpp"
#include "offstage/web/jobs_api/job_json.hpp"
#include "offstage/web/jobs_api/parts.hpp"
#include "offstage/web/problem.hpp"

#include <algorithm>
#include <utility>

namespace offstage::web::jobs_api {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t max_wait_ms = 60'000;
constexpr std::size_t max_queues = 20;
constexpr std::size_t max_answer_body = std::size_t{4} << 20; // a checkpoint or result of 1 MiB, escaped

struct ClaimBody {
    std::string worker;
    std::vector<std::string> queues;
    int max = 1;
    std::int64_t wait_ms = 0;
};
BOOST_DESCRIBE_STRUCT(ClaimBody, (), (worker, queues, max, wait_ms))

struct AckBody {
    std::optional<boost::json::value> result;
};
BOOST_DESCRIBE_STRUCT(AckBody, (), (result))

struct FailBody {
    std::string error; ///< the first line says what, further ones may be a trace
    bool discard = false;
};
BOOST_DESCRIBE_STRUCT(FailBody, (), (error, discard))

struct SnoozeBody {
    std::int64_t delay_ms = 0;
};
BOOST_DESCRIBE_STRUCT(SnoozeBody, (), (delay_ms))

struct NothingBody {};
BOOST_DESCRIBE_STRUCT(NothingBody, (), ())

struct ProgressBody {
    std::optional<std::int64_t> done;
    std::int64_t total = 0;
    std::vector<std::string> log;
    std::optional<boost::json::value> checkpoint;
};
BOOST_DESCRIBE_STRUCT(ProgressBody, (), (done, total, log, checkpoint))

std::string bounded_json(const boost::json::value& value, const char* name) {
    std::string text = boost::json::serialize(value);
    if (text.size() > stores::max_payload_bytes)
        throw Error(Errc::too_large,
                    std::string("\"") + name + "\" has " + std::to_string(text.size()) +
                        " bytes, at most 1 MiB is kept; store the data elsewhere and give its id");
    return text;
}

Response claim(Parts& parts, const Request& request) {
    const auto body = read_body<ClaimBody>(request);
    stores::validate_name("worker", body.worker);
    if (body.queues.empty() || body.queues.size() > max_queues)
        throw Error(Errc::invalid_argument, "\"queues\" should name 1 to 20 queues");
    if (body.max < 1 || body.max > Leases::max_jobs)
        throw Error(Errc::invalid_argument, "\"max\" should be from 1 to 100");
    if (body.wait_ms < 0 || body.wait_ms > max_wait_ms)
        throw Error(Errc::invalid_argument, "\"wait_ms\" should be from 0 to 60000");
    Leases::Ask ask{.worker = body.worker,
                    .shares = {},
                    .max = body.max,
                    .until = sys::steady_now() + std::chrono::milliseconds(body.wait_ms)};
    for (const std::string& queue : body.queues) {
        stores::validate_name("queue", queue);
        if (const jobs::Kind* const ours = parts.registry.handled_in(queue))
            return problem(403, "queue_not_open",
                           "Queue \"" + queue + "\" is this program's own: its kind \"" + ours->name +
                               "\" has a handler here. Give the kinds that other programs do a queue of "
                               "their own, and take jobs from that one");
        ask.shares.push_back({queue, body.max});
    }
    auto later = parts.leases.claim(std::move(ask));
    if (!later)
        return problem(503, "too_many_workers", "Too many workers are known here; come back later")
            .with("Retry-After", "30");
    return Response::deferred(std::move(later));
}

Response ack(Parts& parts, const Request& request) {
    const auto body = read_body<AckBody>(request);
    parts.leases.end(request.param("lease"),
                     body.result ? bounded_json(*body.result, "result") : std::string());
    return Response::empty();
}

Response fail(Parts& parts, const Request& request) {
    auto body = read_body<FailBody>(request);
    if (body.error.empty()) body.error = "its worker said no more";
    if (body.discard)
        parts.leases.end(request.param("lease"), jobs::discard(std::move(body.error)));
    else
        parts.leases.fail(request.param("lease"), std::move(body.error));
    return Response::empty();
}

Response snooze(Parts& parts, const Request& request) {
    const auto body = read_body<SnoozeBody>(request);
    constexpr std::int64_t year_ms = 366LL * 24 * 3600 * 1000;
    if (body.delay_ms < 0 || body.delay_ms > year_ms)
        throw Error(Errc::invalid_argument, "\"delay_ms\" should be from 0 to a year");
    parts.leases.end(request.param("lease"), jobs::snooze(std::chrono::milliseconds(body.delay_ms)));
    return Response::empty();
}

Response release(Parts& parts, const Request& request) {
    read_body<NothingBody>(request);
    parts.leases.release(request.param("lease"));
    return Response::empty();
}

Response heartbeat(Parts& parts, const Request& request) {
    read_body<NothingBody>(request);
    return json_response(200, parts.leases.heartbeat(request.param("lease")));
}

Response progress(Parts& parts, const Request& request) {
    auto body = read_body<ProgressBody>(request);
    const std::string& lease = request.param("lease");
    if (body.log.size() > static_cast<std::size_t>(stores::max_log_lines))
        throw Error(Errc::too_large, "\"log\" has more than 1,000 lines");
    if (body.done.value_or(0) < 0 || body.total < 0)
        throw Error(Errc::invalid_argument, "\"done\" and \"total\" should not be negative");
    if (body.checkpoint) parts.leases.checkpoint(lease, bounded_json(*body.checkpoint, "checkpoint"));
    std::optional<std::pair<std::int64_t, std::int64_t>> done;
    if (body.done) done.emplace(*body.done, body.total);
    return json_response(200, parts.leases.report(lease, done, std::move(body.log)));
}

} // namespace

void add_lease_routes(Router& router, const std::shared_ptr<Parts>& parts) {
    using Handle = Response (*)(Parts&, const Request&);
    const auto post = [&](std::string_view pattern, Handle handle) {
        router.post(pattern, [parts, handle](const Request& request) { return handle(*parts, request); },
                    {.max_body = max_answer_body, .role = Role::work});
    };
    post("/v1/leases", claim);
    post("/v1/leases/{lease}/ack", ack);
    post("/v1/leases/{lease}/fail", fail);
    post("/v1/leases/{lease}/snooze", snooze);
    post("/v1/leases/{lease}/release", release);
    post("/v1/leases/{lease}/heartbeat", heartbeat);
    post("/v1/leases/{lease}/progress", progress);
}

} // namespace offstage::web::jobs_api
