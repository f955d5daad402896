// The CSV reader beside Python's own, on thousands of texts that try to tell them apart.
#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/testdata/oracle.hpp"

#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {
namespace {

using namespace std::string_view_literals;

struct Case {
    char delimiter;
    std::string text;
};

/// Texts of few different pieces, so that quotes, delimiters and line breaks meet in every way; some long
/// enough that they cross the 64 bytes which CsvMarks looks at.
Case any_case(std::mt19937_64& random) {
    constexpr std::array pieces = {"\""sv,   "\""sv,       "\""sv, "\"\""sv, ","sv,    ","sv,
                                   ";"sv,    "\n"sv,       "\r"sv, "\r\n"sv, "a"sv,    "\xC3\xA9"sv,
                                   " "sv,    "|"sv,        "\t"sv, "\0"sv,   "\x0B"sv, "\xE2\x80\xA8"sv,
                                   "\x1C"sv, "\xC2\x85"sv, "\\"sv, "'"sv};
    Case made{",,,;\t|" [random() % 6], {}};
    std::size_t length = random() % (random() % 8 == 0 ? 300 : 24);
    bool plain = random() % 4 == 0;
    while (made.text.size() < length) {
        if (plain && random() % 3)
            made.text.append(1 + random() % 90, static_cast<char>('a' + random() % 26));
        else
            made.text += pieces[random() % pieces.size()];
        if (random() % 8 == 0) made.text += made.delimiter;
    }
    return made;
}

std::string rows_in_hex(const Case& read, std::size_t chunk, std::size_t buffer) {
    CsvReader reader(std::make_unique<MemoryBytes>(read.text, chunk), read.delimiter, {}, buffer);
    std::string rows;
    for (Row row; reader.next(row);) {
        if (row.number > 0) rows += ';';
        for (std::size_t i = 0; i < row.cells.size(); ++i)
            rows += (i > 0 ? ",x" : "x") + to_hex(row.cells[i]);
    }
    return rows;
}

TEST(CsvReader, ReadsWhatPythonsCsvReads) {
    constexpr std::uint64_t seed = 20240229;
    std::mt19937_64 random(seed);
    std::vector<Case> cases(20000);
    std::string asked;
    for (Case& made : cases) {
        made = any_case(random);
        asked += to_hex({&made.delimiter, 1}) + " " + to_hex(made.text) + "\n";
    }
    std::vector<std::string> told = ask_python("csv_oracle.py", asked);
    ASSERT_EQ(told.size(), cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
        ASSERT_EQ(rows_in_hex(cases[i], SIZE_MAX, 256 << 10), told[i]) << "case " << i << " of seed " << seed;
        ASSERT_EQ(rows_in_hex(cases[i], 1 + random() % 5, 1 + random() % 40), told[i])
            << "case " << i << " of seed " << seed << ", dripping in";
    }
}

} // namespace
} // namespace bookshop
