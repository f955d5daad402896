// What a workbook says before its first row: its sheets, its formats, its strings.
#pragma once

#include "apps/bookshop/reading/xlsx_limits.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"
#include "apps/bookshop/reading/xlsx_text.hpp"
#include "apps/bookshop/reading/xml_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
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

/// The workbook's string table: texts that cells point to by number. It is read as far as they do: a header's
/// texts mostly stand at its front.
class SharedStrings final : private XmlHandler {
public:
    /// Each string is of at most `string_bytes`. Throws BadFile.
    SharedStrings(XlsxParts& parts, const std::string& part, const XlsxLimits& limits,
                  std::size_t string_bytes);

    /// Whether there is a string of this number, for which the table is read up to there; of the header's
    /// that is bounded by XlsxLimits::header_strings. Throws BadFile and what the part throws, after which
    /// this is of no further use.
    bool has(std::uint64_t index, bool of_header) {
        return index < ends_.size() || read_to(index, of_header);
    }

    /// Valid until the table is read on. REQUIRES: has(index, …) was true.
    std::string_view operator[](std::uint64_t index) const {
        const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
        return std::string_view(texts_).substr(begin, ends_[index] - begin);
    }

private:
    void start(std::string_view name, const XmlAttributes& attributes) override;
    void end(std::string_view name) override;
    void text(std::string_view text) override;

    bool read_to(std::uint64_t index, bool of_header);
    void require_room(std::size_t more) const;

    XlsxLimits limits_;
    std::size_t string_bytes_;
    std::optional<XmlReader> xml_; // none where the workbook has no table
    std::string texts_;
    std::vector<std::uint32_t> ends_; // of each string in texts_
    std::size_t begin_ = 0;           // of the string that is being read
    int pronounced_ = 0;
    bool taking_ = false;
};

} // namespace bookshop
