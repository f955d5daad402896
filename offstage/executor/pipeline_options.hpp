// What is said of a pipeline and its stages, and what they answer. Values.
#pragma once

#include "offstage/executor/error_sink.hpp"
#include "offstage/sync/wait_status.hpp"

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

namespace offstage {

/// What a stage's error means.
enum class OnError : std::uint8_t {
    abort, ///< the pipeline ends, and run() throws it
    skip,  ///< the item is left out, and the handler hears of it
};

struct StageOptions {
    std::string name = {};     ///< of its threads; "stage 2" where there is none
    unsigned threads = 1;      ///< that call its function
    std::size_t capacity = 16; ///< of the queue before it, in items
    bool ordered = false;      ///< give on in the order of taking; one thread always does
    OnError on_error = OnError::abort;
    std::source_location where = std::source_location::current();
};

struct PipelineOptions {
    ErrorHandler on_error = log_errors; ///< hears the errors that run() does not throw
};

/// What one stage has done so far.
struct StageCounters {
    std::string name = {};
    unsigned threads = 0;
    std::uint64_t taken = 0;    ///< items taken from its queue
    std::uint64_t passed = 0;   ///< results given on; for the last stage, items done
    std::uint64_t left_out = 0; ///< items answered with an empty optional
    std::uint64_t failed = 0;   ///< items that its function threw at
    std::uint64_t dropped = 0;  ///< items that an abort found in its queue, or on their way out of it
    std::size_t queued = 0;     ///< items in its queue now
};

/// One line a stage.
std::string to_string(const std::vector<StageCounters>& counters);

struct PipelineReport {
    /// ok: the source ended; stopped: a stop was requested; all was drained. timed_out: it was aborted.
    WaitStatus ended = WaitStatus::ok;
    std::vector<StageCounters> stages = {};
};

} // namespace offstage
