// Workers in other programs and languages: they ask for jobs over HTTP, hold them by leases, and say what
// became of them. The policy is that of our own workers (jobs/worker/verdict.hpp): backoff, attempts, keep.
//
//   asked ──▶ held ──ack, fail, snooze, release──▶ (told to the store, under its lease)
//     │         ├── its kind's timeout passed ───▶ an error: tried again
//     │         └── its worker was not heard ────▶ rescued, as after a crash
//     └── time up, or the client has gone: nothing was held; what came too late is given back
//
// Only jobs that no handler of this program runs are given out. Where one of another kind lies in a queue
// that was asked for, it is set aside for a minute, its attempts not counted, so that it neither is taken
// again at once nor stands before the others; a worker of this program that serves that queue takes it then.
//
// A worker is known by the name it gives; each thing it says about any of its leases tells that it lives. One
// that is silent for `worker_timeout` is dead: the store takes back what it held. A lease is told as
// "job-lease"; only what was given out here is heard, so that nobody can end the jobs of our own workers. On
// destruction all that is held is given back, not counted as a crash; a late answer is refused.
//
// Threads: all but tick() by any, the answers about leases block for their commit; tick() by one at a time.
#pragma once

#include "offstage/base/json.hpp"
#include "offstage/jobs/registry.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/web/deferred.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage::web::jobs_api {

struct LeaseView {
    std::string lease; ///< names it from now on
    std::int64_t id = 0;
    std::string kind;
    std::string queue;
    boost::json::value args;
    boost::json::value checkpoint;
    int attempt = 0;
    int errors = 0;
    int max_attempts = 0;
    std::optional<std::int64_t> timeout_ms; ///< by when it has to be answered; null: no limit
};
BOOST_DESCRIBE_STRUCT(LeaseView, (),
                      (lease, id, kind, queue, args, checkpoint, attempt, errors, max_attempts, timeout_ms))

struct LeasesView {
    std::vector<LeaseView> jobs;
    std::int64_t heartbeat_ms = 0; ///< a worker that holds something should be heard this often
};
BOOST_DESCRIBE_STRUCT(LeasesView, (), (jobs, heartbeat_ms))

struct HeartbeatView {
    bool cancel_requested = false; ///< somebody wants this job to end
};
BOOST_DESCRIBE_STRUCT(HeartbeatView, (), (cancel_requested))

struct LeaseOptions {
    std::chrono::milliseconds worker_timeout{30'000};
    std::size_t max_workers = 1000; ///< known at once
};

class Leases {
public:
    static constexpr int max_jobs = 100; ///< of one claim

    struct Ask {
        std::string worker;
        std::vector<stores::ClaimRequest::Share> shares;
        int max = 1;
        SteadyTime until;
    };

    /// `wake` asks for a tick soon, `failed` hears what the store throws at a tick; neither may block.
    Leases(stores::Store& store, const jobs::Registry& registry, LeaseOptions options,
           std::function<void()> wake, std::function<void(std::exception_ptr)> failed);
    ~Leases();
    Leases(const Leases&) = delete;
    Leases& operator=(const Leases&) = delete;

    /// The answer that will tell LeasesView, with no jobs when the time was up; null when there are too many
    /// workers. Throws what the store does.
    std::shared_ptr<Deferred> claim(Ask ask);

    // What the holder of a lease says. Each throws Error(lease_lost) when it is not held any more.
    void end(std::string_view lease, jobs::Ending ending);
    void fail(std::string_view lease, std::string error);
    void release(std::string_view lease);
    HeartbeatView heartbeat(std::string_view lease);
    HeartbeatView report(std::string_view lease,
                         std::optional<std::pair<std::int64_t, std::int64_t>> progress,
                         std::vector<std::string> log);
    void checkpoint(std::string_view lease, std::string_view data);

    std::size_t workers() const;
    /// Does what is due; says when it wants to be called again at the latest.
    SteadyTime tick(SteadyTime now);

private:
    struct Worker {
        stores::WorkerId id;
        SteadyTime heard;
        SteadyTime told; ///< when the store last heard of it
        std::size_t held = 0;
        std::size_t polls = 0;
    };
    struct Held {
        stores::ClaimedJob job; // without its payloads
        std::string worker;
        SteadyTime deadline;
    };
    using Gone = std::stop_callback<std::function<void()>>;
    struct Poll {
        std::string worker;
        stores::WorkerId id;
        SteadyTime until;
        std::shared_ptr<Deferred> later; // shared with the server, which sends it
        stores::ClaimRequest request;    // as the store was asked
        std::unique_ptr<Gone> gone = {};
        bool withdrawn = false;
    };
    struct Arrival {
        std::uint64_t poll;
        std::vector<stores::ClaimedJob> jobs;
        std::exception_ptr error;
    };

    /// Outcomes of our own, until the store has them.
    struct Pending {
        sys::Mutex mutex;
        std::vector<stores::Outcome> outcomes OFFSTAGE_GUARDED_BY(mutex);
        void add(std::vector<stores::Outcome> more);
        std::vector<stores::Outcome> take();
        bool empty();
    };

    stores::WorkerId worker(const std::string& name);
    Held heard(std::string_view lease);
    void settle(const Held& held, stores::Outcome outcome);
    void forget(const stores::JobId& id, stores::Lease lease) OFFSTAGE_REQUIRES(mutex_);

    void ask_store(std::uint64_t poll, stores::ClaimRequest request);
    void set_aside_ours(Arrival& arrival);
    bool stand_again(std::uint64_t poll, SteadyTime now);
    void answer(Arrival arrival, SteadyTime now);
    void withdraw_late(SteadyTime now);
    void end_overdue(SteadyTime now);
    void tell_and_remove_workers(SteadyTime now);
    void acknowledge_pending();
    SteadyTime next(SteadyTime now) const;

    stores::Store& store_;
    const jobs::Registry& registry_;
    const LeaseOptions options_;
    const std::function<void()> wake_;
    const std::function<void(std::exception_ptr)> failed_;

    mutable sys::Mutex mutex_;
    std::map<std::string, Worker> workers_ OFFSTAGE_GUARDED_BY(mutex_);
    std::map<stores::JobId, Held> held_ OFFSTAGE_GUARDED_BY(mutex_);
    std::map<std::uint64_t, Poll> polls_ OFFSTAGE_GUARDED_BY(mutex_);
    std::uint64_t last_poll_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    std::vector<Arrival> arrivals_ OFFSTAGE_GUARDED_BY(mutex_);
    const std::shared_ptr<Pending> pending_ =
        std::make_shared<Pending>(); // the store's callbacks may outlive us
};

} // namespace offstage::web::jobs_api
