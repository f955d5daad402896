// The rules beside Django REST framework itself, on thousands of cells that try to tell them apart.
#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/rules/book.hpp"
#include "apps/bookshop/rules/book_rules.hpp"
#include "apps/bookshop/testdata/oracle.hpp"
#include "offstage/base/json.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
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
namespace json = boost::json;

/// Writes cells that are nearly right, or nearly wrong.
class CellMaker {
public:
    explicit CellMaker(std::uint64_t seed) : random_(seed) {}

    std::string cell(Field field) {
        switch (field) {
        case Field::price:
        case Field::no_of_pages:
        case Field::quantity:
            return number();
        case Field::book_type:
            return choice();
        case Field::author:
            return text(100);
        case Field::year_published:
            return one_in(3) ? number() : text(4);
        default:
            return text(255);
        }
    }

private:
    bool one_in(unsigned n) { return random_() % n == 0; }

    template <class List>
    std::string_view any(const List& list) {
        return list[random_() % list.size()];
    }

    std::string_view blank() {
        static constexpr std::array blanks = {" "sv,
                                              "\t"sv,
                                              "\n"sv,
                                              "\r\n"sv,
                                              "\x0B"sv,
                                              "\x0C"sv,
                                              "\x1C"sv,
                                              "\x1F"sv,
                                              "\xC2\x85"sv,
                                              "\xC2\xA0"sv,
                                              "\xE2\x80\x83"sv,
                                              "\xE2\x80\xA8"sv,
                                              "\xE3\x80\x80"sv,
                                              "\xE2\x80\x8B"sv /* no blank */,
                                              "\xEF\xBB\xBF"sv /* none */};
        return any(blanks);
    }

    std::string digits(std::size_t most) {
        static constexpr std::array zeros = {0x0660,  0x0966,  0xFF10,
                                             0x1D7CE, 0x1E950, 0x00B2 /* superscript: none */};
        std::string made;
        char32_t zero = one_in(5) ? static_cast<char32_t>(zeros[random_() % zeros.size()]) : U'0';
        std::size_t size = random_() % (most + 1);
        for (std::size_t i = 0; i < size; ++i) {
            put(made, zero + (one_in(3) ? 0 : static_cast<char32_t>(random_() % (zero == 0x00B2 ? 2 : 10))));
            if (one_in(30)) made += '_';
        }
        return made;
    }

