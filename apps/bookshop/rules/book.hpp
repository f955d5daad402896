// A book, its fields, and what can be wrong with a field.
//
// Names, codes and short messages are those that clients of Django REST framework know. Values; nothing is
// owned.
#pragma once

#include "apps/bookshop/reading/header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bookshop {

/// In the order in which faults are told.
enum class Field : std::uint8_t {
    title,
    author,
    book_type,
    isbn,
    year_published,
    price,
    no_of_pages,
    quantity,
    description,
    row, ///< no field of a book: what is wrong with the row as a whole
};
inline constexpr std::size_t book_fields = 9;

/// The field's name as in the file and over HTTP ("ISBN"). Static storage.
std::string_view to_string(Field field) noexcept;

/// The columns that an import asks for, in the order of Field. `no_of_pages` and `description` may be blank,
/// so their columns may be absent too; such a book's description is null, as Django saves a field that was
/// not given.
std::span<const ColumnSpec, book_fields> book_columns() noexcept;

/// The values of `book_type`, exactly.
inline constexpr std::array<std::string_view, 5> book_types = {"Sci-tech", "Magazine", "Comic", "Classic",
                                                               "Horror"};

/// What is saved of a book that is right. The texts are views of the texts it was judged from.
struct Book {
    std::string_view title;
    std::string_view author;
    std::string_view book_type;
    std::string_view isbn;
    std::string_view year_published;
    std::int64_t price_cents = 0; ///< from -9,999,999,999 to 9,999,999,999
    std::optional<std::int32_t> no_of_pages;
    std::int32_t quantity = 0;
    std::optional<std::string_view> description;
    bool operator==(const Book&) const = default;
};

enum class Code : std::uint8_t {
    required,
    null, ///< of a field that JSON gives as null and that may not be
    blank,
    invalid,
    invalid_choice,
    max_length,
    null_characters_not_allowed,
    surrogate_characters_not_allowed,
    max_string_length,
    max_digits,
    max_decimal_places,
    max_whole_digits,
    max_value,
    min_value,
    too_many_fields, ///< the row has more cells than the header; ours
    error_cell,      ///< the cell holds a spreadsheet's error, such as #REF!; ours
};

/// The code as programs know it ("max_length"). Static storage.
std::string_view to_string(Code code) noexcept;

struct Fault {
    Field field;
    Code code;
    bool operator==(const Fault&) const = default;
};

/// What is wrong with one row: by field, and for a field in the order in which its rules are asked.
class Faults {
public:
    using value_type = Fault;
    using const_iterator = const Fault*;

    void add(Field field, Code code) noexcept { all_[size_++] = {field, code}; }
    void clear() noexcept { size_ = 0; }
    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    const Fault* begin() const noexcept { return all_.data(); }
    const Fault* end() const noexcept { return all_.data() + size_; }

private:
    std::array<Fault, 18>
        all_; // four texts of three rules each, the description's two, one of every other field
    std::size_t size_ = 0;
};

/// A fault as a sentence for people. `given` is the field's text as it was given, which some sentences
/// repeat.
std::string message(Fault fault, std::string_view given);

} // namespace bookshop
