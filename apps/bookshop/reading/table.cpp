#include "apps/bookshop/reading/table.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/delimiter.hpp"
#include "apps/bookshop/reading/encoding.hpp"
#include "apps/bookshop/reading/file_at.hpp"
#include "apps/bookshop/reading/file_kind.hpp"
#include "apps/bookshop/reading/guard.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/text_source.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"
#include "apps/bookshop/reading/xlsx_reader.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace bookshop {
namespace {

char delimiter_of(std::unique_ptr<ByteReader> file, const Encoding& encoding,
                  std::span<const ColumnSpec> wanted) {
    auto text = open_text(std::move(file), encoding);
    std::string sample(64 << 10, '\0');
    std::size_t size = 0;
    std::size_t got = 1;
    for (; got > 0 && size < sample.size(); size += got) got = text->read(std::span(sample).subspan(size));
    return sniff_delimiter(std::string_view(sample).substr(0, size), got == 0, wanted);
}

/// Reads the table's first row; false where it has none. Cells that are guarded are unguarded from here on.
bool read_header(Table& table, std::span<const ColumnSpec> wanted) {
    Row first;
    if (!table.rows->next(first)) return false;
    if (has_error_column(first)) {
        auto unguarded = std::make_unique<UnguardedRows>(std::move(table.rows));
        unguarded->take_off(first);
        table.rows = std::move(unguarded);
    }
    table.header = Header(first, wanted);
    return true;
}

Table open_text_table(int fd, std::span<const ColumnSpec> wanted, const TableOptions& options) {
    if (!options.sheet.empty())
        throw BadFile("no_such_sheet", "this is a text, which has no sheets; send it without naming one");
    const auto file = [&] { return std::make_unique<FileBytes>(fd, options.stop); };
    Encoding encoding = detect_encoding(*file());
    char delimiter = delimiter_of(file(), encoding, wanted);
    auto rows = std::make_unique<CsvReader>(open_text(file(), encoding), delimiter, options.rows);
    Table table{.kind = FileKind::text,
                .encoding = encoding.name,
                .delimiter = std::string(delimiter_name(delimiter)),
                .rows = std::move(rows)};
    if (!read_header(table, wanted)) throw BadFile("empty_file", "the file has no header, only blank lines");
    return table;
}

Table open_workbook(int fd, std::span<const ColumnSpec> wanted, const TableOptions& options) {
    auto rows = std::make_unique<XlsxReader>(open_archive(fd, options.xlsx, options.stop), options.sheet,
                                             FileAt(fd).size(), options.rows, options.xlsx);
    Table table{.kind = FileKind::xlsx, .sheet = rows->sheet(), .rows = std::move(rows)};
    if (!read_header(table, wanted))
        throw BadFile("empty_file",
                      "the sheet \"" + table.sheet + "\" is empty; name another one if it is not meant");
    return table;
}

} // namespace

Table open_table(int fd, std::span<const ColumnSpec> wanted, const TableOptions& options) {
    FileKind kind = file_kind(fd);
    require_readable(kind);
    return kind == FileKind::xlsx ? open_workbook(fd, wanted, options) : open_text_table(fd, wanted, options);
}

} // namespace bookshop
