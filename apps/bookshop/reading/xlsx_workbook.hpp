// What a workbook says before its first row: its sheets, its formats, its strings.
#pragma once

#include "apps/bookshop/reading/xlsx_limits.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"
#include "apps/bookshop/reading/xlsx_text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

struct XlsxSheet {
    std::string name;
    std::string part;
    bool hidden = false;
};

struct XlsxWorkbook {
    std::vector<XlsxSheet> sheets;   ///< those that have cells (no charts), in the workbook's order
    std::vector<CellFormat> formats; ///< by the number that a cell's style has
    std::string strings;             ///< the part of the string table; empty when there is none
    bool from_1904 = false;
};

/// Reads the small parts. Throws BadFile.
XlsxWorkbook read_workbook(XlsxParts& parts, const XlsxLimits& limits);

/// The sheet of this name (in any case), hidden or not; without a name the first that is not hidden. Throws
/// BadFile(no_such_sheet), which lists those that there are.
const XlsxSheet& choose_sheet(const XlsxWorkbook& workbook, std::string_view name);

/// The workbook's string table: texts that cells point to by number. Immutable once read.
class SharedStrings {
public:
    SharedStrings() = default;

    /// Reads the table of a workbook, each string of at most `string_bytes`. Throws BadFile.
    SharedStrings(XlsxParts& parts, const std::string& part, const XlsxLimits& limits,
                  std::size_t string_bytes);

    std::size_t size() const noexcept { return ends_.size(); }

    /// REQUIRES: index < size().
    std::string_view operator[](std::size_t index) const {
        std::size_t begin = index == 0 ? 0 : ends_[index - 1];
        return std::string_view(texts_).substr(begin, ends_[index] - begin);
    }

private:
    friend class SharedStringsHandler;
    std::string texts_;
    std::vector<std::size_t> ends_; // of each string in texts_
};

} // namespace bookshop
