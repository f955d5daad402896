// The store: where jobs are kept, and the seam that every driver implements (sqlite/ now, others beside it).
//
// A store keeps and gives out; it holds no policy: backoff, timeouts, what a failure means are decided in
// jobs/. What it promises is in the conformance suite (conformance/), each test named after the sentence it
// proves. The main ones:
//
//   - What was answered is on disk. A call that throws changed nothing, or says that it cannot know.
//   - A job is given to one holder at a time. Each claim gives a larger lease; an older one is refused
//   everywhere.
//   - A transaction's rows, enqueues, checkpoint and completion are all there or none is.
//   - The store's clock decides when a job is due. Claims take by priority (smaller first), then run_at, then
//   id.
//   - Counts are kept, never counted.
//
// Threads: every call may be made from any thread at any time. The callbacks of `claim`, `acknowledge`,
// `transact_async` and `subscribe` run on a thread of the store's own, after the commit: they must be short,
// must not throw and must not call a blocking function of the store. A store outlives every worker, client
// and subscription made on it. Every blocking call ends early when `stop` is requested or `deadline` passes
// while it has not been begun, with Error(stopped | timed_out) and nothing changed; what has been begun is
// waited for, for it may have been committed.
#pragma once

#include "offstage/stores/job_list.hpp"
#include "offstage/stores/session.hpp"
#include "offstage/stores/totals.hpp"
#include "offstage/stores/types.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::stores {

/// One atomic change: the application's SQL and what happens to jobs. Once a verb on jobs has failed or was
/// refused, the transaction comes to nothing, also where the body goes on: transact() throws that error.
class Transaction : public Session {
public:
    virtual WallTime now() const = 0;

    /// As Store::enqueue, but only when this transaction commits.
    virtual std::vector<Enqueued> enqueue(std::span<const NewJob> jobs) = 0;
    /// Keeps `data` for the job's next run and clears its crashes. Error(too_large) past max_payload_bytes.
    /// False, and Error(lease_lost) at the end: the lease is old or the job is not running.
    [[nodiscard]] virtual bool checkpoint(JobId id, Lease lease, std::string_view data) = 0;
    /// Ends a running job within this transaction, as its outcome would. False: refused, as above.
    [[nodiscard]] virtual bool complete(const Outcome& outcome) = 0;
    /// As Store::find, and as of this transaction.
    virtual std::optional<JobRecord> find(JobId id) = 0;
    /// As Store::retry, but only when this transaction commits.
    virtual ChangeResult retry(JobId id) = 0;
};

/// A transaction under way; see Store::transact_async. Dropping it waits for nothing and cancels nothing.
class PendingTransaction {
public:
    virtual ~PendingTransaction() = default;
    /// Waits for the commit, then throws what the transaction threw, if it did. Once.
    /// When the wait itself ends first: Error(stopped | timed_out), and the transaction goes on.
    virtual void get(std::stop_token stop = {}, Deadline deadline = Deadline::never()) = 0;
    virtual bool is_done() const noexcept = 0;
};

/// Ends a subscription when destroyed; then no call is running any more. Must not be destroyed from its own
/// callback.
class Subscription {
public:
    virtual ~Subscription() = default;
};

using Transact = std::function<void(Transaction&)>;
/// Jobs claimed, or the error that ended the request (closed: the store is closing, or it was withdrawn).
using ClaimDone = std::function<void(std::vector<ClaimedJob>, std::exception_ptr)>;
/// Ids whose lease was old, or the error that kept all of them from being written; then nothing was.
using AcknowledgeDone = std::function<void(std::vector<JobId> refused, std::exception_ptr)>;
using Changed = std::function<void(std::span<const JobChange>)>;

class Store {
public:
    virtual ~Store() = default;

    /// What the store was opened as, for messages: "sqlite:books.db".
    virtual std::string_view name() const noexcept = 0;
    /// The clock that decides about jobs.
    virtual WallTime now() const = 0;

    /// Puts jobs in, all or none; on disk when it returns. Ids in the order given. At most 10,000 at once.
    /// Error(invalid_argument | too_large) names the job and field; Error(full) when the disk is.
    virtual std::vector<Enqueued> enqueue(std::span<const NewJob> jobs, std::stop_token stop = {},
                                          Deadline deadline = Deadline::never()) = 0;

    /// Runs `body` in one transaction and commits it; what `body` throws rolls it back and is thrown here.
    /// `body` runs once, on the store's writing thread, while nobody else writes: prepare first, then write,
    /// and call nothing of the store but the transaction: Error(conflict).
    virtual void transact(const Transact& body, std::stop_token stop = {},
                          Deadline deadline = Deadline::never()) = 0;
    /// The same without waiting: the next batch can be prepared while this one is written. Those of one
    /// thread run in order.
    virtual std::unique_ptr<PendingTransaction> transact_async(Transact body) = 0;

