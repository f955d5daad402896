#include "apps/bookshop/reading/header.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/unicode.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bookshop {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

void add_name(std::string& list, std::string_view name) {
    if (!list.empty()) list += ", ";
    list += name;
}

} // namespace

bool is_column(std::string_view cell, std::string_view name) noexcept {
    return same_name(strip(cell), name);
}

std::size_t count_required(const Row& header, std::span<const ColumnSpec> wanted) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(wanted, [&](const ColumnSpec& column) {
        return column.required && std::ranges::any_of(header.cells, [&](std::string_view cell) {
                   return is_column(cell, column.name);
               });
    }));
}

Header::Header(const Row& header, std::span<const ColumnSpec> wanted) : places_(wanted.size(), absent) {
    if (header.too_many_cells)
        throw BadFile("too_many_columns", "the header has more than " + std::to_string(header.cells.size()) +
                                              " columns; remove those that are not needed");
    std::string twice;
    for (std::size_t i = 0; i < header.cells.size(); ++i) {
        std::string_view name = strip(header.cells[i]);
        names_.emplace_back(name);
        auto spec =
            std::find_if(wanted.begin(), wanted.end(), [&](auto& s) { return same_name(s.name, name); });
        if (spec == wanted.end()) {
            ignored_.emplace_back(name);
            continue;
        }
        std::uint32_t& place = places_[static_cast<std::size_t>(spec - wanted.begin())];
        if (place != absent)
            add_name(twice, spec->name);
        else
            place = static_cast<std::uint32_t>(i);
    }
    if (!twice.empty())
        throw BadFile("duplicate_columns", "named twice in the header: " + twice + "; remove one of each");
    std::string missing;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (wanted[i].required && places_[i] == absent) add_name(missing, wanted[i].name);
    if (!missing.empty())
        throw BadFile("missing_columns",
                      "missing in the header: " + missing + "; add them to its first line");
}

} // namespace bookshop
