#include "apps/bookshop/reading/guard.hpp"

#include "apps/bookshop/reading/header.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bookshop {
namespace {

constexpr std::string_view run = "=+-@\t\r";
constexpr std::array<std::string_view, 7> errors = {"#REF!",   "#N/A",  "#NAME?", "#DIV/0!",
                                                    "#VALUE!", "#NUM!", "#NULL!"};

} // namespace

bool needs_guard(std::string_view cell) noexcept {
    const std::size_t first = cell.find_first_not_of('\'');
    return first != std::string_view::npos &&
           (run.find(cell[first]) != std::string_view::npos || is_error_text(cell.substr(first)));
}

bool is_error_text(std::string_view cell) noexcept {
    return std::ranges::find(errors, cell) != errors.end();
}

std::string_view without_guard(std::string_view cell) noexcept {
    return cell.starts_with('\'') && needs_guard(cell) ? cell.substr(1) : cell;
}

bool has_error_column(const Row& header) noexcept {
    return std::ranges::any_of(header.cells,
                               [](std::string_view name) { return is_column(name, error_column); });
}

bool UnguardedRows::next(Row& row) {
    if (!rows_->next(row)) return false;
    take_off(row);
    return true;
}

void UnguardedRows::take_off(Row& row) {
    cells_.clear();
    errors_.assign(row.error_cells.begin(), row.error_cells.end());
    for (const std::string_view cell : row.cells) {
        if (is_error_text(cell)) errors_.push_back(static_cast<std::uint32_t>(cells_.size()));
        cells_.push_back(without_guard(cell));
    }
    std::ranges::sort(errors_);
    const auto same = std::ranges::unique(errors_);
    errors_.erase(same.begin(), same.end());
    row.cells = cells_;
    row.error_cells = errors_;
}

} // namespace bookshop
