#include "offstage/base/error.hpp"

#include "offstage/base/check.hpp"

namespace offstage {

std::string_view to_string(Errc code) noexcept {
    switch (code) {
    case Errc::invalid_argument:
        return "invalid_argument";
    case Errc::not_found:
        return "not_found";
    case Errc::conflict:
        return "conflict";
    case Errc::held:
        return "held";
    case Errc::full:
        return "full";
    case Errc::too_large:
        return "too_large";
    case Errc::stopped:
        return "stopped";
    case Errc::timed_out:
        return "timed_out";
    case Errc::closed:
        return "closed";
    case Errc::cancelled:
        return "cancelled";
    case Errc::lease_lost:
        return "lease_lost";
    case Errc::io:
        return "io";
    case Errc::corrupt:
        return "corrupt";
    case Errc::internal:
        return "internal";
    }
    check_failed("code", "an error code outside its enumeration", std::source_location::current());
}

} // namespace offstage
