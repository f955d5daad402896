// Judges books: whether a row of texts is a book that may be saved, and if not, why.
//
// A row is accepted exactly when Django REST framework 3.14's ModelSerializer accepts it, with the same saved
// values, and refused with the same fields and codes (testdata/drf_oracle.py is that serializer; the tests
// ask it). Nothing is allocated for a plain row. Thread-safe: functions of their arguments.
#pragma once

#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/rules/book.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace bookshop {

/// A book as it was given: each field's text in the order of Field, nothing where the field was not given at
/// all.
using BookTexts = std::array<std::optional<std::string_view>, book_fields>;

/// The texts of a row. `header` must have been made for book_columns().
BookTexts book_texts(const Header& header, const Row& row) noexcept;

/// Judges a book. True, and `book` is set to views of `texts`; or false, and `faults` tells why.
bool judge(const BookTexts& texts, Book& book, Faults& faults);

/// Judges a row of a table: as judge(book_texts(header, row), ...), and refuses a row with more cells than
/// the header and cells that hold an error.
bool judge(const Header& header, const Row& row, Book& book, Faults& faults);

} // namespace bookshop
