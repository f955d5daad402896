// The words in which a store speaks of jobs. Plain values; no policy, no SQL.
//
//            delay or run_at in the future
//   enqueue ────────────────────────────────▶ scheduled ──time──▶ ready ──claim──▶ running
//      └───────────────────────────────────────────────────────────▲                 │
//                                                                  ├── release, snooze, retry (by way of
//                                                                  scheduled) └── rescue (its worker died:
//                                                                  crashes + 1)
//   running ── done | failed | cancelled ──▶ history                scheduled, ready ── cancel ──▶ history
//
// A job is held by a lease: a number that grows at every claim and never shrinks. Whoever comes with an older
// lease is refused. The `waiting` state is for jobs that wait for other jobs, outside events or limits.
#pragma once

#include "offstage/base/time.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::stores {

/// Never used again, even when the job is deleted. Positive; 0 is no job.
struct JobId {
    std::int64_t value = 0;
    constexpr auto operator<=>(const JobId&) const noexcept = default;
};

/// Fences a job's holders: only the newest lease may write. 0: never claimed.
struct Lease {
    std::int64_t value = 0;
    constexpr auto operator<=>(const Lease&) const noexcept = default;
};

/// Names one run of one worker; never used again.
struct WorkerId {
    std::int64_t value = 0;
    constexpr auto operator<=>(const WorkerId&) const noexcept = default;
};

enum class JobState : std::uint8_t {
    scheduled = 0,
    ready = 1,
    running = 2,
    waiting = 3,
    done = 4,
    failed = 5,
    cancelled = 6
};

/// "ready" and so on. Static storage.
std::string_view to_string(JobState state) noexcept;
std::optional<JobState> parse_job_state(std::string_view text) noexcept;
/// Done, failed or cancelled: the job is in history.
constexpr bool has_ended(JobState state) noexcept {
    return state >= JobState::done;
}

/// At most this many bytes of arguments, of a result, of a checkpoint, of an error; more is refused (errors
/// are cut, and say so).
inline constexpr std::size_t max_payload_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_name_bytes = 200;       ///< queue, kind, tag, worker name
inline constexpr std::size_t max_unique_key_bytes = 500; ///< unique key
inline constexpr std::size_t max_tags = 20;
inline constexpr int max_claim = 10'000;   ///< jobs of one queue in one claim
inline constexpr int max_log_lines = 1000; ///< per job; the last one says that the rest was cut
inline constexpr std::size_t max_log_line_bytes = 4096;

/// While a key is held, an enqueue of the same kind with the same key gives the first job instead of a new
/// one. It is held until the job ends and, where a period is given, at least that long from its enqueue. A
/// job that ends failed or cancelled frees its key at once, so that somebody may try again.
struct Unique {
    std::string key = {}; ///< 1 to max_unique_key_bytes bytes
    /// Hold it for its period also where the job ends failed or cancelled: for a caller that asks again
    /// because it has not heard the answer.
    bool whatever_became = false;
    std::optional<std::chrono::microseconds> period = {}; ///< none: only while the job is live
};

struct NewJob {
    std::string queue = "default";
    std::string kind = {};
    std::string args = "{}";             ///< JSON text
    int priority = 0;                    ///< a smaller number runs first; -1000 to 1000
    int max_attempts = 20;               ///< errors after which it fails; at least 1
    std::chrono::microseconds delay{0};  ///< from the store's now on
    std::optional<WallTime> run_at = {}; ///< instead of delay; a past time is now
    std::optional<Unique> unique = {};
    std::vector<std::string> tags = {};
};

struct Enqueued {
    JobId id = {};
    bool existed = false; ///< the unique key was held: `id` is the job that holds it, nothing was enqueued
};

/// A job as it stands, live or ended.
struct JobRecord {
    JobId id = {};
    Lease lease = {};
    std::string queue = {};
    std::string kind = {};
    JobState state = JobState::ready;
    int priority = 0;
    int attempt = 0; ///< how often it was started, snoozes and releases not counted
    int errors = 0;  ///< how often its handler threw or timed out
    /// Deaths of its worker in a row: a checkpoint, and every outcome but `release`, sets it back to 0.
    int crashes = 0;
    int max_attempts = 0;
    WallTime created_at = {};
    WallTime run_at = {};               ///< when it became or becomes ready
    std::optional<WallTime> started_at; ///< last claim
    std::optional<WallTime> ended_at;
    std::optional<WallTime> cancel_requested_at;
    WorkerId worker = {}; ///< last holder; 0: none yet
    std::string args = {};
    std::string checkpoint = {}; ///< empty: none
    std::string result = {};     ///< of a done job
    std::string error = {};      ///< the last error, or why it failed or was cancelled
    std::int64_t progress_done = 0;
    std::int64_t progress_total = 0; ///< 0: unknown
    std::vector<std::string> tags = {};
};

