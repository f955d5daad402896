// Opens what a person uploaded as a table, whatever it is: the one door to this folder for an importer.
#pragma once

#include "apps/bookshop/reading/file_kind.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/xlsx_limits.hpp"

#include <memory>
#include <span>
#include <stop_token>
#include <string>

namespace bookshop {

struct Table {
    FileKind kind = FileKind::text;  ///< text or xlsx
    std::string encoding = {};       ///< of a text, as people know it ("UTF-8", "WINDOWS-1251")
    std::string delimiter = {};      ///< of a text: `,`, `;`, `|` or `tab`
    std::string sheet = {};          ///< of a workbook: the name of the sheet that is read
    Header header = {};              ///< for the columns that were asked for
    std::unique_ptr<RowReader> rows; ///< stands behind the header; its next row is number 1
};

struct TableOptions {
    std::string sheet = {}; ///< of a workbook; empty: the first that is not hidden, or a text
    RowLimits rows = {};
    XlsxLimits xlsx = {};
    std::stop_token stop = {}; ///< once requested, reading throws Error(stopped) at its next 64 KiB
};

/// Looks at a file's kind, encoding, delimiter and header, and opens it for reading its rows. Reads a text
/// once from end to end, which takes about 40 ms for 100 MB that are in the page cache; of a workbook no more
/// than XlsxLimits allow before the header, and its string table as far as the header points into it.
///
/// `fd` must be a regular file's and stay open as long as the table; its position is neither used nor moved.
/// `wanted` must outlive the table. Throws BadFile with what is wrong and what to do, Error(io),
/// Error(stopped).
Table open_table(int fd, std::span<const ColumnSpec> wanted, const TableOptions& options = {});

} // namespace bookshop
