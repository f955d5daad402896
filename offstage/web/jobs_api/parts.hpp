// What the handlers of the jobs API share, and the thread that does what is due.
//
//   Parts       the store, the registry, and what waits, tells and samples on them; cranked by tick()
//   Clockwork   a thread that cranks; tests crank by hand instead
//
// Threads: handlers call the members, which say who may call them; tick() by one at a time.
#pragma once

#include "offstage/stores/store.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/web/jobs_api/api.hpp"
#include "offstage/web/jobs_api/events.hpp"
#include "offstage/web/jobs_api/leases.hpp"
#include "offstage/web/jobs_api/samples.hpp"
#include "offstage/web/jobs_api/waits.hpp"

#include <memory>

namespace offstage::web::jobs_api {

struct Parts {
    Parts(stores::Store& store, const jobs::Registry& registry, JobsApiOptions options);

    /// Does what is due by then; says when it wants to be called again at the latest. Sooner, when `work` is
    /// set.
    SteadyTime tick(SteadyTime now);

    stores::Store& store;
    const jobs::Registry& registry;
    const JobsApiOptions options;
    Event work; ///< a tick has something to do
    Waits waits;
    Events events;
    Samples samples;
    Leases leases;

private:
    SteadyTime sample(SteadyTime now);

    SteadyTime next_sample_{};
    std::unique_ptr<stores::Subscription> changes_; // last: no change comes once it has gone
};

class Clockwork {
public:
    explicit Clockwork(Parts& parts);

private:
    sys::Thread thread_;
};

// The routes, by what they are about.
void add_job_routes(Router& router, const std::shared_ptr<Parts>& parts);
void add_action_routes(Router& router, const std::shared_ptr<Parts>& parts);
void add_queue_routes(Router& router, const std::shared_ptr<Parts>& parts);
void add_lease_routes(Router& router, const std::shared_ptr<Parts>& parts);
void add_watch_routes(Router& router, const std::shared_ptr<Parts>& parts);
/// All of them. The parts are shared by the handlers.
Router routes(const std::shared_ptr<Parts>& parts);

} // namespace offstage::web::jobs_api
