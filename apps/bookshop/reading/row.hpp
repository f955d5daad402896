// What the importer reads, whatever the file was: rows of texts.
//
// A RowReader is used by one thread at a time. A row's texts live in its reader and last until the next call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bookshop {

struct Row {
    std::uint64_t number = 0; ///< the header is 0, the first row after it 1; blank lines do not count
    std::uint64_t line = 0;   ///< the line of the file (the row of the sheet) where it begins, from 1
    std::span<const std::string_view> cells; ///< UTF-8
    std::span<const std::uint32_t>
        error_cells;             ///< columns that hold a spreadsheet's error (#REF!), ascending
    bool too_many_cells = false; ///< it had more cells than a row may have, which are not among `cells`
};

class RowReader {
public:
    virtual ~RowReader() = default;

    /// Reads the next row; false at the end. Throws Error(invalid_argument or too_large) with the row and
    /// line of what cannot be read, after which the reader is of no further use.
    virtual bool next(Row& row) = 0;

    /// Bytes of the file that have been taken so far, for a progress bar.
    virtual std::uint64_t bytes_read() const = 0;
};

/// What one row may cost in memory.
struct RowLimits {
    std::size_t cell_bytes = 1 << 20;
    std::size_t row_bytes = 8 << 20; ///< of the file, quotes included
    std::size_t columns = 1024;      ///< further cells are passed over, and told by Row::too_many_cells
};

} // namespace bookshop
