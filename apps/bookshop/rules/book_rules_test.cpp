#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/rules/book.hpp"
#include "apps/bookshop/rules/book_rules.hpp"

#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/table.hpp"
#include "apps/bookshop/testdata/oracle.hpp"

#include <cstddef>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace bookshop {
namespace {

using testing::ElementsAre;

class BookRules : public testing::Test {
protected:
    bool accepted() { return judge(texts, book, faults); }
    std::vector<Fault> wrong() {
        judge(texts, book, faults);
        return {faults.begin(), faults.end()};
    }
    std::optional<std::string_view>& at(Field field) { return texts[static_cast<std::size_t>(field)]; }

    BookTexts texts = {"Emma", "Jane Austen", "Classic", "0141439580", "1815", "9.99", "474", "3", "A novel"};
    Book book;
    Faults faults;
};

TEST_F(BookRules, AcceptAPlainBookAndSaveItsValues) {
    ASSERT_TRUE(accepted());
    EXPECT_EQ(book.title, "Emma");
    EXPECT_EQ(book.author, "Jane Austen");
    EXPECT_EQ(book.book_type, "Classic");
    EXPECT_EQ(book.isbn, "0141439580");
    EXPECT_EQ(book.year_published, "1815");
    EXPECT_EQ(book.price_cents, 999);
    EXPECT_EQ(book.no_of_pages, 474);
    EXPECT_EQ(book.quantity, 3);
    EXPECT_EQ(book.description, "A novel");
}

TEST_F(BookRules, TellFaultsInTheOrderOfTheFields) {
    texts = {"", " ", "classic", "\xE2\x80\x83", "18155", "abc", "-1", "", std::string_view("\0", 1)};
    EXPECT_THAT(wrong(),
                ElementsAre(Fault{Field::title, Code::blank}, Fault{Field::author, Code::blank},
                            Fault{Field::book_type, Code::invalid_choice}, Fault{Field::isbn, Code::blank},
                            Fault{Field::year_published, Code::max_length},
                            Fault{Field::price, Code::invalid}, Fault{Field::no_of_pages, Code::min_value},
                            Fault{Field::quantity, Code::invalid},
                            Fault{Field::description, Code::null_characters_not_allowed}));
}

TEST_F(BookRules, TellEveryFaultOfOneText) {
    at(Field::year_published) = std::string_view("18\0\xED\xA0\x80"
                                                 "15",
                                                 8);
    EXPECT_THAT(wrong(), ElementsAre(Fault{Field::year_published, Code::max_length},
                                     Fault{Field::year_published, Code::null_characters_not_allowed},
                                     Fault{Field::year_published, Code::surrogate_characters_not_allowed}));
}

TEST_F(BookRules, TakeABlankNumberOfPagesForNone) {
    at(Field::no_of_pages) = "";
    ASSERT_TRUE(accepted());
    EXPECT_EQ(book.no_of_pages, std::nullopt);
    at(Field::no_of_pages) = " ";
    EXPECT_THAT(wrong(), ElementsAre(Fault{Field::no_of_pages, Code::invalid}));
}

TEST_F(BookRules, TellABlankDescriptionFromNone) {
    at(Field::description) = " \t";
    ASSERT_TRUE(accepted());
    EXPECT_EQ(book.description, "");
    at(Field::description) = std::nullopt;
    at(Field::no_of_pages) = std::nullopt;
    ASSERT_TRUE(accepted());
    EXPECT_EQ(book.description, std::nullopt);
    EXPECT_EQ(book.no_of_pages, std::nullopt);
}

TEST_F(BookRules, RequireEveryOtherField) {
    texts = {};
    std::vector<Fault> told = wrong();
    EXPECT_EQ(told.size(), 7U);
    for (const Fault& fault : told) EXPECT_EQ(fault.code, Code::required) << to_string(fault.field);
}

TEST_F(BookRules, RefuseARowThatIsTooLongForThatAlone) {
    std::vector<std::string_view> names;
    for (const ColumnSpec& column : book_columns()) names.push_back(column.name);
    Row row;
    row.cells = names;
    Header header(row, book_columns());

    std::vector<std::string_view> cells(10, "");
    row.cells = cells;
    EXPECT_FALSE(judge(header, row, book, faults));
    EXPECT_THAT(faults, ElementsAre(Fault{Field::row, Code::too_many_fields}));

    row.cells = {};
    row.too_many_cells = true;
    EXPECT_FALSE(judge(header, row, book, faults));
    EXPECT_THAT(faults, ElementsAre(Fault{Field::row, Code::too_many_fields}));
}

TEST_F(BookRules, RefuseACellThatHoldsAnError) {
    std::vector<std::string_view> names = {"shelf"};
    for (const ColumnSpec& column : book_columns()) names.push_back(column.name);
    Row row;
    row.cells = names;
    Header header(row, book_columns());

    std::vector<std::string_view> cells = {"#N/A", "",  "#REF!", "Classic", "1",
                                           "1815", "1", "",      "1",       "#DIV/0!"};
    std::vector<std::uint32_t> errors = {0, 2, 9};
    row.cells = cells;
    row.error_cells = errors;
    EXPECT_FALSE(judge(header, row, book, faults));
    EXPECT_THAT(faults, ElementsAre(Fault{Field::title, Code::blank}, Fault{Field::author, Code::error_cell},
                                    Fault{Field::description, Code::error_cell}));

    cells[1] = "Emma";
    row.error_cells = std::span(errors).first(1);
    EXPECT_TRUE(judge(header, row, book, faults)) << "an error in a column that nobody reads was told";
}

TEST_F(BookRules, SayInWordsWhatIsWrong) {
    EXPECT_EQ(message({Field::title, Code::max_length}, ""),
              "Ensure this field has no more than 255 characters.");
    EXPECT_EQ(message({Field::price, Code::invalid}, "x"), "A valid number is required.");
    EXPECT_EQ(message({Field::quantity, Code::invalid}, "x"), "A valid integer is required.");
    EXPECT_EQ(message({Field::book_type, Code::invalid_choice}, "Poetry"),
              "\"Poetry\" is not a valid choice.");
    EXPECT_EQ(message({Field::isbn, Code::surrogate_characters_not_allowed}, "a\xED\xBF\xBF"),
              "Surrogate characters are not allowed: U+DFFF.");
}

/// The verdict on a row as the verdict files have it.
std::string verdict(std::uint64_t row, const Faults& faults) {
    std::string line = "{\"row\":" + std::to_string(row);
    if (faults.empty()) return line + ",\"ok\":true}";
    line += ",\"ok\":false,\"errors\":{";
    const Fault* before = nullptr;
    for (const Fault& fault : faults) {
        bool same = before && before->field == fault.field;
        if (before) line += same ? "," : "],";
        if (!same) line.append("\"").append(to_string(fault.field)).append("\":[");
        line.append("\"").append(to_string(fault.code)).append("\"");
        before = &fault;
    }
    return line + "]}}";
}

void expect_verdicts(const std::string& table, const std::string& verdicts, int expect_accepted) {
    std::string text = read_file(testdata(table));
    CsvReader reader(std::make_unique<MemoryBytes>(text), ',');
    Row row;
    ASSERT_TRUE(reader.next(row));
    Header header(row, book_columns());
    std::istringstream told(read_file(testdata(verdicts)));
    std::string line;
    Book book;
    Faults faults;
    int accepted = 0;
    while (reader.next(row)) {
        ASSERT_TRUE(std::getline(told, line));
        accepted += judge(header, row, book, faults);
        ASSERT_EQ(verdict(row.number, faults), line);
    }
    EXPECT_FALSE(std::getline(told, line)) << "a row was not read: " << line;
    EXPECT_EQ(accepted, expect_accepted);
}

TEST(BookVerdicts, OfRealBooksAreDjangosRowByRow) {
    expect_verdicts("books.csv", "books.verdicts.jsonl", 9247);
}

TEST(BookVerdicts, OfBooksWithFaultsAreDjangosRowByRow) {
    expect_verdicts("books-dirty.csv", "books-dirty.verdicts.jsonl", 7916);
}

/// A table of the test data, read and judged row by row.
class JudgedTable {
public:
    explicit JudgedTable(const char* name)
        : fd_(::open(testdata(name).c_str(), O_RDONLY | O_CLOEXEC)), table_(open_table(fd_, book_columns())) {
    }
    JudgedTable(const JudgedTable&) = delete;
    JudgedTable& operator=(const JudgedTable&) = delete;
    ~JudgedTable() { ::close(fd_); }

    bool next() {
        if (!table_.rows->next(row_)) return false;
        judge(table_.header, row_, book, faults);
        return true;
    }

    Book book;
    Faults faults;

private:
    int fd_;
    Table table_;
    Row row_;
};

TEST(BookVerdicts, OfAWorkbookAreThoseOfTheSameBooksInCsv) {
    JudgedTable csv("books.csv");
    JudgedTable xlsx("books.xlsx");
    int rows = 0;
    while (csv.next()) {
        ++rows;
        ASSERT_TRUE(xlsx.next());
        ASSERT_EQ(verdict(0, csv.faults), verdict(0, xlsx.faults)) << "row " << rows;
        if (!csv.faults.empty()) continue;
        ASSERT_TRUE(csv.book == xlsx.book) << "row " << rows;
    }
    EXPECT_FALSE(xlsx.next());
    EXPECT_EQ(rows, 10000);
}

} // namespace
} // namespace bookshop
