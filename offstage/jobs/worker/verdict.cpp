#include "offstage/jobs/worker/verdict.hpp"

#include "offstage/base/error.hpp"
#include "offstage/base/time.hpp"
#include "offstage/base/utf8.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <typeinfo>

namespace offstage::jobs::detail {
namespace {

using std::chrono::microseconds;
using stores::Outcome;

const KindOptions& options(const Case& run) {
    static const KindOptions defaults;
    return run.kind ? run.kind->options : defaults;
}

// The keep of failed ones stands with every outcome but done: the store may turn it into a cancelled one.
Outcome outcome(const Case& run, Outcome::What what, std::string text, microseconds delay = {}) {
    const auto keep = what == Outcome::What::done ? options(run).keep_done : options(run).keep_failed;
    return {run.job.id, run.job.lease, what, std::move(text), std::max(delay, microseconds::zero()), keep};
}

std::string timeout_text(const Case& run) {
    return "timed out after " + to_text(options(run).timeout);
}

// Whether an exception only says that its thrower heeded the stop.
bool is_just_stopped(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const Error& thrown) {
        return thrown.code() == Errc::stopped || thrown.code() == Errc::cancelled ||
               thrown.code() == Errc::lease_lost;
    } catch (...) {
        return false;
    }
}

std::string demangled(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
    return status == 0 ? name.get() : type.name();
}

} // namespace

Outcome erred(const Case& run, std::string text) {
    const int errors = run.job.errors + 1;
    if (errors >= run.job.max_attempts) return outcome(run, Outcome::What::failed, std::move(text));
    try {
        const microseconds delay = options(run).backoff(errors);
        return outcome(run, Outcome::What::retry, std::move(text), delay);
    } catch (...) {
        text.append("; and its backoff threw: ").append(error_text(std::current_exception()));
        return outcome(run, Outcome::What::failed, std::move(text));
    }
}

std::string error_text(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
        return demangled(typeid(thrown)).append(": ").append(thrown.what());
    } catch (...) {
        const std::type_info* const type = abi::__cxa_current_exception_type();
        return type ? "a thrown " + demangled(*type) : std::string("an exception of another language");
    }
}

Outcome returned(const Case& run, Ending ending) {
    using What = Outcome::What;
    if (const auto* snoozed = std::get_if<Snooze>(&ending))
        return outcome(run, What::snooze, "", snoozed->delay);
    if (auto* cancelled = std::get_if<Cancel>(&ending))
        return outcome(run, What::cancelled, std::move(cancelled->why));
    if (auto* discarded = std::get_if<Discard>(&ending))
        return outcome(run, What::failed, std::move(discarded->why));
    std::string& result = std::get<std::string>(ending);
    if (result.size() > stores::max_payload_bytes)
        return outcome(run, What::failed,
                       "its result has " + std::to_string(result.size()) +
                           " bytes, at most 1 MiB is kept; store the data elsewhere and return its id");
    if (!is_utf8(result))
        return outcome(run, What::failed, "its result is not UTF-8, as JSON has to be; encode bytes as text");
    return outcome(run, What::done, std::move(result));
}

Outcome threw(const Case& run, const std::exception_ptr& error) {
    const bool just_stopped = is_just_stopped(error);
    switch (run.reason) {
    case StopReason::none:
        return erred(run, error_text(error));
    case StopReason::timed_out: {
        std::string text = timeout_text(run);
        if (!just_stopped) text.append("; then ").append(error_text(error));
        return erred(run, std::move(text));
    }
    case StopReason::cancelled:
        return outcome(run, Outcome::What::cancelled, just_stopped ? "" : error_text(error));
    case StopReason::lease_lost:
    case StopReason::shutdown:
        return outcome(run, Outcome::What::release, just_stopped ? "" : error_text(error));
    }
    return released(run);
}

Outcome unknown_kind(const Case& run) {
    return erred(run, "there is no handler for kind \"" + run.job.kind +
                          "\" in this worker: add it to the registry, or give the kind a queue that "
                          "only workers serve which know it");
}

Outcome left_behind(const Case& run) {
    switch (run.reason) {
    case StopReason::cancelled:
        return cancelled_unstarted(run);
    case StopReason::timed_out:
        return erred(run, timeout_text(run) + " and did not stop; it was left behind on its thread");
    case StopReason::none:
    case StopReason::lease_lost:
    case StopReason::shutdown:
        break;
    }
    return released(run);
}

Outcome cancelled_unstarted(const Case& run) {
    return outcome(run, Outcome::What::cancelled, ""); // empty: as the request to cancel said
}

Outcome released(const Case& run) {
    return outcome(run, Outcome::What::release, "");
}

} // namespace offstage::jobs::detail
