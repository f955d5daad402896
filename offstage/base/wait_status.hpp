// What ended a wait. Every blocking call of Offstage says it, and never confuses one with another:
//
//   ok         what was waited for has come
//   stopped    a stop was requested
//   timed_out  the deadline has passed
//   closed     the object was closed, and what was waited for can no longer come
//   full       the queue is full and was made to refuse then (only push of such a queue)
//
// Always holds: on everything but ok nothing was changed. And **ok wins**: where the thing is there already,
// or comes together with the stop or the deadline, the answer is ok. So a deadline in the past turns a wait
// into a try, and a queue can still be drained after a stop; a loop that must end on a stop asks the token
// itself.
#pragma once

#include "offstage/base/error.hpp"

#include <cstdint>
#include <string_view>

namespace offstage {

enum class WaitStatus : std::uint8_t { ok, stopped, timed_out, closed, full };

/// Its name, as in the enumeration ("timed_out"). Static storage.
std::string_view to_string(WaitStatus status) noexcept;

/// The Error that says the same; `what` names what was waited for. REQUIRES: status is not ok (checked).
Error to_error(WaitStatus status, std::string_view what);

} // namespace offstage
