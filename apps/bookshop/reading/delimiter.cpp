#include "apps/bookshop/reading/delimiter.hpp"

#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"

#include <compare>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace bookshop {
namespace {

constexpr std::size_t most_rows = 50;

/// What speaks for a delimiter, first what counts first.
struct Score {
    std::size_t required = 0; ///< required columns in the header
    double shape = 0;         ///< how wide the header is, and how many rows are as wide
    auto operator<=>(const Score&) const = default;
};

Score score(std::string_view sample, bool whole, std::span<const ColumnSpec> wanted, char delimiter) {
    CsvReader reader(std::make_unique<MemoryBytes>(sample), delimiter,
                     {.cell_bytes = sample.size(), .row_bytes = sample.size() + 1});
    std::vector<std::size_t> widths;
    Score its;
    for (Row row; widths.size() < most_rows && reader.next(row);) {
        if (widths.empty()) its.required = count_required(row, wanted);
        widths.push_back(row.cells.size());
    }
    bool cut =
        !whole && widths.size() < most_rows && widths.size() > 1; // the sample ends within the last row
    if (cut) widths.pop_back();
    if (widths.empty() || widths[0] < 2) return its;
    std::size_t alike = 0;
    for (std::size_t width : widths) alike += width == widths[0];
    double share = static_cast<double>(alike) / static_cast<double>(widths.size());
    its.shape = static_cast<double>(widths[0]) * share * share;
    return its;
}

} // namespace

char sniff_delimiter(std::string_view sample, bool whole, std::span<const ColumnSpec> wanted) {
    char best = ',';
    Score best_score;
    for (char candidate : {',', ';', '\t', '|'}) {
        const Score its = score(sample, whole, wanted, candidate);
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
