// Any bytes as a workbook. What begins as an archive (or an OLE container) is opened as a file; anything else
// are the parts themselves, so that the fuzzer need not learn to compress: each after a byte 0xFF, in the
// order of `names`.
#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/table.hpp"
#include "apps/bookshop/reading/xlsx_reader.hpp"
#include "apps/bookshop/testdata/memory_parts.hpp"
#include "offstage/base/check.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

namespace bookshop {
namespace {

constexpr RowLimits row_limits = {.cell_bytes = 256, .row_bytes = 2048, .columns = 30};
constexpr XlsxLimits xlsx_limits = {.part_bytes = 1 << 20,
                                    .small_part_bytes = 1 << 18,
                                    .ratio = 300,
                                    .string_bytes = 1 << 16,
                                    .markup_bytes = 1 << 14};

void read_rows(RowReader& reader) {
    for (Row row; reader.next(row);) {
        OFFSTAGE_CHECK(row.cells.size() <= row_limits.columns, "a row has more cells than it may");
        std::size_t sum = 0;
        for (std::string_view cell : row.cells)
            for (char c : cell) sum += static_cast<unsigned char>(c);
        for (std::uint32_t column : row.error_cells)
            OFFSTAGE_CHECK(column < row.cells.size(), "an error outside the row");
        OFFSTAGE_CHECK(std::is_sorted(row.error_cells.begin(), row.error_cells.end()), "errors out of order");
        OFFSTAGE_CHECK(sum > 0 || !row.cells.empty() || row.too_many_cells, "a row of nothing");
    }
}

void read_file(std::string_view bytes) {
    int fd = ::memfd_create("workbook", MFD_CLOEXEC);
    OFFSTAGE_CHECK(fd >= 0 && ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
                   "no memory file");
    try {
        constexpr ColumnSpec wanted[] = {{"title", false}, {"price", false}};
        TableOptions options;
        options.rows = row_limits;
        options.xlsx = xlsx_limits;
        Table table = open_table(fd, wanted, options);
        read_rows(*table.rows);
    } catch (const BadFile&) {
    }
    ::close(fd);
}

void read_parts(std::string_view input) {
    constexpr const char* names[] = {
        "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",       "xl/styles.xml",
        "xl/workbook.xml",          "xl/_rels/workbook.xml.rels", "_rels/.rels"};
    std::map<std::string, std::string> parts = {
        {"xl/workbook.xml",
         "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' "
         "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'><sheets>"
         "<sheet name='A' r:id='r1'/></sheets></workbook>"},
        {"xl/_rels/workbook.xml.rels",
         "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
         "<Relationship Id='r1' Type='/worksheet' Target='worksheets/sheet1.xml'/>"
         "<Relationship Id='r2' Type='/sharedStrings' Target='sharedStrings.xml'/>"
         "<Relationship Id='r3' Type='/styles' Target='/xl/styles.xml'/></Relationships>"}};
    for (const char* name : names) {
        std::size_t end = std::min(input.find('\xFF'), input.size());
        if (end > 0) parts[name] = input.substr(0, end);
        input.remove_prefix(std::min(end + 1, input.size()));
    }
    try {
        XlsxReader reader(std::make_unique<MemoryParts>(parts), "", 1000, row_limits, xlsx_limits);
        read_rows(reader);
        OFFSTAGE_CHECK(reader.bytes_read() == 1000, "a sheet that ended was not read whole");
    } catch (const BadFile&) {
    }
}

} // namespace
} // namespace bookshop

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.starts_with("PK") || input.starts_with("\xD0\xCF"))
        bookshop::read_file(input);
    else
        bookshop::read_parts(input);
    return 0;
}
