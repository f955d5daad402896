// A book as JSON over HTTP, judged as Django REST framework's ModelSerializer judges it.
//
// The rules are those of a row (rules/book_rules.hpp); what JSON adds are types: a text may be given as a
// number, which is then Python's text of it, a number may be given as a text, `true` is neither, and null is
// for fields that may be null. `{"title": null}` and `{}` are two faults. Values; thread-safe.
#pragma once

#include "apps/bookshop/rules/book.hpp"
#include "offstage/base/error.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace bookshop {

/// What JSON gave for one field.
struct GivenField {
    enum class Kind : std::uint8_t { absent, null, text, whole, real, other };
    Kind kind = Kind::absent;
    std::string text; ///< of a text itself, of a number Python's text of it, else JSON's
};
using GivenBook = std::array<GivenField, book_fields>;

/// Reads an object; members that are no field of a book are passed over, of two of one name the last counts.
/// An empty text is an object without members. Throws Error(invalid_argument) where it is no JSON, and
/// NotAnObject where it is something else.
GivenBook read_book_json(std::string_view json);

class NotAnObject : public offstage::Error {
public:
    /// `what`: as Python calls it, "list".
    explicit NotAnObject(std::string_view what);
};

/// Judges the fields that were given; without `partial`, those that must be given too. True, and `book` has
/// views of `given` in these fields; or false, and `faults` tells why. No text of a field that was not given
/// is touched.
bool judge(const GivenBook& given, bool partial, Book& book, Faults& faults);

/// {"title": ["This field may not be blank."]}
std::string faults_to_json(const Faults& faults, const GivenBook& given);

/// What Python's repr() says of a number: "0.1", "1e+16", "100.0".
std::string python_repr(double number);

} // namespace bookshop
