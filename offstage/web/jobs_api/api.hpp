// The jobs API: what a program, a page or a worker in another language asks over HTTP about the jobs of a
// store. openapi.json beside it describes every route; the server gives it out at /v1/openapi.json.
//
//   web::Router router;
//   router.mount("/offstage", web::make_jobs_api(store, registry));
//
//   POST /v1/jobs (one or many; Idempotency-Key)    GET /v1/jobs[/{id}?wait=30s]
//   POST /v1/jobs[/{id}]/cancel|retry|run|delete    (one; several ids; or all that a filter finds)
//   GET  /v1/queues   POST /v1/queues/{name}/pause|resume   GET /v1/workers   GET /v1/kinds
//   POST /v1/leases   POST /v1/leases/{lease}/ack|fail|snooze|release|heartbeat|progress
//   GET  /v1/events   GET /v1/stats   GET /metrics   GET /healthz   GET /readyz
//
// A kind can be enqueued only where its registration says so (KindOptions::over_http), and no argument is
// ever a path. Errors are problem documents (problem.hpp). What waits (a job's end, a lease, an event) holds
// no thread. One thread of its own tells events, takes samples and looks after leases while the router lives.
#pragma once

#include "offstage/jobs/registry.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/web/router.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>

namespace offstage::web {

struct JobsApiOptions {
    std::chrono::milliseconds sample_every{2000};     ///< between two samples of rates and latencies
    std::size_t samples = 900;                        ///< kept: half an hour of them
    std::chrono::milliseconds worker_timeout{30'000}; ///< a worker over HTTP that is silent so long is dead
    std::size_t max_workers = 1000;                   ///< over HTTP, known at once; more get 503
    std::size_t max_watchers = 400;                   ///< clients of /v1/events at once; more get 503
    /// Hears what the store throws at its own thread. Called there; must not block or throw.
    std::function<void(std::exception_ptr)> on_error = {};
};

/// The routes. Throws what the store does.
/// REQUIRES: `store` and `registry` outlive the router.
Router make_jobs_api(stores::Store& store, const jobs::Registry& registry, JobsApiOptions options = {});

} // namespace offstage::web
