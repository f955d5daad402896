// Which column of a table is which: by its name in the header, in any order and any case, blanks around it
// aside.
//
// What a program wants of a table are ColumnSpecs; a Header says where in a row each stands. Immutable, so
// any thread may use it.
#pragma once

#include "apps/bookshop/reading/row.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

struct ColumnSpec {
    std::string_view name;
    bool required = true; ///< false: the column may be absent altogether
};

/// Whether a header's cell names that column: in any case, blanks around it aside.
bool is_column(std::string_view cell, std::string_view name) noexcept;

/// How many of the required columns a header's cells name.
std::size_t count_required(const Row& header, std::span<const ColumnSpec> wanted) noexcept;

class Header {
public:
    /// Of no columns.
    Header() = default;

    /// Reads a header. Throws BadFile(missing_columns, duplicate_columns, too_many_columns), naming which. A
    /// column that nobody asked for may be there and may be there twice. The names of `wanted` must outlive
    /// this.
    Header(const Row& header, std::span<const ColumnSpec> wanted);

    /// How many columns the header has; a row with more cells is too long.
    std::size_t width() const noexcept { return names_.size(); }

    /// The columns' names as the file has them, blanks around them taken off.
    const std::vector<std::string>& names() const noexcept { return names_; }

    /// The names of the columns that nobody asked for, in the file's order.
    const std::vector<std::string>& ignored() const noexcept { return ignored_; }

    /// Where the wanted column `index` stands; empty when it is absent.
    std::optional<std::size_t> place(std::size_t index) const noexcept {
        if (places_[index] == absent) return std::nullopt;
        return places_[index];
    }

    /// What the row says in the wanted column `index`: empty text where the row is too short, nothing where
    /// the column is absent.
    std::optional<std::string_view> cell(const Row& row, std::size_t index) const noexcept {
        std::size_t place = places_[index];
        if (place < row.cells.size()) return row.cells[place];
        if (place == absent) return std::nullopt;
        return std::string_view{};
    }

private:
    static constexpr std::uint32_t absent = UINT32_MAX;

    std::vector<std::string> names_;
    std::vector<std::string> ignored_;
    std::vector<std::uint32_t> places_; // of each wanted column
};

} // namespace bookshop
