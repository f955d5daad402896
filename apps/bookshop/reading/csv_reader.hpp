// Reads CSV as Python 3.11's `csv.reader` does (default dialect but for the delimiter, `strict=False`, the
// file opened with `newline=""`), malformed quotes included. Python is the judge: csv_reader_python_test.cpp
// asks it.
//
//   at the start of a cell      "  opens a quoted cell             delimiter, end of line: an empty cell
//   in a plain cell             delimiter, end of line: its end    anything else, also a quote: itself
//   in a quoted cell            "" is a quote; a quote before a delimiter or the end of the line: its end;
//                               a quote before anything else: the rest is a plain cell (`"a"b` is `ab`);
//                               anything else, also a line break: itself, byte for byte
//   at the end of the file      ends the cell and the row, an open quote too
//
// A line ends with LF, CR LF or CR; a line of nothing is no row. NUL is a character like any other.
// The text is UTF-8 already (text_source.hpp). Rows are read in place, in one buffer that grows with the
// longest row and never past RowLimits; only a cell with a doubled quote or with text behind its quote is
// rewritten, where it stands. docs/internals/csv.md tells how fast and why.
#pragma once

#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_marks.hpp"
#include "apps/bookshop/reading/row.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

class CsvReader final : public RowReader {
public:
    /// `buffer_bytes` is what the buffer begins with, and what is asked of `text` at a time.
    CsvReader(std::unique_ptr<ByteReader> text, char delimiter, RowLimits limits = {},
              std::size_t buffer_bytes = 256 << 10);

    /// See RowReader. Throws BadFile(cell_too_large, row_too_large).
    bool next(Row& row) override;

    std::uint64_t bytes_read() const override { return text_->position(); }

private:
    enum class Scan { row, blank, end, more };

    Scan scan();
    const char* scan_quoted(const char* open);
    void keep(const char* begin, const char* end);
    void keep_raw(const char* open, const char* end, std::size_t unsaid);
    void take_row(Row& row);
    void refill();
    std::string here() const;
    [[noreturn]] void refuse_cell() const;

    std::unique_ptr<ByteReader> text_;
    RowLimits limits_;
    char delimiter_;
    CsvMarks marks_;

    std::unique_ptr<char[]> buffer_; // capacity_ bytes of text, then what CsvMarks reads past the end
    std::size_t capacity_;
    char* begin_;       // of the text that is not yet taken: always the start of a row
    char* end_;         // of the text that is here
    bool last_ = false; // nothing follows end_

    std::uint64_t rows_ = 0;
    std::uint64_t line_ = 1; // of begin_

    // The row that is being scanned.
    std::vector<std::string_view> cells_; // of which count_ are in use
    std::size_t count_ = 0;
    std::vector<std::size_t> raw_; // which cells are still as in the file, from their opening quote
    const char* cell_ = nullptr;   // where the cell that is being scanned begins
    const char* next_ = nullptr;   // where the next row begins
    std::uint64_t breaks_ = 0;     // line breaks inside cells
    bool too_many_cells_ = false;
};

} // namespace bookshop
