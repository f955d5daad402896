#include "apps/bookshop/reading/xlsx_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace bookshop {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Whether a number reads the same from a file and by "%.15g": short, plain, without a zero too many.
bool reads_the_same(std::string_view number) {
    std::string_view digits = number;
    if (digits.starts_with('-')) digits.remove_prefix(1);
    if (digits.empty() || digits.size() > 15 || !is_digit(digits[0])) return false;
    if (digits[0] == '0') return number == "0";
    std::size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
    if (whole == digits.size()) return true;
    if (digits[whole] != '.' || whole + 1 == digits.size() || digits.back() == '0') return false;
    return digits.find_first_not_of("0123456789", whole + 1) == digits.npos;
}

void append_general(std::string& to, double value) {
    std::array<char, 32> text;
    int size = std::snprintf(text.data(), text.size(), "%.15g", value);
    to.append(text.data(), static_cast<std::size_t>(size));
}

void append_padded(std::string& to, std::int64_t number, std::size_t width) {
    std::array<char, 24> text;
    auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    auto size = static_cast<std::size_t>(end - text.data());
    if (size < width) to.append(width - size, '0');
    to.append(text.data(), size);
}

struct Day {
    std::int64_t year;
    std::int64_t month;
    std::int64_t day;
};

/// The day so many days after 1970-01-01, by the rules of the Gregorian calendar for years from 0 on. The
/// years here begin in March, so that a leap day is a year's last; 146,097 days are 400 years.
Day day_of(std::int64_t days) {
    days += 719'468; // from 0000-03-01
    std::int64_t cycle = days / 146'097;
    std::int64_t of_cycle = days % 146'097;
    std::int64_t year = (of_cycle - of_cycle / 1'460 + of_cycle / 36'524 - of_cycle / 146'096) / 365;
    std::int64_t of_year = of_cycle - (365 * year + year / 4 - year / 100);
    std::int64_t month = (5 * of_year + 2) / 153;
    std::int64_t day = of_year - (153 * month + 2) / 5 + 1;
    return {cycle * 400 + year + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day};
}

Day day_of_serial(std::int64_t serial, bool from_1904) {
    if (from_1904) return day_of(serial - 24'107);
    if (serial == 60) return {1900, 2, 29};
    return day_of(serial - (serial < 60 ? 25'568 : 25'569));
}

void append_time(std::string& to, std::int64_t seconds) {
    append_padded(to, seconds / 3600, 2);
    to += ':';
    append_padded(to, seconds / 60 % 60, 2);
    to += ':';
    append_padded(to, seconds % 60, 2);
}

/// False when the number is no day between 1900 and 9999, which spreadsheets do not show either.
bool append_moment(std::string& to, double value, CellFormat format, bool from_1904) {
    constexpr double last_day = 2'958'466;
    if (!(value >= 0 && value < last_day)) return false;
    constexpr std::int64_t day_seconds = 86'400;
    std::int64_t seconds = std::llround(value * static_cast<double>(day_seconds));
    if (format.kind == CellFormat::time) {
        append_time(to, format.counts_hours ? seconds : seconds % day_seconds);
        return true;
    }
    std::int64_t serial =
        format.kind == CellFormat::date ? static_cast<std::int64_t>(value) : seconds / day_seconds;
    Day day = day_of_serial(serial, from_1904);
    append_padded(to, day.year, 4);
    to += '-';
    append_padded(to, day.month, 2);
    to += '-';
    append_padded(to, day.day, 2);
    if (format.kind == CellFormat::date_time) {
        to += 'T';
        append_time(to, seconds % day_seconds);
    }
    return true;
}

/// The code unit of an escape that begins here, or -1.
int escaped(const char* at, const char* end) {
    if (end - at < 7 || at[0] != '_' || at[1] != 'x' || at[6] != '_') return -1;
    unsigned unit = 0;
    auto [stop, error] = std::from_chars(at + 2, at + 6, unit, 16);
    return error == std::errc{} && stop == at + 6 ? static_cast<int>(unit) : -1;
}

char* put_character(char* to, unsigned c) {
    auto put = [&to](unsigned byte) { *to++ = static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | c >> 6);
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3F));
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    }
    return to;
}

} // namespace

