// The handler threads: each takes a job of its lane, runs its handler, hands the outcome on, and takes the
// next. And what the watch does about them: timeouts, cancels, reports.
//
//   take ── run ──▶ ended by itself ──▶ outcome
//            │ timeout: asked to stop
//            │ grace is over: its outcome is written for it, it is left behind, a new thread takes the seat's
//            ▼ lane (up to max_hung)
//          late ──▶ its outcome, too, goes to the store, which refuses it; the thread ends
//
// This is the one place where exceptions of handlers are caught. Threads: all. Held by shared_ptr, which its
// threads share: those that were left behind outlive the worker.
#pragma once

#include "offstage/executor/runtime.hpp"
#include "offstage/jobs/worker/desk.hpp"
#include "offstage/jobs/worker/intake.hpp"
#include "offstage/jobs/worker/outcomes.hpp"
#include "offstage/jobs/worker/seat.hpp"
#include "offstage/sys/mutex.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace offstage::jobs::detail {

class Crew : public std::enable_shared_from_this<Crew> {
public:
    Crew(std::shared_ptr<Desk> desk, std::shared_ptr<Outcomes> outcomes, std::shared_ptr<Intake> intake,
         Runtime& runtime);

    /// A thread for each handler of each queue. Throws Error(full | closed).
    void start();

    /// Somebody asked to cancel these jobs, in the runs of these leases. Never blocks; the watch does it.
    void cancel(std::span<const stores::JobChange> requests);
    /// For the watch.
    void look(SteadyTime now);

    /// Begins no job any more and asks those that run to stop.
    void ask_to_stop();
    /// Gives back what still runs and leaves it behind.
    void leave_all_behind();
    /// What runs: "import_books 42, since 31 s".
    std::vector<std::string> running();
    /// The same of those that were left behind.
    std::vector<std::string> left();
    /// Blocks until the threads that were not left behind have ended. REQUIRES: the intake is closed.
    void join();

private:
    /// A run whose outcome was written for it.
    struct Left {
        std::size_t lane;
        stores::ClaimedJob job;
        Outcomes::Entry entry;
        std::optional<stores::Report> last_report;
        std::chrono::nanoseconds ran;
        bool replaced;
    };
    /// What one look found to be done, once no mutex is held: for stop callbacks and listeners are others'
    /// code.
    struct Findings {
        std::vector<std::stop_source> to_stop;
        std::vector<std::pair<stores::ClaimedJob, std::chrono::nanoseconds>> timed_out;
        std::vector<stores::Report> reports;
        std::vector<Left> left;
    };

    void hire(std::size_t lane);
    void work(const std::shared_ptr<Seat>& seat, const std::stop_token& stop);
    bool run(const std::shared_ptr<Seat>& seat, stores::ClaimedJob job);
    bool begin(Seat& seat, Run& run);
    bool end(Seat& seat);
    bool came_back(const std::shared_ptr<Seat>& seat, stores::Outcome outcome);
    void cancel_buffered(SteadyTime now);
    void look(const std::shared_ptr<Seat>& seat, SteadyTime now, Findings& findings)
        OFFSTAGE_REQUIRES(mutex_);
    Left leave(const std::shared_ptr<Seat>& seat, SteadyTime now) OFFSTAGE_REQUIRES(mutex_, seat->mutex);
    void hand_in(Left left);

    const std::shared_ptr<Desk> desk_;
    const std::shared_ptr<Outcomes> outcomes_;
    const std::shared_ptr<Intake> intake_;
    Runtime& runtime_; // not used by threads that are left behind

    std::atomic<bool> stopping_{false}; // read under a seat's mutex after its run is set, set before the runs
                                        // are looked through under the same: so no run is overlooked
    std::atomic<bool> has_cancels_{false}; // read and set likewise
    sys::Mutex mutex_;                     // taken before a seat's
    struct Cancel { // of a run that is not found yet; a later run of the job is none of its business
        JobId job;
        stores::Lease lease;
        SteadyTime until;
        bool operator==(const Cancel&) const = default;
    };
    std::vector<Cancel> cancels_ OFFSTAGE_GUARDED_BY(mutex_);
    struct Hired {
        std::shared_ptr<Seat> seat;
        Background thread;
    };
    std::vector<Hired> hired_ OFFSTAGE_GUARDED_BY(mutex_);                // without those that were replaced
    std::vector<std::shared_ptr<Seat>> left_ OFFSTAGE_GUARDED_BY(mutex_); // behind, and still running
    int hirings_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
};

} // namespace offstage::jobs::detail
