#include "offstage/base/wait_status.hpp"

#include "offstage/base/check.hpp"

#include <string>

namespace offstage {

std::string_view to_string(WaitStatus status) noexcept {
    switch (status) {
    case WaitStatus::ok:
        return "ok";
    case WaitStatus::stopped:
        return "stopped";
    case WaitStatus::timed_out:
        return "timed_out";
    case WaitStatus::closed:
        return "closed";
    case WaitStatus::full:
        return "full";
    }
    return "unknown";
}

Error to_error(WaitStatus status, std::string_view what) {
    const std::string subject(what);
    switch (status) {
    case WaitStatus::ok:
        break;
    case WaitStatus::stopped:
        return {Errc::stopped, subject + ": a stop was requested while waiting for it"};
    case WaitStatus::timed_out:
        return {Errc::timed_out, subject + ": the deadline passed before it came"};
    case WaitStatus::closed:
        return {Errc::closed, subject + ": it was closed, no more will come"};
    case WaitStatus::full:
        return {Errc::full, subject + ": it is full; try again when some of it was taken"};
    }
    OFFSTAGE_CHECK(status != WaitStatus::ok, "asked for the error of a wait that went well");
    return {Errc::internal, subject};
}

} // namespace offstage