/// What a worker asks for. It stands in the store until there is a job for it, or it is withdrawn.
struct ClaimRequest {
    struct Share {
        std::string queue = {};
        int max = 1; ///< at most so many jobs of this queue; 1 to max_claim
    };
    WorkerId worker = {};
    std::vector<Share> shares = {}; ///< in the order in which they are served
    int max = max_claim;            ///< at most so many jobs in all
    bool stands = true; ///< false: answered once it was looked at, with no jobs where none is ready
    /// A suspect is a job whose worker died with it (crashes > 0). It is only given out alone, so that the
    /// next death blames nobody else: the answer is either one suspect, which goes before all other jobs of
    /// these queues (under a steady load it would wait for ever), or any number of other jobs. To be set
    /// while the worker holds nothing but jobs that have a checkpoint of their own since they were claimed.
    bool may_take_suspect = false;
};

/// What a worker needs to run a job; `attempt` counts this run.
struct ClaimedJob {
    JobId id = {};
    Lease lease = {};
    std::string queue = {};
    std::string kind = {};
    std::string args = {};
    std::string checkpoint = {};
    int priority = 0;
    int attempt = 0;
    int errors = 0;
    int crashes = 0;
    int max_attempts = 0;
    WallTime created_at = {};
    WallTime run_at = {};
    bool is_suspect() const noexcept { return crashes > 0; }
};

/// What became of a claimed job.
struct Outcome {
    enum class What : std::uint8_t {
        done,      ///< ended; `text` is the result, JSON or empty
        retry,     ///< its handler failed; again after `delay`. `text` is the error, errors + 1
        snooze,    ///< not now, again after `delay`; not counted as an attempt
        release,   ///< given back; ready at once, no attempt. `text`: what it threw as it stopped, a note
        failed,    ///< ended; `text` is the error. errors + 1
        cancelled, ///< ended; `text` says why; empty: as the request to cancel said
    };
    JobId id = {};
    Lease lease = {};
    What what = What::done;
    std::string text = {};
    std::chrono::microseconds delay{0};
    std::optional<std::chrono::microseconds> keep =
        std::nullopt; ///< how long history keeps an ended job; none: for ever
};

/// One line of what happened to a job: an error of an attempt, a death of its worker, a line its handler
/// logged.
struct JobNote {
    enum class What : std::uint8_t { error = 1, crash = 2, log = 3 };
    What what = What::log;
    WallTime at = {};
    Lease lease = {}; ///< the run it belongs to
    std::string text = {};
};

/// What a running handler wants kept while it runs. Late or stale ones are dropped without harm.
struct Report {
    JobId id = {};
    Lease lease = {};
    std::optional<std::pair<std::int64_t, std::int64_t>> progress = {}; ///< done, total
    std::vector<std::string> log = {};
};

enum class CancelResult : std::uint8_t {
    cancelled, ///< it had not started; it has ended now
    requested, ///< it is running; its worker was told
    ended,     ///< it had ended before; nothing changed
    not_found,
};

/// What came of one job of those that were to be changed.
enum class ChangeResult : std::uint8_t {
    changed,
    refused, ///< its state, or another job that holds its unique key, does not allow it; nothing changed
    not_found,
};

struct QueueCounts {
    std::string queue = {};
    bool paused = false; ///< its jobs are not given out
    std::int64_t scheduled = 0, ready = 0, running = 0, waiting = 0, done = 0, failed = 0, cancelled = 0;
};

/// A worker that is alive, as far as the store has heard.
struct WorkerRecord {
    WorkerId id = {};
    std::string name = {};
    WallTime started_at = {};
    WallTime heartbeat_at = {};
    std::int64_t running = 0; ///< jobs that it holds
};

struct RescueOptions {
    int max_crashes =
        5; ///< a job that was rescued so often in a row without a checkpoint is failed ("quarantined")
    std::optional<std::chrono::microseconds> keep =
        std::nullopt; ///< how long history keeps what ends here; none: for ever
};

struct RescueReport {
    std::vector<JobId> rescued = {};     ///< ready again
    std::vector<JobId> quarantined = {}; ///< failed
    std::vector<JobId> cancelled = {};   ///< their cancel had been requested
};

/// A change that was committed. Those of one commit are told together, in order.
struct JobChange {
    JobId id = {};
    JobState state = JobState::ready;
    bool cancel_requested = false; ///< this change is the request to cancel a running job
    bool removed = false;          ///< it was deleted; `state` is its last one
    bool reported = false;         ///< this change is its progress or a line of its log
    bool rescued = false;          ///< its worker died, and it is ready again: a suspect
    Lease lease = {};              ///< of the run whose cancel is requested; else none
};

} // namespace offstage::stores
