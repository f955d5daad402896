// The catalogue of what happens to jobs, as typed events: logs, metrics, the page and tests subscribe to
// these and to nothing else. Values; the texts live as long as the call that hands them over.
#pragma once

#include "offstage/jobs/job.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <variant>

namespace offstage::jobs {

/// Which job an event is about.
struct About {
    JobId id;
    Lease lease;
    std::string_view kind;
    std::string_view queue;
    int attempt = 0;
};

struct JobStarted {
    About job;
    std::chrono::microseconds waited; ///< from when it was ready
};
/// The handler ended and the outcome was handed to the store.
struct JobEnded {
    About job;
    stores::Outcome::What what;
    std::chrono::microseconds ran;
    std::string_view text;              ///< the error or reason, empty when done
    std::chrono::microseconds again_in; ///< of a retry or snooze
};
/// The kind's timeout passed; the handler was asked to stop.
struct JobTimedOut {
    About job;
    std::chrono::microseconds after;
};
/// The handler did not heed it and was left behind.
struct JobLeftBehind {
    About job;
    int hung;      ///< so many threads are left behind now
    bool replaced; ///< false: max_hung was reached, its queue has one thread less until it ends
};
/// The outcome came with an old lease: the job is someone else's.
struct OutcomeRefused {
    JobId id;
    Lease lease;
};
struct JobsRescued {
    std::int64_t rescued;
    std::int64_t quarantined;
    std::int64_t cancelled;
};
/// The store could not be written to; the worker goes on trying.
struct StoreFailed {
    std::string_view doing; ///< "claim", "acknowledge", …
    std::string_view error;
};

using Event =
    std::variant<JobStarted, JobEnded, JobTimedOut, JobLeftBehind, OutcomeRefused, JobsRescued, StoreFailed>;

/// One line for a log: "import_books 42 ended: done in 1.2 s".
std::string to_line(const Event& event);

} // namespace offstage::jobs
