// The verbs of the store, as done by the writer within its open transaction. One verb, one source.
//
//   Work   what a verb works with: the writing connection, the ledger, the entry of the operation, the time
//
// A verb throws Error, with nothing changed where it throws before its first statement that writes; else the
// writer gives up the transaction. Threads: the writer's only.
#pragma once

#include "offstage/base/error.hpp"
#include "offstage/stores/sqlite/connection.hpp"
#include "offstage/stores/sqlite/ledger.hpp"
#include "offstage/stores/types.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace offstage::stores::sqlite {

struct Work {
    Connection& db;
    Ledger& ledger;
    Entry& entry;
    WallTime now;
};

/// REQUIRES: validated.
std::vector<Enqueued> enqueue(Work& work, std::span<const NewJob> jobs);

/// Whether claim would find something. Costs no query.
bool may_claim(Ledger& ledger, const ClaimRequest& request);

/// Jobs for a request; none when there is none for it.
std::vector<ClaimedJob> claim(Work& work, const ClaimRequest& request);

/// Writes an outcome; false: refused. REQUIRES: validated.
bool settle(Work& work, const Outcome& outcome);

bool checkpoint(Work& work, JobId id, Lease lease, std::string_view data);

void report(Work& work, const Report& report);

CancelResult cancel(Work& work, JobId id, std::string_view why,
                    std::optional<std::chrono::microseconds> keep);

ChangeResult retry(Work& work, JobId id);
ChangeResult run_now(Work& work, JobId id);
ChangeResult remove(Work& work, JobId id);

void set_paused(Work& work, std::string_view queue, bool paused);

/// Those that the ledger knows.
std::vector<WorkerRecord> workers(Work& work);

/// Makes scheduled jobs ready whose time has come, a bounded number, and sets the ledger's next_due.
void release_due(Work& work);

/// Takes back what workers hold that are not in the ledger, or what `only` that one holds, and forgets them.
RescueReport rescue(Work& work, const RescueOptions& options, std::optional<WorkerId> only = std::nullopt);

std::int64_t prune(Work& work, int limit);

WorkerId add_worker(Work& work, std::string_view name);
void heartbeat(Work& work, WorkerId worker);

// Shared by the verbs.

/// `time` and so much more, or the end of time.
constexpr WallTime later(WallTime time, std::chrono::microseconds by) noexcept {
    return by < WallTime::max() - time ? time + by : WallTime::max();
}

/// A live job as far as changing its state needs it.
struct LiveJob {
    std::int64_t id = 0;
    std::int64_t queue = 0;
    std::int64_t kind = 0;
    JobState state{};
    Lease lease;
    int crashes = 0;
    bool cancel_requested = false;
    bool has_unique_key = false;
    std::string unique_key;
    std::optional<WallTime> started_at; ///< of the last claim
};
std::optional<LiveJob> live_job(Work& work, JobId id);

struct Ending {
    JobState state{};
    int errors = 0;                             ///< to be added
    std::optional<std::string_view> error = {}; ///< none: the last one stays, or why its cancel was requested
    std::optional<std::string_view> result = {};
    std::optional<std::chrono::microseconds> keep = {};
};
/// Moves a live job to history, with its count, its key and its claim.
void end(Work& work, const LiveJob& job, const Ending& ending);

/// Adds a line to what happened to a job.
void note(Work& work, JobId id, Lease lease, JobNote::What what, std::string_view text);

/// At most `bytes` of a text, whole characters, saying where it was cut; what is not UTF-8 is marked.
std::string cut(std::string_view raw, std::size_t bytes);

} // namespace offstage::stores::sqlite
