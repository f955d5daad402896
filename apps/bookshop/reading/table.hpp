// Opens what a person uploaded as a table, whatever it is: the one door to this folder for an importer.
#pragma once

#include "apps/bookshop/reading/file_kind.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"

#include <memory>
#include <span>
#include <string>

namespace bookshop {

struct Table {
    FileKind kind;                   ///< text or xlsx
    std::string encoding;            ///< of a text, as people know it ("UTF-8", "WINDOWS-1251")
    std::string delimiter;           ///< of a text: `,`, `;`, `|` or `tab`
    Header header;                   ///< for the columns that were asked for
    std::unique_ptr<RowReader> rows; ///< stands behind the header; its next row is number 1
};

/// Looks at a file's kind, encoding, delimiter and header, and opens it for reading its rows. Reads a text
/// once from end to end, which takes about 40 ms for 100 MB that are in the page cache.
///
/// `fd` must be a regular file's and stay open as long as the table; its position is neither used nor moved.
/// `wanted` must outlive the table. Throws BadFile with what is wrong and what to do, Error(io).
Table open_table(int fd, std::span<const ColumnSpec> wanted, RowLimits limits = {});

} // namespace bookshop
