// A CSV that people open in a spreadsheet, mend and send back: `errors.csv`.
//
// A spreadsheet runs cells that begin with = + - @, tab or CR, and takes #REF! for an error of its own, so
// such a cell is given behind an apostrophe; so is one that begins with apostrophes before any of these, and
// so taking one off gives back exactly what was there. It is taken off exactly where a table has the column
// `offstage_error`. In such a table a bare #REF! is an error cell again, as it was in the workbook that it
// came from.
#pragma once

#include "apps/bookshop/reading/row.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace bookshop {

/// The column that tells what was wrong with a row.
inline constexpr std::string_view error_column = "offstage_error";

/// Whether the cell must stand behind an apostrophe.
bool needs_guard(std::string_view cell) noexcept;
/// Whether it reads as a spreadsheet's error (#REF!).
bool is_error_text(std::string_view cell) noexcept;
/// The cell without its guard, where it has one.
std::string_view without_guard(std::string_view cell) noexcept;
/// Whether the header has the column `offstage_error`, in any case.
bool has_error_column(const Row& header) noexcept;

/// Takes the guards off all rows of another reader. One thread at a time.
class UnguardedRows final : public RowReader {
public:
    explicit UnguardedRows(std::unique_ptr<RowReader> rows) : rows_(std::move(rows)) {}
    bool next(Row& row) override;
    std::uint64_t bytes_read() const override { return rows_->bytes_read(); }
    /// The same of a row that was read before; its cells live in this.
    void take_off(Row& row);

private:
    std::unique_ptr<RowReader> rows_;
    std::vector<std::string_view> cells_;
    std::vector<std::uint32_t> errors_;
};

} // namespace bookshop
