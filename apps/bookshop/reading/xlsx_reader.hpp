// Reads the rows of one sheet of an XLSX workbook, as it is unpacked.
//
// What a cell says as text: a number as "%.15g", with leading zeros where its format is nothing but zeros, as
// ISO 8601 where its format is a date or a time; a truth value as TRUE or FALSE; a formula as the value that
// was last computed; an error, or a formula that nobody has computed, as an error cell. A cell that gives no
// place stands after the one before it. Cells behind the last one that says something are not there, and a
// row of no cells is a blank line.
//
// In memory are the string table, as far as cells have pointed into it, and one row. One thread at a time.
#pragma once

#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/xlsx_limits.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"
#include "apps/bookshop/reading/xlsx_workbook.hpp"
#include "apps/bookshop/reading/xml_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

class XlsxReader final : public RowReader, private XmlHandler {
public:
    /// Opens the sheet of this name, or the first that is not hidden. `file_bytes` is how large the file is,
    /// for bytes_read(). Throws BadFile.
    XlsxReader(std::unique_ptr<XlsxParts> parts, std::string_view sheet, std::uint64_t file_bytes,
               RowLimits limits = {}, XlsxLimits xlsx_limits = {});

    /// See RowReader; `line` is the row's number in the sheet. Throws BadFile(broken_xlsx, too_expanded,
    /// header_too_far, too_many_rows, cell_too_large, row_too_large) and what the parts throw.
    bool next(Row& row) override;

    /// The share of the file that corresponds to how far the sheet has been unpacked.
    std::uint64_t bytes_read() const override;

    /// The name of the sheet that is read.
    const std::string& sheet() const { return sheet_; }

private:
    enum class Type { number, shared, text, truth, error };

    struct Cell {
        std::optional<std::uint64_t> shared; // its number in the string table; else the text is in texts_
        std::size_t begin = 0;
        std::size_t size = 0;
        bool error = false;
    };

    void start(std::string_view name, const XmlAttributes& attributes) override;
    void end(std::string_view name) override;
    void text(std::string_view text) override;

    void start_row(const XmlAttributes& attributes);
    void start_cell(const XmlAttributes& attributes);
    void end_cell();
    void read_cell(Cell& cell);
    std::uint64_t shared(std::string_view number);
    std::string_view text_of(const Cell& cell) const;
    void end_row();
    [[noreturn]] void refuse_late_header() const;
    std::string here() const;

    std::unique_ptr<XlsxParts> parts_;
    RowLimits limits_;
    XlsxLimits xlsx_limits_;
    std::uint64_t file_bytes_;
    std::uint64_t sheet_bytes_ = 0; // inflated
    std::string sheet_;
    std::vector<CellFormat> formats_;
    bool from_1904_ = false;
    std::optional<SharedStrings> strings_;
    std::optional<XmlReader> xml_;
    std::uint64_t rows_ = 0;       // that were given out
    std::uint64_t sheet_rows_ = 0; // also blank ones
    bool row_ended_ = false;

    // The row that is being read.
    std::uint64_t line_ = 0;
    std::vector<Cell> cells_;
    std::string texts_;
    bool too_many_cells_ = false;
    std::vector<std::string_view> views_;
    std::vector<std::uint32_t> errors_;

    // The cell that is being read, and where in its elements.
    std::size_t column_ = 0; // of the next cell that gives no place
    Type type_ = Type::number;
    CellFormat format_;
    std::size_t begin_ = 0; // of its text in texts_
    bool formula_ = false;
    bool given_ = false; // its text, though it may be empty
    bool in_rows_ = false;
    bool in_row_ = false;
    bool in_cell_ = false;
    bool inline_ = false;
    int pronounced_ = 0;
    bool taking_ = false;
};

} // namespace bookshop
