// Queues, workers and kinds: who does what, and how much of it there is.
#include "offstage/web/jobs_api/filter.hpp"
#include "offstage/web/jobs_api/job_json.hpp"
#include "offstage/web/jobs_api/parts.hpp"

#include <algorithm>
#include <chrono>

namespace offstage::web::jobs_api {
namespace {

struct QueueView {
    std::string name;
    bool paused = false;
    std::int64_t scheduled = 0, ready = 0, running = 0, waiting = 0, done = 0, failed = 0, cancelled = 0;
};
BOOST_DESCRIBE_STRUCT(QueueView, (),
                      (name, paused, scheduled, ready, running, waiting, done, failed, cancelled))

struct QueuesView {
    std::vector<QueueView> queues;
};
BOOST_DESCRIBE_STRUCT(QueuesView, (), (queues))

struct PausedView {
    std::string name;
    bool paused = false;
};
BOOST_DESCRIBE_STRUCT(PausedView, (), (name, paused))

struct WorkerView {
    std::int64_t id = 0;
    std::string name;
    std::string started_at;
    std::string heartbeat_at;
    std::int64_t running = 0;
};
BOOST_DESCRIBE_STRUCT(WorkerView, (), (id, name, started_at, heartbeat_at, running))

struct WorkersView {
    std::vector<WorkerView> workers;
};
BOOST_DESCRIBE_STRUCT(WorkersView, (), (workers))

struct KindView {
    std::string name;
    bool over_http = false;
    std::string queue;
    std::optional<std::int64_t> timeout_ms;
};
BOOST_DESCRIBE_STRUCT(KindView, (), (name, over_http, queue, timeout_ms))

struct KindsView {
    std::vector<KindView> kinds;
};
BOOST_DESCRIBE_STRUCT(KindsView, (), (kinds))

Response queues(Parts& parts) {
    QueuesView view;
    for (const stores::QueueCounts& queue : parts.store.queues())
        view.queues.push_back({queue.queue, queue.paused, queue.scheduled, queue.ready, queue.running,
                               queue.waiting, queue.done, queue.failed, queue.cancelled});
    return json_response(200, view);
}

/// Some kind has it for its own, or a job was put into it.
bool is_known(Parts& parts, const std::string& queue) {
    return std::ranges::any_of(parts.registry.kinds(),
                               [&](const auto* kind) { return kind->queue() == queue; }) ||
           std::ranges::any_of(parts.store.queues(), [&](const auto& one) { return one.queue == queue; });
}

Response set_paused(Parts& parts, const Request& request, bool paused) {
    const std::string& name = request.param("name");
    if (!is_known(parts, name))
        throw Error(Errc::not_found, "There is no queue \"" + name.substr(0, 200) +
                                         "\": no kind has it and no job was put into it");
    parts.store.set_paused(name, paused);
    return json_response(200, PausedView{name, paused});
}

Response workers(Parts& parts) {
    WorkersView view;
    for (const stores::WorkerRecord& worker : parts.store.workers())
        view.workers.push_back({worker.id.value, worker.name, to_iso8601(worker.started_at),
                                to_iso8601(worker.heartbeat_at), worker.running});
    return json_response(200, view);
}

Response kinds(Parts& parts) {
    KindsView view;
    for (const jobs::Kind* const kind : parts.registry.kinds()) {
        KindView& shown = view.kinds.emplace_back();
        shown.name = kind->name;
        shown.over_http = kind->options.over_http;
        shown.queue = kind->queue();
        if (kind->options.timeout.count() > 0)
            shown.timeout_ms = std::chrono::ceil<std::chrono::milliseconds>(kind->options.timeout).count();
    }
    return json_response(200, view);
}

} // namespace

void add_queue_routes(Router& router, const std::shared_ptr<Parts>& parts) {
    const auto list = [&](std::string_view pattern, Response (*handle)(Parts&)) {
        router.get(pattern, [parts, handle](const Request& request) {
            refuse_unknown(request.query);
            return handle(*parts);
        });
    };
    list("/v1/queues", queues);
    list("/v1/workers", workers);
    list("/v1/kinds", kinds);
    router.post("/v1/queues/{name}/pause",
                [parts](const Request& request) { return set_paused(*parts, request, true); });
    router.post("/v1/queues/{name}/resume",
                [parts](const Request& request) { return set_paused(*parts, request, false); });
}

} // namespace offstage::web::jobs_api