    std::string number() {
        static constexpr std::array known = {""sv,
                                             "0"sv,
                                             "-0"sv,
                                             "-0.00"sv,
                                             "2147483647"sv,
                                             "2147483648"sv,
                                             "-1"sv,
                                             "1.0"sv,
                                             "1."sv,
                                             ".5"sv,
                                             "."sv,
                                             "1.0.0"sv,
                                             "1E+2"sv,
                                             "1e"sv,
                                             "1e+"sv,
                                             "e5"sv,
                                             ".e5"sv,
                                             "0E+8"sv,
                                             "0E+7"sv,
                                             "0e-3"sv,
                                             "99999999.99"sv,
                                             "100000000"sv,
                                             "-99999999.99"sv,
                                             "NaN"sv,
                                             "sNaN12"sv,
                                             "-Infinity"sv,
                                             "inf"sv,
                                             "0x1F"sv,
                                             "1,5"sv,
                                             "\xE2\x88\x92"
                                             "5"sv,
                                             "+5"sv,
                                             "+-5"sv,
                                             "--5"sv,
                                             "1 0"sv,
                                             "1_0"sv,
                                             "_1"sv,
                                             "1_"sv,
                                             "1__0"sv,
                                             "_"sv,
                                             "1e999999999999999999"sv,
                                             "1e1000000000000000000"sv,
                                             "0e999999999999999999"sv,
                                             "0e1000000000000000000"sv,
                                             "1e-1999999999999999997"sv,
                                             "1e-1999999999999999998"sv,
                                             "0e-1999999999999999997"sv,
                                             "0e-1999999999999999998"sv,
                                             "0.1e1000000000000000000"sv,
                                             "0.00001e1000000000000000003"sv,
                                             "12e999999999999999998"sv,
                                             "12e999999999999999999"sv,
                                             "1.0\n"sv,
                                             "1 .0"sv,
                                             "1.\xD9\xA0"sv,
                                             "\x1C"
                                             "1"sv,
                                             "1\x1C"sv,
                                             "12\0"sv,
                                             "9223372036854775807"sv,
                                             "9223372036854775808"sv,
                                             "18446744073709551617"sv,
                                             "1e10"sv,
                                             "1E8"sv,
                                             "12345678e0"sv,
                                             "000000000000000000001"sv,
                                             "0000000000000.10"sv,
                                             "5e-1"sv,
                                             "5e-2"sv,
                                             "5e-3"sv,
                                             "500e-3"sv,
                                             "1e-99999999999999999999999999"sv,
                                             "1e99999999999999999999999999"sv,
                                             "0e99999999999999999999999999"sv,
                                             "1.5e1"sv,
                                             "True"sv,
                                             "\xC2\xBD"sv,
                                             "\xE4\xB8\x89"sv};
        if (one_in(3)) return std::string(any(known));
        std::string made;
        if (one_in(6)) made += blank();
        if (one_in(5)) made += any(std::array{"-"sv, "+"sv});
        made += digits(one_in(5) ? 22 : 9);
        if (one_in(2)) made += "." + digits(3);
        if (one_in(8))
            made += any(std::array{"e"sv, "E"sv}), made += any(std::array{""sv, "+"sv, "-"sv}),
                made += digits(2);
        if (one_in(40)) made.insert(0, 985 + random_() % 30, one_in(2) ? '0' : ' ');
        if (one_in(40)) made.append(985 + random_() % 30, one_in(2) ? '0' : ' ');
        if (one_in(6)) made += blank();
        return made;
    }

    std::string choice() {
        std::string made(any(book_types));
        if (one_in(8)) made[0] = static_cast<char>(made[0] ^ 0x20);
        if (one_in(8)) made += blank();
        if (one_in(8)) made.insert(0, blank());
        return one_in(10) ? "" : made;
    }

    std::string text(std::size_t limit) {
        static constexpr std::array letters = {"a"sv,
                                               "Z"sv,
                                               "7"sv,
                                               " "sv,
                                               ","sv,
                                               "\""sv,
                                               "\n"sv,
                                               "\xC3\xA9"sv,
                                               "e\xCC\x81"sv,
                                               "\xD7\x90"sv,
                                               "\xE2\x80\xAE"sv,
                                               "\xE6\x9B\xB8"sv,
                                               "\xF0\x9F\x93\x9A"sv,
                                               "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB"sv,
                                               "\xED\x9F\xBF"sv,
                                               "\xEE\x80\x80"sv,
                                               "\xC2\x85"sv,
                                               "\x7F"sv,
                                               "\x01"sv,
                                               "\xF4\x8F\xBF\xBF"sv};
        std::string made;
        if (one_in(8)) made += blank();
        bool one_letter = one_in(2);
        std::string_view letter = any(letters);
        std::size_t size = one_in(3) ? limit - 2 + random_() % 5 : random_() % 12;
        for (std::size_t i = 0; i < size; ++i) made += one_letter ? letter : any(letters);
        if (one_in(50)) made.insert(0, 1, '\0');
        if (one_in(50)) made += '\0';
        if (one_in(8)) made += blank();
        return made;
    }

