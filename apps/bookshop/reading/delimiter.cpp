#include "apps/bookshop/reading/delimiter.hpp"

#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/row.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace bookshop {
namespace {

constexpr std::size_t most_rows = 50;

double score(std::string_view sample, bool whole, char delimiter) {
    CsvReader reader(std::make_unique<MemoryBytes>(sample), delimiter,
                     {.cell_bytes = sample.size(), .row_bytes = sample.size() + 1});
    std::vector<std::size_t> widths;
    for (Row row; widths.size() < most_rows && reader.next(row);) widths.push_back(row.cells.size());
    bool cut =
        !whole && widths.size() < most_rows && widths.size() > 1; // the sample ends within the last row
    if (cut) widths.pop_back();
    if (widths.empty() || widths[0] < 2) return 0;
    std::size_t alike = 0;
    for (std::size_t width : widths) alike += width == widths[0];
    double share = static_cast<double>(alike) / static_cast<double>(widths.size());
    return static_cast<double>(widths[0]) * share * share;
}

} // namespace

char sniff_delimiter(std::string_view sample, bool whole) {
    char best = ',';
    double best_score = 0;
    for (char candidate : {',', ';', '\t', '|'}) {
        double its = score(sample, whole, candidate);
        if (its > best_score) {
            best = candidate;
            best_score = its;
        }
    }
    return best;
}

std::string_view delimiter_name(char delimiter) {
    switch (delimiter) {
    case '\t':
        return "tab";
    case ';':
        return ";";
    case '|':
        return "|";
    default:
        return ",";
    }
}

} // namespace bookshop
