#include "apps/bookshop/reading/table.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/delimiter.hpp"
#include "apps/bookshop/reading/text_source.hpp"

#include <utility>

namespace bookshop {
namespace {

char delimiter_of(int fd, const Encoding& encoding) {
    auto text = open_text(std::make_unique<FileBytes>(fd), encoding);
    std::string sample(64 << 10, '\0');
    std::size_t size = 0;
    std::size_t got = 1;
    for (; got > 0 && size < sample.size(); size += got) got = text->read(std::span(sample).subspan(size));
    return sniff_delimiter(std::string_view(sample).substr(0, size), got == 0);
}

Table open_text_table(int fd, std::span<const ColumnSpec> wanted, RowLimits limits) {
    FileBytes whole(fd);
    Encoding encoding = detect_encoding(whole);
    char delimiter = delimiter_of(fd, encoding);
    auto rows =
        std::make_unique<CsvReader>(open_text(std::make_unique<FileBytes>(fd), encoding), delimiter, limits);
    Row first;
    if (!rows->next(first)) throw BadFile("empty_file", "the file has no header, only blank lines");
    Header header(first, wanted);
    return {FileKind::text, encoding.name, std::string(delimiter_name(delimiter)), std::move(header),
            std::move(rows)};
}

} // namespace

Table open_table(int fd, std::span<const ColumnSpec> wanted, RowLimits limits) {
    FileKind kind = file_kind(fd);
    require_readable(kind);
    return open_text_table(fd, wanted, limits);
}

} // namespace bookshop
