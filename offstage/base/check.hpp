// Assertions on programmer errors, one condition each. They stay on in release builds: a broken invariant
// ends the process with the condition, its place and a sentence, rather than going on with wrong data. What a
// user or the outside world can cause is never checked with these; it is an Error (error.hpp).
#pragma once

#include <source_location>
#include <string_view>

namespace offstage {

/// Prints the failed condition and aborts. Called by OFFSTAGE_CHECK.
[[noreturn]] void check_failed(std::string_view condition, std::string_view why, std::source_location where);

} // namespace offstage

/// Ends the process when `condition` is false; `why` says what that means.
#define OFFSTAGE_CHECK(condition, why)                                                                       \
    do {                                                                                                     \
        if (!(condition)) [[unlikely]]                                                                       \
            ::offstage::check_failed(#condition, why, std::source_location::current());                      \
    } while (false)
