#include "offstage/jobs/context.hpp"

namespace offstage::jobs {

std::string_view to_string(StopReason reason) noexcept {
    switch (reason) {
    case StopReason::none:
        return "none";
    case StopReason::cancelled:
        return "cancelled";
    case StopReason::timed_out:
        return "timed_out";
    case StopReason::lease_lost:
        return "lease_lost";
    case StopReason::shutdown:
        return "shutdown";
    }
    return "unknown";
}

void Context::check_stop() const {
    const auto stop = [this](const char* why) {
        throw Error(Errc::stopped, "job " + std::to_string(id().value) + " stops: " + why);
    };
    switch (stop_reason()) {
    case StopReason::none:
        return;
    case StopReason::cancelled:
        return stop("it was cancelled");
    case StopReason::timed_out:
        return stop("its time is up");
    case StopReason::shutdown:
        return stop("its worker shuts down");
    case StopReason::lease_lost:
        throw LeaseLost("job " + std::to_string(id().value) + " is held by someone else now");
    }
}

} // namespace offstage::jobs