    static void put(std::string& to, char32_t c) {
        if (c < 0x80) return to.push_back(static_cast<char>(c));
        if (c >= 0x10000) {
            to += static_cast<char>(0xF0 | c >> 18);
            to += static_cast<char>(0x80 | (c >> 12 & 0x3F));
        } else if (c >= 0x800) {
            to += static_cast<char>(0xE0 | c >> 12);
        }
        to += static_cast<char>(c >= 0x800 ? 0x80 | (c >> 6 & 0x3F) : 0xC0 | c >> 6);
        to += static_cast<char>(0x80 | (c & 0x3F));
    }

    std::mt19937_64 random_;
};

const std::string plain_cells[book_fields] = {"Emma", "Jane Austen", "Classic", "0141439580", "1815", "9.99",
                                              "474",  "3",           ""};

std::string any_table(std::uint64_t seed, int rows) {
    CellMaker maker(seed);
    std::mt19937_64 random(seed + 1);
    std::string table;
    for (const ColumnSpec& column : book_columns())
        table.append(table.empty() ? "" : ",").append(column.name);
    for (int i = 0; i < rows; ++i) {
        table += "\r\n";
        std::size_t width = random() % 10 ? book_fields : 1 + random() % 11;
        unsigned plain =
            random() % 3 ? 5 : 0; // of six cells; a row's values are told only if all of it is right
        for (std::size_t j = 0; j < width; ++j) {
            bool is_plain = j < book_fields && random() % 6 < plain;
            table += j == 0 ? "\"" : ",\"";
            for (char c : is_plain ? plain_cells[j] : maker.cell(static_cast<Field>(j % book_fields)))
                table.append(c == '"' ? 2 : 1, c);
            table += '"';
        }
    }
    return table;
}

json::value ours(std::uint64_t row, const Book& book, const Faults& faults) {
    auto text = [](std::string_view view) { return json::value(json::string(view)); };
    json::object told{{"row", row}, {"ok", faults.empty()}};
    if (faults.empty()) {
        std::int64_t size = book.price_cents < 0 ? -book.price_cents : book.price_cents;
        std::string cents = std::to_string(100 + size % 100).substr(1);
        std::string price = (book.price_cents < 0 ? "-" : "") + std::to_string(size / 100) + "." + cents;
        told["saved"] =
            json::object{{"title", text(book.title)},
                         {"author", text(book.author)},
                         {"book_type", text(book.book_type)},
                         {"ISBN", text(book.isbn)},
                         {"year_published", text(book.year_published)},
                         {"price", text(price)},
                         {"no_of_pages", book.no_of_pages ? json::value(*book.no_of_pages) : json::value()},
                         {"quantity", book.quantity},
                         {"description", book.description ? text(*book.description) : json::value()}};
    } else {
        json::object& errors = told["errors"].emplace_object();
        for (const Fault& fault : faults) {
            auto& codes = *errors.emplace(to_string(fault.field), json::array{}).first;
            codes.value().as_array().push_back(text(to_string(fault.code)));
        }
    }
    return told;
}

TEST(BookVerdicts, OfGeneratedCellsAreDjangos) {
    constexpr std::uint64_t seed = 31415926;
    constexpr int rows = 6000;
    std::string table = any_table(seed, rows);
    std::vector<std::string> told = ask_python("drf_oracle.py", table);
    ASSERT_EQ(told.size(), rows);

    CsvReader reader(std::make_unique<MemoryBytes>(table), ',');
    Row row;
    ASSERT_TRUE(reader.next(row));
    Header header(row, book_columns());
    Book book;
    Faults faults;
    int accepted = 0;
    for (int i = 0; i < rows; ++i) {
        ASSERT_TRUE(reader.next(row));
        accepted += judge(header, row, book, faults);
        // As texts, so that the order of fields and codes is compared too.
        ASSERT_EQ(json::serialize(ours(row.number, book, faults)),
                  json::serialize(offstage::parse_json(told[static_cast<std::size_t>(i)])))
            << "row " << i + 1 << " of seed " << seed;
    }
    EXPECT_GT(accepted, rows / 10) << "too few rows were right for their values to be compared";
}

} // namespace
} // namespace bookshop
