// Any bytes as a CSV file: however they drip in, the same rows are read or the same refusal is made, and
// every row can be judged. The first two bytes choose the delimiter and the pieces; the rest is the file.
#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/delimiter.hpp"
#include "apps/bookshop/reading/text_source.hpp"
#include "apps/bookshop/rules/book_rules.hpp"
#include "offstage/base/check.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace bookshop {
namespace {

constexpr RowLimits limits = {.cell_bytes = 64, .row_bytes = 1024, .columns = 12};

/// All that the reader says of a text, or why it will not.
std::string read_all(std::string_view text, char delimiter, std::size_t chunk, std::size_t buffer) {
    std::string said;
    CsvReader reader(std::make_unique<MemoryBytes>(text, chunk), delimiter, limits, buffer);
    try {
        for (Row row; reader.next(row);) {
            said += std::to_string(row.number) + " " + std::to_string(row.line) +
                    (row.too_many_cells ? " long:" : ":");
            for (std::string_view cell : row.cells) said.append(cell).append("\x1F");
            BookTexts texts;
            for (std::size_t i = 0; i < book_fields && i < row.cells.size(); ++i) texts[i] = row.cells[i];
            Book book;
            Faults faults;
            judge(texts, book, faults);
            for (Fault fault : faults)
                said += message(fault, texts[static_cast<std::size_t>(fault.field)].value_or(""));
        }
    } catch (const BadFile& refused) {
        said += refused.reason();
    }
    return said;
}

std::string decoded(std::string_view file, std::size_t chunk) {
    try {
        MemoryBytes whole(file, chunk);
        auto text = open_text(std::make_unique<MemoryBytes>(file, chunk), detect_encoding(whole));
        std::string all;
        char piece[100];
        while (std::size_t got = text->read(piece)) all.append(piece, got);
        return all;
    } catch (const BadFile&) {
        return {};
    }
}

} // namespace
} // namespace bookshop

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bookshop;
    if (size < 2) return 0;
    char delimiter = ",;\t|"[data[0] % 4];
    std::size_t chunk = 1 + data[1] % 16;
    std::size_t buffer = 1 + data[1] / 16;
    std::string_view file(reinterpret_cast<const char*>(data) + 2, size - 2);

    std::string text = decoded(file, SIZE_MAX);
    OFFSTAGE_CHECK(text == decoded(file, chunk), "the text depends on how it drips in");
    sniff_delimiter(text, data[0] & 4, book_columns());
    OFFSTAGE_CHECK(read_all(file, delimiter, SIZE_MAX, 1024) == read_all(file, delimiter, chunk, buffer),
                   "the rows depend on how they drip in");
    return 0;
}
