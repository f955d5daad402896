// Numbers as Django REST framework reads them out of texts: its IntegerField and DecimalField, and below them
// Python's int() and decimal.Decimal(). Digits may be of any script, blanks may stand around, underscores
// within.
//
// What is plain (ASCII digits, one point) is read on a short path, everything else on an exact one.
// book_rules_python_test.cpp holds both against the original. Thread-safe: functions of their arguments.
#pragma once

#include "apps/bookshop/rules/book.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace bookshop {

/// A whole number from 0 to 2147483647. Returns what is wrong, or nothing, and then `value` is set.
std::optional<Code> read_integer(std::string_view text, std::int32_t& value);

/// A number of at most 10 digits, of which 2 behind the point. Returns what is wrong, or nothing, and then
/// `cents` is set to the number times 100.
std::optional<Code> read_price(std::string_view text, std::int64_t& cents);

} // namespace bookshop
