#include "apps/bookshop/rules/numbers.hpp"

#include "apps/bookshop/reading/unicode.hpp"
#include "apps/bookshop/rules/book.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {
namespace {

constexpr std::size_t longest = 1000; // characters; more is refused unread

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool ascii_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/// The text in ASCII: digits of all scripts as 0-9, other blanks as spaces. Nothing for any other character.
std::optional<std::string> to_ascii(std::string_view text) {
    std::string ascii;
    ascii.reserve(text.size());
    while (!text.empty()) {
        char32_t c = take_character(text);
        int digit = -1;
        if (c < 0x80)
            ascii += static_cast<char>(c);
        else if (is_space(c))
            ascii += ' ';
        else if ((digit = decimal_digit(c)) >= 0) // NOLINT(bugprone-assignment-in-if-condition)
            ascii += static_cast<char>('0' + digit);
        else
            return std::nullopt;
    }
    return ascii;
}

/// Without a point, the zeros after it and the blanks after those, as IntegerField takes them off before
/// int().
std::string_view without_zero_fraction(std::string_view text) {
    std::size_t point = text.rfind('.');
    if (point == text.npos) return text;
    std::string_view rest = text.substr(point + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of('0'), rest.size()));
    return strip(rest).empty() ? text.substr(0, point) : text;
}

/// Python's int() of a text, kept within 64 bits: what is larger comes back as the largest. Nothing where
/// int() fails. Its blanks are fewer than strip()'s: 0x1C to 0x1F are none.
std::optional<std::int64_t> python_int(std::string_view given) {
    std::optional<std::string> ascii = to_ascii(given);
    if (!ascii) return std::nullopt;
    std::string_view text = *ascii;
    while (!text.empty() && ascii_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && ascii_space(text.back())) text.remove_suffix(1);
    bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || text.back() == '_') return std::nullopt;
    std::int64_t value = 0;
    for (char before = '_'; char c : text) {
        if (c == '_' ? before == '_' : !is_digit(c)) return std::nullopt;
        if (c != '_')
            value =
                value > (std::numeric_limits<std::int64_t>::max() - 9) / 10 ? value : value * 10 + (c - '0');
        before = c;
    }
    return negative ? -value : value;
}

/// What decimal.Decimal makes of a text: a coefficient's digits without leading zeros (at least one digit),
/// and a power of ten. NaN and the infinities are left out: DecimalField refuses them as it refuses what is
/// no number.
struct Decimal {
    bool negative = false;
    std::string digits;
    std::int64_t exponent = 0;
};

/// A run of digits as a number, kept below 10^18 * 4: enough to be past every exponent that Decimal knows.
std::int64_t saturated(std::string_view digits) {
    std::int64_t value = 0;
    for (char c : digits)
        value = value >= 400'000'000'000'000'000 ? 4'000'000'000'000'000'000 : value * 10 + (c - '0');
    return value;
}

std::optional<Decimal> python_decimal(std::string_view given) {
    std::optional<std::string> ascii = to_ascii(given);
    if (!ascii) return std::nullopt;
    std::erase(*ascii, '_');
    std::string_view text = *ascii;
    auto take_digits = [&text] {
        auto end = std::find_if_not(text.begin(), text.end(), is_digit);
        std::string_view digits(text.begin(), end);
        text.remove_prefix(digits.size());
        return digits;
    };
    auto take_sign = [&text] {
        bool minus = text.starts_with('-');
        if (minus || text.starts_with('+')) text.remove_prefix(1);
        return minus;
    };

    Decimal number;
    number.negative = take_sign();
    number.digits = take_digits();
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        std::string_view fraction = take_digits();
        number.digits += fraction;
        number.exponent = -static_cast<std::int64_t>(fraction.size());
    }
    if (number.digits.empty()) return std::nullopt;
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        bool minus = take_sign();
        std::string_view digits = take_digits();
        if (digits.empty()) return std::nullopt;
        number.exponent += minus ? -saturated(digits) : saturated(digits);
    }
    if (!text.empty()) return std::nullopt;
    number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size() - 1));

    // The exponents that Decimal has on a 64-bit machine: MAX_EMAX and MIN_ETINY.
    auto size = static_cast<std::int64_t>(number.digits.size());
    if (number.exponent + size - 1 > 999'999'999'999'999'999 || number.exponent < -1'999'999'999'999'999'997)
        return std::nullopt;
    return number;
}

std::optional<Code> check_precision(const Decimal& number) {
    auto size = static_cast<std::int64_t>(number.digits.size());
    std::int64_t places = number.exponent < 0 ? -number.exponent : 0;
    std::int64_t total = number.exponent >= 0 ? size + number.exponent : std::max(size, places);
    if (total > 10) return Code::max_digits;
    if (places > 2) return Code::max_decimal_places;
    if (total - places > 8) return Code::max_whole_digits;
    return std::nullopt;
}

/// One to eight digits, and perhaps a point and up to two more.
bool read_plain_price(std::string_view text, std::int64_t& cents) {
    std::size_t whole = 0;
    std::int64_t number = 0;
    while (whole < text.size() && whole < 8 && is_digit(text[whole]))
        number = number * 10 + (text[whole++] - '0');
    if (whole == 0 || text.size() > whole + 3) return false;
    if (whole < text.size() && text[whole] != '.') return false;
    for (std::size_t at = whole + 1; at < whole + 3; ++at) {
        if (at < text.size() && !is_digit(text[at])) return false;
        number = number * 10 + (at < text.size() ? text[at] - '0' : 0);
    }
    cents = number;
    return true;
}

} // namespace

std::optional<Code> read_integer(std::string_view text, std::int32_t& value) {
    if (!text.empty() && text.size() <= 9 && std::all_of(text.begin(), text.end(), is_digit)) {
        value = 0;
        for (char c : text) value = value * 10 + (c - '0');
        return std::nullopt;
    }
    if (text.size() > longest && count_characters(text) > longest) return Code::max_string_length;
    std::optional<std::int64_t> number = python_int(without_zero_fraction(text));
    if (!number) return Code::invalid;
    if (*number > std::numeric_limits<std::int32_t>::max()) return Code::max_value;
    if (*number < 0) return Code::min_value;
    value = static_cast<std::int32_t>(*number);
    return std::nullopt;
}

std::optional<Code> read_price(std::string_view text, std::int64_t& cents) {
    if (read_plain_price(text, cents)) return std::nullopt;
    text = strip(text);
    if (text.size() > longest && count_characters(text) > longest) return Code::max_string_length;
    std::optional<Decimal> exact = python_decimal(text);
    if (!exact) return Code::invalid;
    if (std::optional<Code> wrong = check_precision(*exact)) return wrong;
    cents = saturated(exact->digits);
    for (std::int64_t power = exact->exponent + 2; power > 0; --power) cents *= 10;
    if (exact->negative) cents = -cents;
    return std::nullopt;
}

} // namespace bookshop
