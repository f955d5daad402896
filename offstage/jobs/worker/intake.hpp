// The jobs on their way in: what is asked of the store, what waits in memory, what runs; per queue, a lane.
//
//   asked ──store──▶ buffered ──take()──▶ running ──finished()──▶
//                       └── give_back: it waited too long, or the worker stops
//
// How much is asked: a lane fills its free handlers, and beyond these claims ahead what its handlers, by
// their measured time, get through in `claim_ahead`, at most 1,000 jobs. It asks again when half of that is
// gone. What has waited ten times as long as it should is given back: somebody else may be faster.
//
// A suspect, a job whose worker died with it, is asked for only while nothing is held that could be blamed in
// its stead, and while it runs nothing is asked for, until it has ended or its checkpoint was written: then
// it is proven, and others may run beside it. After a rescue, and as long as a queue's answer is a suspect, a
// lane expects suspects: then nothing else is asked for before they have had their turn, or a steady load
// would keep them waiting for ever.
//
// Threads: all. take() blocks, for the handlers. Held by shared_ptr, which the store's answers share.
#pragma once

#include "offstage/jobs/worker/desk.hpp"
#include "offstage/jobs/worker/lane.hpp"
#include "offstage/jobs/worker/outcomes.hpp"
#include "offstage/jobs/worker/retry_pace.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sys/mutex.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage::jobs::detail {

class Intake : public std::enable_shared_from_this<Intake> {
public:
    Intake(std::shared_ptr<Desk> desk, std::shared_ptr<Outcomes> outcomes);

    /// Begins to ask.
    void open();
    /// Blocks until there is a job for this lane; none: it was closed, or a stop was requested.
    std::optional<stores::ClaimedJob> take(std::size_t lane, std::stop_token stop);
    /// The job that was taken is no longer run. `ran`: how long its handler took, where it ended by itself.
    void finished(std::size_t lane, const stores::ClaimedJob& job,
                  std::optional<std::chrono::nanoseconds> ran);
    /// A lane has one handler less, or has it again.
    void resize(std::size_t lane, int handlers);

    /// After a rescue: there may be suspects in every queue.
    void expect_suspects();
    /// A suspect's checkpoint was written. Called within the store's transaction.
    void proven(JobId id);
    /// Cancels a job that came with this lease and has not been taken. False: it is not here.
    bool cancel(JobId id, stores::Lease lease);

    /// Asks for what is wanted now, if it is the time.
    void ask();
    /// For the watch: asks, gives back what waits too long. May block for the store's withdraw.
    void look(SteadyTime now);
    /// For the watch, now and then: an idle worker's claim is to be one for suspects too. Blocks as look().
    void refresh();

    /// Asks for no more, ends all take(), gives back what is buffered, and answers how many those were.
    /// Blocks for the store's withdraw.
    std::int64_t close();
    /// Blocks until nothing runs; false: the deadline came first.
    bool wait_idle(Deadline deadline);
    int running() const;

private:
    struct Asking {
        stores::ClaimRequest request;
        std::vector<std::size_t> lanes;
    };
    std::optional<Asking> next_asking() OFFSTAGE_REQUIRES(mutex_);
    bool may_ask() OFFSTAGE_REQUIRES(mutex_);
    bool is_asking() const OFFSTAGE_REQUIRES(mutex_);
    bool holds_only_proven() const OFFSTAGE_REQUIRES(mutex_);
    bool has_room_for_suspects() const OFFSTAGE_REQUIRES(mutex_);
    bool must_withdraw() const OFFSTAGE_REQUIRES(mutex_);
    void send(std::optional<Asking> asking);
    void withdraw();
    void answered(const Asking& asking, std::vector<stores::ClaimedJob> jobs,
                  const std::exception_ptr& error);
    void arrived(const Asking& asking, std::vector<stores::ClaimedJob> jobs) OFFSTAGE_REQUIRES(mutex_);
    void give_back(const std::vector<stores::ClaimedJob>& jobs);

    const std::shared_ptr<Desk> desk_;
    const std::shared_ptr<Outcomes> outcomes_;
    mutable sys::Mutex mutex_; // taken before that of the outcomes
    Condition idle_;           // nothing runs
    Condition sent_;           // sending_ is 0
    std::vector<Lane> lanes_ OFFSTAGE_GUARDED_BY(mutex_);
    std::size_t running_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    int sending_ OFFSTAGE_GUARDED_BY(mutex_) =
        0; // claims that were decided and are not yet in the store's hands
    bool open_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    bool withdrawing_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    bool asks_for_suspects_ OFFSTAGE_GUARDED_BY(mutex_) = false; // the standing claim is one for suspects too
    JobId alone_ OFFSTAGE_GUARDED_BY(mutex_);                    // the suspect that runs alone
    std::vector<JobId> proven_ OFFSTAGE_GUARDED_BY(mutex_);      // suspects that run, with a new checkpoint
    RetryPace pace_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage::jobs::detail
