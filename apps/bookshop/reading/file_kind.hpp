// What a file is, by its content: its name is never asked.
//
// A ZIP archive is told by its central directory, an OLE container (old Excel, or a workbook behind a
// password) by its directory, a text by the absence of what texts do not hold. Nothing is unpacked.
#pragma once

#include <string_view>

namespace bookshop {

enum class FileKind {
    empty,
    text, ///< CSV, as far as can be said before reading it
    xlsx,
    old_xls,      ///< Excel before 2007
    encrypted,    ///< a workbook behind a password
    other_format, ///< another program's spreadsheet (.ods, .xlsb)
    other,
};

/// Looks at the file, at most a few hundred KiB of it. The descriptor must be a regular file's; its position
/// does not matter and is not moved. Throws Error(io).
FileKind file_kind(int fd);

/// Throws the BadFile that tells people what to do with such a file; returns when it can be read (text,
/// xlsx).
void require_readable(FileKind kind);

} // namespace bookshop
