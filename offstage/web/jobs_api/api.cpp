#include "offstage/web/jobs_api/api.hpp"

#include "offstage/sys/clock.hpp"
#include "offstage/web/jobs_api/parts.hpp"

#include <algorithm>
#include <utility>

namespace offstage::web {
namespace jobs_api {
namespace {

/// The parts with their thread, for as long as a route is left that needs them.
struct Running {
    Running(stores::Store& store, const jobs::Registry& registry, JobsApiOptions options)
        : parts(store, registry, std::move(options)), clockwork(parts) {}
    Parts parts;
    Clockwork clockwork; // last: ends first
};

} // namespace

Parts::Parts(stores::Store& on, const jobs::Registry& kinds, JobsApiOptions given)
    : store(on), registry(kinds), options(std::move(given)), waits(store, registry, [this] { work.set(); }),
      events(options.max_watchers, [this] { work.set(); }), samples(store, options.samples),
      leases(
          store, registry, {.worker_timeout = options.worker_timeout, .max_workers = options.max_workers},
          [this] { work.set(); },
          [failed = options.on_error](std::exception_ptr error) {
              if (failed) failed(std::move(error));
          }),
      changes_(store.subscribe([this](std::span<const stores::JobChange> changes) {
          waits.changed(changes);
          events.changed(changes);
      })) {}

SteadyTime Parts::tick(SteadyTime now) {
    const SteadyTime sampled = sample(now);
    return std::min({sampled, waits.tick(now), events.tick(now), leases.tick(now)});
}

SteadyTime Parts::sample(SteadyTime now) {
    if (now < next_sample_) return next_sample_;
    next_sample_ = now + options.sample_every;
    try {
        if (const auto sample = samples.take(now)) events.stats(to_json(*sample));
    } catch (...) {
        if (options.on_error) options.on_error(std::current_exception());
    }
    return next_sample_;
}

Clockwork::Clockwork(Parts& parts)
    : thread_("jobs api", [&parts](const std::stop_token& stop) {
          SteadyTime next{};
          while (parts.work.wait(stop, next) != WaitStatus::stopped) {
              parts.work.clear();
              next = parts.tick(sys::steady_now());
          }
      }) {}

Router routes(const std::shared_ptr<Parts>& parts) {
    Router router;
    add_job_routes(router, parts);
    add_action_routes(router, parts);
    add_queue_routes(router, parts);
    add_lease_routes(router, parts);
    add_watch_routes(router, parts);
    return router;
}

} // namespace jobs_api

Router make_jobs_api(stores::Store& store, const jobs::Registry& registry, JobsApiOptions options) {
    const auto running = std::make_shared<jobs_api::Running>(store, registry, std::move(options));
    return jobs_api::routes({running, &running->parts});
}

} // namespace offstage::web
