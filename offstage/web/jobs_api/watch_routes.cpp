// Looking on: events, statistics, metrics, health, and the description of it all.
#include "offstage/base/json.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/jobs_api/job_json.hpp"
#include "offstage/web/jobs_api/parts.hpp"
#include "offstage/web/jobs_api/prometheus.hpp"
#include "offstage/web/problem.hpp"

#include "offstage_web_jobs_api_assets.hpp"

#include <chrono>

namespace offstage::web::jobs_api {
namespace {

constexpr auto ready_within = std::chrono::seconds(2);

struct StatsView {
    std::int64_t interval_ms = 0;
    std::vector<SampleView> samples;
};
BOOST_DESCRIBE_STRUCT(StatsView, (), (interval_ms, samples))

Response stats(Parts& parts) {
    return json_response(200, StatsView{parts.options.sample_every.count(), parts.samples.all()});
}

void write_counts(Prometheus& text, std::span<const stores::QueueCounts> queues) {
    text.family("offstage_jobs", "gauge", "Jobs by queue and state.");
    for (const auto& queue : queues) {
        const std::pair<std::string_view, std::int64_t> states[] = {
            {"scheduled", queue.scheduled}, {"ready", queue.ready}, {"running", queue.running},
            {"waiting", queue.waiting},     {"done", queue.done},   {"failed", queue.failed},
            {"cancelled", queue.cancelled}};
        for (const auto& [state, count] : states)
            text.sample({{"queue", queue.queue}, {"state", state}}, count);
    }
    text.family("offstage_queue_paused", "gauge", "1 where a queue is paused.");
    for (const auto& queue : queues) text.sample({{"queue", queue.queue}}, queue.paused ? 1 : 0);
}

void write_totals(Prometheus& text, std::span<const stores::QueueTotals> queues) {
    text.family("offstage_jobs_enqueued_total", "counter",
                "Jobs that were put in, since this process began.");
    for (const auto& queue : queues) text.sample({{"queue", queue.queue}}, queue.enqueued);
    text.family("offstage_jobs_ended_total", "counter", "Jobs that ended.");
    for (const auto& queue : queues) {
        text.sample({{"queue", queue.queue}, {"state", "done"}}, queue.done);
        text.sample({{"queue", queue.queue}, {"state", "failed"}}, queue.failed);
        text.sample({{"queue", queue.queue}, {"state", "cancelled"}}, queue.cancelled);
    }
    text.family("offstage_job_retries_total", "counter", "Attempts that failed and are tried again.");
    for (const auto& queue : queues) text.sample({{"queue", queue.queue}}, queue.retried);
    text.family("offstage_job_wait_seconds", "histogram", "From when a job was ready to its start.");
    for (const auto& queue : queues) text.durations({{"queue", queue.queue}}, queue.waited);
    text.family("offstage_job_run_seconds", "histogram", "From a job's start to the end of that attempt.");
    for (const auto& queue : queues) text.durations({{"queue", queue.queue}}, queue.ran);
}

Response metrics(Parts& parts) {
    Prometheus text;
    write_counts(text, parts.store.queues());
    write_totals(text, parts.store.totals());
    text.family("offstage_workers", "gauge", "Workers that are known.");
    text.sample({}, static_cast<std::int64_t>(parts.store.workers().size()));
    text.family("offstage_watchers", "gauge", "Clients of the event stream.");
    text.sample({}, static_cast<std::int64_t>(parts.events.clients()));
    return Response::text(200, text.text(), "text/plain; version=0.0.4; charset=utf-8")
        .with("Cache-Control", "no-store");
}

/// 200 while the store answers.
Response ready(Parts& parts, const Request& request) {
    try {
        parts.store.read([](stores::Session& session) { session.query("select 1").next(); }, request.stop,
                         sys::deadline_after(ready_within));
    } catch (const Error& error) {
        return problem(503, "not_ready", std::string("The store does not answer: ") + error.what());
    }
    return Response::text(200, "ready\n").with("Cache-Control", "no-store");
}

} // namespace

void add_watch_routes(Router& router, const std::shared_ptr<Parts>& parts) {
    router.get("/v1/events", [parts](const Request&) { return parts->events.open(); });
    router.get("/v1/stats", [parts](const Request&) { return stats(*parts); });
    router.get("/metrics", [parts](const Request&) { return metrics(*parts); });
    router.get(
        "/healthz",
        [](const Request&) { return Response::text(200, "alive\n").with("Cache-Control", "no-store"); },
        {.role = Role::anyone});
    router.get("/readyz", [parts](const Request& request) { return ready(*parts, request); },
               {.role = Role::anyone});
    router.get("/v1/openapi.json",
               [](const Request&) { return Response::json(200, std::string(assets().front().content)); });
}

} // namespace offstage::web::jobs_api
