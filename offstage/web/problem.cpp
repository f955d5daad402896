#include "offstage/web/problem.hpp"

#include "offstage/base/check.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace offstage::web {

int status_of(Errc code) noexcept {
    switch (code) {
    case Errc::invalid_argument:
        return 400;
    case Errc::not_found:
        return 404;
    case Errc::conflict:
    case Errc::held:
    case Errc::lease_lost:
        return 409;
    case Errc::too_large:
        return 413;
    case Errc::full:
        return 507;
    case Errc::stopped:
    case Errc::closed:
    case Errc::cancelled:
        return 503;
    case Errc::timed_out:
        return 504;
    case Errc::io:
    case Errc::corrupt:
    case Errc::internal:
        return 500;
    }
    check_failed("code", "an error code outside its enumeration", std::source_location::current());
}

Response problem(int status, std::string_view code, std::string_view detail) {
    const boost::json::object document{{"type", "about:blank"},
                                       {"title", reason_phrase(status)},
                                       {"status", status},
                                       {"code", code},
                                       {"detail", detail}};
    return Response::text(status, boost::json::serialize(document), "application/problem+json");
}

Response problem(Errc code, std::string_view detail) {
    return problem(status_of(code), to_string(code), detail);
}

Response problem(std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (const Error& known) {
        if (status_of(known.code()) != 500) return problem(known.code(), known.what());
    } catch (...) {
        // A fault of ours: what it says is for the log, not for whoever asked.
    }
    return problem(Errc::internal, "The server has failed at this request; its log says at what.");
}

} // namespace offstage::web
