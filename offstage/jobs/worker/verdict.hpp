// What a run comes to: from how its handler ended, and why it had been asked to stop, to the outcome that the
// store is told. All of the policy on endings is here.
//
//   handler …            asked to stop for   outcome
//   returned a result    any reason          done; failed where the result is larger than 1 MiB
//   snooze               any                 snooze
//   cancel, discard      any                 cancelled, failed
//   threw                nothing             an error: retry by the kind's backoff, failed after max_attempts
//   threw                timed_out           an error: "timed out after …"
//   threw                cancelled           cancelled
//   threw                shutdown            release; a note of what it threw, if that was not the stop
//   itself threw                lease_lost          release; the store refuses it did not end timed_out an
//   error, as above did not end          cancelled           cancelled did not end          shutdown release
//
// Values and functions of their arguments; thread-safe.
#pragma once

#include "offstage/jobs/registry.hpp"
#include "offstage/stores/types.hpp"

#include <exception>
#include <string>

namespace offstage::jobs::detail {

/// The run that a verdict is on.
struct Case {
    const stores::ClaimedJob& job;
    const Kind* kind; ///< null: it is not registered
    StopReason reason = StopReason::none;
};

stores::Outcome returned(const Case& run, Ending ending);
/// `error` is what the handler threw.
stores::Outcome threw(const Case& run, const std::exception_ptr& error);
/// An error in so many words: what a handler that does not throw C++ has said.
stores::Outcome erred(const Case& run, std::string text);
/// Its kind is in no registry of this worker: an error, since another program may know it.
stores::Outcome unknown_kind(const Case& run);
/// The handler is left behind on its thread. REQUIRES: a reason.
stores::Outcome left_behind(const Case& run);
/// It ends before it was started, or without a word of its handler.
stores::Outcome cancelled_unstarted(const Case& run);
stores::Outcome released(const Case& run);

/// "std::runtime_error: disk on fire".
std::string error_text(const std::exception_ptr& error);

} // namespace offstage::jobs::detail
