// What Python 3.11 says of characters (Unicode 14): which are blank, which are decimal digits.
//
// Everything takes UTF-8 that is valid but for surrogates, which may stand as the three bytes that their
// number would have. Thread-safe: functions of their arguments.
#pragma once

#include <cstddef>
#include <string_view>

namespace bookshop {

/// Whether Python's `str.isspace()` holds for one character.
bool is_space(char32_t character) noexcept;

/// Whether it is a control character (category Cc): C0, DEL or C1.
constexpr bool is_control(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/// The value of a decimal digit of any script (category Nd), or -1.
int decimal_digit(char32_t character) noexcept;

/// Takes the first character off a text. REQUIRES: the text is not empty.
char32_t take_character(std::string_view& text) noexcept;

/// How many characters a text has.
std::size_t count_characters(std::string_view text) noexcept;

/// The text without blanks around it, as Python's `str.strip()`.
std::string_view strip(std::string_view text) noexcept;

} // namespace bookshop
