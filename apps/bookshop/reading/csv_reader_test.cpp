#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/row.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bookshop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_view_literals;

using Table = std::vector<std::vector<std::string>>;

Table read(std::string_view text, char delimiter = ',') {
    CsvReader reader(std::make_unique<MemoryBytes>(text), delimiter);
    Table table;
    for (Row row; reader.next(row);) table.emplace_back(row.cells.begin(), row.cells.end());
    return table;
}

TEST(CsvReader, PartsCellsAndRows) {
    EXPECT_EQ(read("a,b\r\nc,d\n"), (Table{{"a", "b"}, {"c", "d"}}));
    EXPECT_EQ(read("a;b|c\td", ';'), (Table{{"a", "b|c\td"}}));
    EXPECT_EQ(read(",\n"), (Table{{"", ""}}));
    EXPECT_EQ(read(""), Table{});
}

TEST(CsvReader, KeepsDelimitersQuotesAndLineBreaksInsideQuotes) {
    EXPECT_EQ(read("\"a,b\",\"c\"\"d\",\"e\r\nf\rg\"\n"), (Table{{"a,b", "c\"d", "e\r\nf\rg"}}));
    EXPECT_EQ(read("\"\",\"\"\"\"\n"), (Table{{"", "\""}}));
}

TEST(CsvReader, ReadsMalformedQuotesAsPythonDoes) {
    EXPECT_EQ(read("\"a\"b,c\n"), (Table{{"ab", "c"}}));
    EXPECT_EQ(read("a\"b\",c\n"), (Table{{"a\"b\"", "c"}}));
    EXPECT_EQ(read("\"a\"b\"c\"\"d\n"), (Table{{"ab\"c\"\"d"}}));
    EXPECT_EQ(read(" \"a\"\n"), (Table{{" \"a\""}}));
    EXPECT_EQ(read("a,\"b\nc"), (Table{{"a", "b\nc"}}));
    EXPECT_EQ(read("a,\""), (Table{{"a", ""}}));
    EXPECT_EQ(read("\"a\"\"b"), (Table{{"a\"b"}}));
}

TEST(CsvReader, EndsALineWithCrToo) {
    EXPECT_EQ(read("a\rb\r\rc"), (Table{{"a"}, {"b"}, {"c"}}));
    EXPECT_EQ(read("\"a\"\rb"), (Table{{"a"}, {"b"}}));
}

TEST(CsvReader, TakesNulForACharacter) {
    EXPECT_EQ(read("a\0b,\"\0\"\n"sv), (Table{{std::string("a\0b", 3), std::string(1, '\0')}}));
}

TEST(CsvReader, PassesOverBlankLinesButNotOverRowsOfNothing) {
    EXPECT_EQ(read("\n\r\na\n\n\n\"\"\n \n\n"), (Table{{"a"}, {""}, {" "}}));
}

TEST(CsvReader, KnowsTheNumberAndTheLineOfEachRow) {
    CsvReader reader(std::make_unique<MemoryBytes>("\nh\r\n\n\"1\r\n2\r3\"\nx\r\n"), ',');
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
    for (Row row; reader.next(row);) places.emplace_back(row.number, row.line);
    using Place = std::pair<std::uint64_t, std::uint64_t>;
    EXPECT_THAT(places, ElementsAre(Place{0, 2}, Place{1, 4}, Place{2, 7}));
}

TEST(CsvReader, RefusesACellPastItsLimitNamingItsRowAndLine) {
    std::string text = "h\n\nok\n\"" + std::string(100, 'x') + "\",b\n\"" + std::string(101, 'x') + "\"\n";
    for (std::size_t buffer : {64, 4096}) {
        CsvReader reader(std::make_unique<MemoryBytes>(text), ',', {.cell_bytes = 100}, buffer);
        Row row;
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(reader.next(row));
        EXPECT_EQ(row.cells[0], std::string(100, 'x'));
        try {
            reader.next(row);
            FAIL() << "a cell of 101 bytes was read";
        } catch (const BadFile& refused) {
            EXPECT_EQ(refused.reason(), "cell_too_large");
            EXPECT_THAT(refused.what(), HasSubstr("row 3 (line 5)"));
        }
    }
}

TEST(CsvReader, CountsADoubledQuoteOnceAgainstTheLimit) {
    std::string text = "\"" + std::string(200, '"') + "\"\n";
    CsvReader fits(std::make_unique<MemoryBytes>(text), ',', {.cell_bytes = 100}, 16);
    Row row;
    ASSERT_TRUE(fits.next(row));
    EXPECT_EQ(row.cells[0], std::string(100, '"'));
}

TEST(CsvReader, HoldsTheLimitAgainstACellPastTheLastColumnToo) {
    for (const char* cell : {"\"%x\"", "%x", "\"%x\"\"\"", "\"%\"x"}) {
        std::string text = std::string("a,b,") + cell + '\n';
        text.replace(text.find('%'), 1, std::string(300, 'x'));
        for (std::size_t buffer : {16, 4096}) {
            CsvReader reader(std::make_unique<MemoryBytes>(text), ',', {.cell_bytes = 100, .columns = 2},
                             buffer);
            Row row;
            try {
                reader.next(row);
                FAIL() << "a cell of 300 bytes was read: " << cell;
            } catch (const BadFile& refused) {
                EXPECT_EQ(refused.reason(), "cell_too_large") << cell;
            }
        }
    }
}

TEST(CsvReader, StopsAtAQuoteLeftOpenBeforeItFillsTheMemory) {
    class Endless final : public ByteReader {
    public:
        explicit Endless(std::uint64_t& given) : given_(given) {}
        std::size_t read(std::span<char> into) override {
            std::fill(into.begin(), into.end(), 'x');
            if (given_ == 0) into[0] = '"';
            given_ += into.size();
            return into.size();
        }
        std::uint64_t position() const override { return given_; }

    private:
        std::uint64_t& given_;
    };
    std::uint64_t given = 0;
    CsvReader reader(std::make_unique<Endless>(given), ',');
    Row row;
    EXPECT_THROW(reader.next(row), BadFile);
    EXPECT_LE(given, 8U << 20);
}

TEST(CsvReader, RefusesARowPastItsLimit) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "0123456789,";
    CsvReader reader(std::make_unique<MemoryBytes>(text), ',', {.cell_bytes = 10, .row_bytes = 1000}, 16);
    Row row;
    try {
        reader.next(row);
        FAIL() << "a row of 1,100 bytes was read";
    } catch (const BadFile& refused) {
        EXPECT_EQ(refused.reason(), "row_too_large");
        EXPECT_THAT(refused.what(), HasSubstr("the header (line 1)"));
    }
}

TEST(CsvReader, TellsOfCellsPastTheColumnLimitAndGoesOn) {
    CsvReader reader(std::make_unique<MemoryBytes>("1,2,3\n1,2,\"3\"\"\",4\n1,2\n"), ',', {.columns = 2});
    Row row;
    for (bool too_many : {true, true, false}) {
        ASSERT_TRUE(reader.next(row));
        EXPECT_EQ(row.cells.size(), 2U);
        EXPECT_EQ(row.too_many_cells, too_many);
    }
}

} // namespace
} // namespace bookshop