CellFormat format_of_code(std::string_view code) {
    std::size_t width = std::min(code.find_first_not_of('0'), code.size());
    bool only_zeros = width > 0 && (width == code.size() || code[width] == ';');
    bool days = false;
    bool hours = false;
    bool months_or_minutes = false;
    bool counts = false;
    for (std::size_t at = 0; at < code.size() && code[at] != ';'; ++at) {
        char c = code[at];
        if (c == '"') {
            at = std::min(code.find('"', at + 1), code.size());
        } else if (c == '\\' || c == '_' || c == '*') {
            ++at; // the next character is itself, a width or a filling
        } else if (c ==
                   '[') { // a colour, a condition, a language; or hours, minutes, seconds that are counted
            std::size_t end = std::min(code.find(']', at), code.size());
            std::string_view inside = code.substr(at + 1, end - at - 1);
            if (!inside.empty() && inside.find_first_not_of("hHmMsS") == inside.npos) hours = counts = true;
            at = end;
        } else if (code.substr(at, 7) == "General") {
            at += 6;
        } else {
            char lower = static_cast<char>(c | 0x20);
            days |= lower == 'y' || lower == 'd';
            hours |= lower == 'h' || lower == 's';
            months_or_minutes |= lower == 'm';
        }
    }
    if (only_zeros && width <= 255) return {CellFormat::zeros, static_cast<std::uint8_t>(width)};
    days |= months_or_minutes && !hours;
    if (days && hours) return {CellFormat::date_time};
    if (days) return {CellFormat::date};
    if (hours) return {CellFormat::time, 0, counts};
    return {};
}

CellFormat format_of_id(unsigned id) {
    if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 58))
        return {CellFormat::date};
    if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id == 45 || id == 47) return {CellFormat::time};
    if (id == 46) return {CellFormat::time, 0, true};
    if (id == 22) return {CellFormat::date_time};
    return {};
}

void append_number(std::string& to, std::string_view number, CellFormat format, bool from_1904) {
    if (format.kind == CellFormat::plain && reads_the_same(number)) {
        to += number;
        return;
    }
    double value = 0;
    auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || stop != number.data() + number.size() || !std::isfinite(value)) {
        to += number;
        return;
    }
    if (format.kind == CellFormat::plain) return append_general(to, value);
    if (format.kind != CellFormat::zeros) {
        if (!append_moment(to, value, format, from_1904)) append_general(to, value);
        return;
    }
    if (std::abs(value) > 1e15 || value != std::trunc(value)) return append_general(to, value);
    if (value < 0) to += '-';
    append_padded(to, static_cast<std::int64_t>(std::abs(value)), format.width);
}

std::size_t unescape(char* text, std::size_t size) {
    char* end = text + size;
    char* to = static_cast<char*>(std::memchr(text, '_', size));
    if (!to) return size;
    for (const char* at = to; at != end;) {
        int unit = escaped(at, end);
        int next = unit >= 0xD800 && unit < 0xDC00 ? escaped(at + 7, end) : -1;
        if (next >= 0xDC00 && next < 0xE000) {
            to = put_character(to, 0x10000 + ((static_cast<unsigned>(unit) & 0x3FF) << 10) +
                                       (static_cast<unsigned>(next) & 0x3FF));
            at += 14;
        } else if (unit >= 0 && (unit < 0xD800 || unit >= 0xE000)) {
            to = put_character(to, static_cast<unsigned>(unit));
            at += 7;
        } else {
            *to++ = *at++;
        }
    }
    return static_cast<std::size_t>(to - text);
}

} // namespace bookshop
