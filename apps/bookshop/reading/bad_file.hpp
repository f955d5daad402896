// A file that cannot be read, and why: a reason for programs, a sentence for people that says what to do.
//
//   empty_file       no header                      not_a_table     neither CSV nor XLSX
//   old_xls          Excel before 2007              other_format    another spreadsheet's format (.ods,
//   .xlsb) encrypted        behind a password              broken_xlsx     says it is XLSX and cannot be read
//   as one bad_encoding     no text in its encoding        too_expanded    it would inflate past all measure
//   missing_columns, duplicate_columns, too_many_columns            the header's
//   cell_too_large, row_too_large                   past RowLimits, found while reading
//   header_too_far, too_many_rows                   past XlsxLimits: a workbook whose rows are mostly blank
//   no_such_sheet                                   there is no sheet of the name that was asked for
#pragma once

#include "offstage/base/error.hpp"

#include <string>
#include <string_view>

namespace bookshop {

class BadFile : public offstage::Error {
public:
    /// REQUIRES: `reason` is one of the list above, in static storage.
    BadFile(std::string_view reason, const std::string& sentence)
        : Error(offstage::Errc::invalid_argument, sentence), reason_(reason) {}

    std::string_view reason() const noexcept { return reason_; }

private:
    std::string_view reason_;
};

} // namespace bookshop
