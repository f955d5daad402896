// The one family of exceptions that Offstage throws, and the codes that tell its members apart.
//
// A message says what went wrong, where, and what to do about it. Codes are for programs: a driver's file
// turns the driver's errors into these, one table in web/ turns these into HTTP statuses. Thread-safe:
// values, never changed.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace offstage {

enum class Errc {
    invalid_argument, ///< what the caller gave cannot be right, now or later
    not_found,        ///< no such thing
    conflict,         ///< the thing's state does not allow this
    held,             ///< another process holds it; the message says which
    full,             ///< a bound was reached: disk, spool, queue, log
    too_large,        ///< one thing is larger than its bound
    stopped,          ///< a stop was requested before it was done; nothing was changed
    timed_out,        ///< the deadline passed before it was done; nothing was changed
    closed,           ///< the object was closed; nothing was changed
    cancelled,        ///< the work was cancelled, or its runtime shut down, before it was done
    lease_lost,       ///< the job is held by someone else now
    io,               ///< the disk or the network failed
    corrupt,          ///< what was read cannot have been written by us
    internal,         ///< a fault of ours
};

/// The code's name, as in the enumeration ("not_found"). Static storage.
std::string_view to_string(Errc code) noexcept;

/// What Offstage throws. `what()` is a sentence for people.
class Error : public std::runtime_error {
public:
    Error(Errc code, const std::string& message) : std::runtime_error(message), code_(code) {}
    Errc code() const noexcept { return code_; }

private:
    Errc code_;
};

} // namespace offstage