    /// Runs `body` on a snapshot, on the caller's thread, beside all writing. Keep it short: a snapshot holds
    /// the log back.
    virtual void read(const std::function<void(Session&)>& body, std::stop_token stop = {},
                      Deadline deadline = Deadline::never()) = 0;

    // For workers.

    /// Makes a worker known. `name` is for people. Its claims are rescued once it is dead.
    virtual WorkerId add_worker(std::string_view name) = 0;
    virtual void heartbeat(WorkerId worker) = 0;
    /// Forgets a worker that holds nothing any more; what it still holds is rescued as after a crash.
    virtual void remove_worker(WorkerId worker) = 0;

    /// Asks for jobs. `done` is called once: when there is at least one, or when the request was withdrawn or
    /// failed.
    virtual void claim(ClaimRequest request, ClaimDone done) = 0;
    /// Ends the standing claims of a worker; their `done` is called with no jobs. When it returns, none of
    /// them is running.
    virtual void withdraw(WorkerId worker) = 0;
    /// Writes outcomes. A job whose cancel was requested and that would run again ends cancelled instead.
    /// Throws Error(too_large) at once where a result is; then nothing is written.
    virtual void acknowledge(std::vector<Outcome> outcomes, AcknowledgeDone done) = 0;
    /// Keeps progress and log lines of running jobs, soon; answers nothing.
    virtual void report(std::vector<Report> reports) = 0;

    // About jobs.

    /// The job, live or ended; none when it was never there or is pruned.
    virtual std::optional<JobRecord> find(JobId id) = 0;
    /// Those of `ids` that exist, in no order. At most 1,000 ids.
    virtual std::vector<JobRecord> find(std::span<const JobId> ids) = 0;
    virtual JobPage list(const JobFilter& filter) = 0;
    /// What happened to a job, oldest first.
    virtual std::vector<JobNote> notes(JobId id) = 0;
    /// Ends a job that has not started, and history keeps it so long (none: for ever); asks the holder of a
    /// running one to end it. `why` is kept with the job.
    virtual CancelResult cancel(JobId id, std::string_view why,
                                std::optional<std::chrono::microseconds> keep = std::nullopt) = 0;
    /// The same for several at once, in one commit; results in the order of the ids. Here and below at most
    /// 1,000 ids, no id twice: Error(invalid_argument).
    virtual std::vector<CancelResult>
    cancel(std::span<const JobId> ids, std::string_view why,
           std::optional<std::chrono::microseconds> keep = std::nullopt) = 0;
    /// Makes ended jobs ready again, with all their attempts before them; the checkpoint stays. Refused: it
    /// is live, or another job holds its unique key.
    virtual std::vector<ChangeResult> retry(std::span<const JobId> ids) = 0;
    /// Makes scheduled jobs ready now. Refused: it is not scheduled.
    virtual std::vector<ChangeResult> run_now(std::span<const JobId> ids) = 0;
    /// Deletes jobs with their notes and keys. Refused: it is running.
    virtual std::vector<ChangeResult> remove(std::span<const JobId> ids) = 0;

    virtual std::vector<QueueCounts> queues() = 0;
    /// What happened in each queue since this store was opened, in no order.
    virtual std::vector<QueueTotals> totals() = 0;
    /// The live ones, in the order of their ids.
    virtual std::vector<WorkerRecord> workers() = 0;
    /// A paused queue takes jobs in and gives none out; what runs goes on. The queue need not be there yet.
    virtual void set_paused(std::string_view queue, bool paused) = 0;

    // Maintenance.

    /// Takes back what dead workers held. Blocks until it is committed.
    virtual RescueReport rescue(const RescueOptions& options) = 0;
    /// Deletes at most `limit` ended jobs whose keep has passed, with their notes and keys. Gives how many.
    virtual std::int64_t prune(int limit) = 0;

    /// Writes down where this program can be reached ("http://127.0.0.1:8000"), for another that finds the
    /// store held by it; see open.hpp. Does nothing where several programs may share the store.
    virtual void announce(std::string_view url) = 0;

    /// Tells committed changes from now on.
    virtual std::unique_ptr<Subscription> subscribe(Changed changed) = 0;
};

/// Check what every driver must refuse alike; throw Error(invalid_argument | too_large) naming the job and
/// field.
void validate(std::span<const NewJob> jobs);
void validate(std::span<const Outcome> outcomes);
void validate(const ClaimRequest& request);
void validate(std::span<const JobId> ids);
void validate_name(std::string_view what, std::string_view name);

} // namespace offstage::stores
