// How an error is told over HTTP: the one table from Errc to status, and RFC 9457's problem documents.
//
//   {"type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found", "detail": "There is
//   ..."}
//
// Where the fault is ours (500), the sentence says no more than that: the error itself goes to the server's
// on_error. Thread-safe: functions of their arguments.
#pragma once

#include "offstage/base/error.hpp"
#include "offstage/web/response.hpp"

#include <exception>
#include <string_view>

namespace offstage::web {

int status_of(Errc code) noexcept;

/// A problem document. `code` is for programs, `detail` a sentence for people.
Response problem(int status, std::string_view code, std::string_view detail);
Response problem(Errc code, std::string_view detail);
/// What an exception is answered with; anything but an Error is our fault.
Response problem(std::exception_ptr error);

} // namespace offstage::web
