// Text from outside: whether it is UTF-8, as all that is stored and sent is, and mending it where it is not.
// Functions of their arguments; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace offstage {

/// True when the text is well-formed UTF-8 (no overlong form, no surrogate).
bool is_utf8(std::string_view text) noexcept;

/// The text with U+FFFD for each byte that is not part of well-formed UTF-8: for names and messages that are
/// only shown.
std::string repair_utf8(std::string_view text);

} // namespace offstage
