// `bookshop import` as a real process, alone and beside a server.
#include "apps/bookshop/testdata/oracle.hpp"
#include "apps/bookshop/testing/served_shop.hpp"
#include "apps/bookshop/testing/test_shop.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <sys/stat.h>

namespace bookshop {
namespace {

const std::string good = std::string(books_header) + book_rows(3);

class ImportCommandTest : public testing::Test {
protected:
    ServedShop shop;
};

TEST_F(ImportCommandTest, ItImportsByItself) {
    shop.folder().write("books.csv", good + ",,,,,,,,\n");
    const Ran ran = shop.run({"import", "books.csv"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("100 %"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("row 4: title: This field may not be blank."), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("books.csv: 4 rows read, 3 inserted, 1 refused"), std::string::npos) << ran.out;
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 3);
    const Ran twice = shop.run({"import", "books.csv"});
    EXPECT_EQ(twice.code, 0);
    EXPECT_NE(twice.out.find("--again"), std::string::npos) << twice.out;
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 3);
    EXPECT_EQ(shop.run({"import", "books.csv", "--again"}).code, 0);
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 6);
}

TEST_F(ImportCommandTest, ItSendsToTheServerThatHasTheDatabase) {
    shop.start();
    shop.folder().write("my books.csv", good + ",,,,,,,,\n");
    const Ran ran = shop.run({"import", "my books.csv"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find(shop.url()), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("row 4: title: This field may not be blank."), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("my books.csv: 4 rows read, 3 inserted, 1 refused"), std::string::npos) << ran.out;
    EXPECT_EQ(shop.get("/api/v1/books").at("count").as_int64(), 3);
}

TEST_F(ImportCommandTest, AFileWhoseNameIsNotUtf8IsImportedUnderOneThatIs) {
    const auto told = [&](const Ran& ran) {
        EXPECT_EQ(ran.code, 0) << ran.err;
        EXPECT_NE(ran.out.find("\uFFFD\uFFFD.csv: 3 rows read, 3 inserted"), std::string::npos) << ran.out;
    };
    shop.folder().write("\xff\xfe.csv", good);
    told(shop.run({"import", "\xff\xfe.csv"}));
    shop.start();
    told(shop.run({"import", "\xff\xfe.csv", "--again"}));
    EXPECT_EQ(shop.get("/api/v1/imports/1").at("file").as_string(), "\uFFFD\uFFFD.csv");
    EXPECT_EQ(shop.get("/api/v1/imports/2").at("file").as_string(), "\uFFFD\uFFFD.csv");
}

TEST_F(ImportCommandTest, ATerminalIsShownWhatItWouldObey) {
    const auto imported = [&](const std::string& file) {
        const Ran ran = shop.run({"import", file, "--again"});
        EXPECT_NE(ran.out.find(R"(row 4: book_type: "\x1B]0;PWNED\x07\x1B[31m\x0Arow 5" is not)"),
                  std::string::npos)
            << ran.out;
        const auto harmless = [](char c) { return c == '\n' || (c >= ' ' && c != 0x7F) || c < 0; };
        EXPECT_TRUE(std::ranges::all_of(ran.out + ran.err, harmless)) << ran.out << ran.err;
        return ran.code;
    };
    const std::string bad = good + "T,A,\"\x1B]0;PWNED\a\x1B[31m\nrow 5\",1,1999,1.00,1,1,\n";
    shop.folder().write("b\x1B[31m.csv", bad);
    EXPECT_EQ(imported("b\x1B[31m.csv"), 0);
    EXPECT_EQ(shop.run({"import", "no\x1B[31m.csv"}).err.find('\x1B'), std::string::npos);
    EXPECT_EQ(shop.run({"import", "one", "b\x1B[31m.csv"}).err.find('\x1B'), std::string::npos);
    shop.start();
    EXPECT_EQ(imported("b\x1B[31m.csv"), 0);
}

TEST_F(ImportCommandTest, ItImportsTheSheetOfAWorkbookThatIsNamed) {
    const std::string file = testdata("books.xlsx");
    const Ran none = shop.run({"import", file, "--sheet", "none"});
    EXPECT_EQ(none.code, 2);
    EXPECT_NE(none.err.find("it has: Books"), std::string::npos) << none.err;
    const Ran here = shop.run({"import", file, "--sheet", "BOOKS"});
    EXPECT_EQ(here.code, 0) << here.err;
    EXPECT_NE(here.out.find("10,000 rows read, 9,247 inserted, 753 refused"), std::string::npos) << here.out;
    ServedShop large;
    large.start();
    EXPECT_EQ(large.run({"import", file, "--sheet", "none"}).code, 2);
    const Ran there = large.run({"import", file, "--sheet", "Books"});
    EXPECT_EQ(there.code, 0) << there.err;
    EXPECT_NE(there.out.find("10,000 rows read, 9,247 inserted, 753 refused"), std::string::npos)
        << there.out;
}

TEST_F(ImportCommandTest, WhatItCannotImportIsOneLineAndAnExitCode) {
    const auto both = [&] {
        for (const char* file : {"none.csv", "empty.csv", "short.csv", ".", "pipe"}) {
            const Ran ran = shop.run({"import", file});
            EXPECT_EQ(ran.code, 2) << file;
            EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
            EXPECT_TRUE(ran.err.starts_with("bookshop: ")) << ran.err;
        }
    };
    shop.folder().write("empty.csv", "");
    shop.folder().write("short.csv", "title,author\n");
    ASSERT_EQ(::mkfifo((shop.folder().path() / "pipe").c_str(), 0600), 0); // which nobody writes to
    both();
    shop.start();
    both();
}

} // namespace
} // namespace bookshop
