#include "apps/bookshop/rules/book.hpp"

#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/rules/limits.hpp"
#include "offstage/base/check.hpp"

#include <array>
#include <cstddef>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

namespace bookshop {
namespace {

constexpr std::array<ColumnSpec, book_fields> columns = {{{"title"},
                                                          {"author"},
                                                          {"book_type"},
                                                          {"ISBN"},
                                                          {"year_published"},
                                                          {"price"},
                                                          {"no_of_pages", false},
                                                          {"quantity"},
                                                          {"description", false}}};

} // namespace

std::string_view to_string(Field field) noexcept {
    return field == Field::row ? "row" : columns[static_cast<std::size_t>(field)].name;
}

std::span<const ColumnSpec, book_fields> book_columns() noexcept {
    return columns;
}

std::string_view to_string(Code code) noexcept {
    switch (code) {
    case Code::required:
        return "required";
    case Code::null:
        return "null";
    case Code::blank:
        return "blank";
    case Code::invalid:
        return "invalid";
    case Code::invalid_choice:
        return "invalid_choice";
    case Code::max_length:
        return "max_length";
    case Code::null_characters_not_allowed:
        return "null_characters_not_allowed";
    case Code::surrogate_characters_not_allowed:
        return "surrogate_characters_not_allowed";
    case Code::max_string_length:
        return "max_string_length";
    case Code::max_digits:
        return "max_digits";
    case Code::max_decimal_places:
        return "max_decimal_places";
    case Code::max_whole_digits:
        return "max_whole_digits";
    case Code::max_value:
        return "max_value";
    case Code::min_value:
        return "min_value";
    case Code::too_many_fields:
        return "too_many_fields";
    case Code::error_cell:
        return "error_cell";
    }
    offstage::check_failed("code", "a fault's code outside its enumeration", std::source_location::current());
}

std::string message(Fault fault, std::string_view given) {
    switch (fault.code) {
    case Code::required:
        return "This field is required.";
    case Code::null:
        return "This field may not be null.";
    case Code::blank:
        return "This field may not be blank.";
    case Code::invalid:
        return fault.field == Field::price ? "A valid number is required." : "A valid integer is required.";
    case Code::invalid_choice:
        return "\"" + std::string(given) + "\" is not a valid choice.";
    case Code::max_length:
        return "Ensure this field has no more than " + std::to_string(max_length(fault.field)) +
               " characters.";
    case Code::null_characters_not_allowed:
        return "Null characters are not allowed.";
    case Code::surrogate_characters_not_allowed:
        return "Surrogate characters are not allowed: U+" + first_surrogate(given) + ".";
    case Code::max_string_length:
        return "String value too large.";
    case Code::max_digits:
        return "Ensure that there are no more than 10 digits in total.";
    case Code::max_decimal_places:
        return "Ensure that there are no more than 2 decimal places.";
    case Code::max_whole_digits:
        return "Ensure that there are no more than 8 digits before the decimal point.";
    case Code::max_value:
        return "Ensure this value is less than or equal to 2147483647.";
    case Code::min_value:
        return "Ensure this value is greater than or equal to 0.";
    case Code::too_many_fields:
        return "This row has more cells than the header has columns.";
    case Code::error_cell:
        return "This cell holds an error of the spreadsheet; mend its formula.";
    }
    offstage::check_failed("code", "a fault's code outside its enumeration", std::source_location::current());
}

} // namespace bookshop
