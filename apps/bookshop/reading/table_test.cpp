#include "apps/bookshop/reading/file_kind.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/table.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/testdata/archive.hpp"
#include "offstage/base/error.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <stdio.h>
#include <stop_token>
#include <string>
#include <vector>

namespace bookshop {
namespace {

constexpr ColumnSpec wanted[] = {{"title"}, {"price"}};

class TableTest : public testing::Test {
protected:
    ~TableTest() override {
        if (file_) std::fclose(file_);
    }

    Table open(const std::string& content) {
        if (file_) std::fclose(file_);
        file_ = std::tmpfile();
        std::fwrite(content.data(), 1, content.size(), file_);
        std::fflush(file_);
        return open_table(::fileno(file_), wanted);
    }

    int file() const { return ::fileno(file_); }

    std::string reason(const std::string& content) {
        try {
            open(content);
        } catch (const BadFile& refused) {
            return std::string(refused.reason());
        }
        return "none";
    }

private:
    std::FILE* file_ = nullptr;
};

TEST_F(TableTest, OpensTextOfAnyEncodingAndDelimiter) {
    std::string utf16 = "\xFF\xFE";
    for (char c : std::string("price;Title;shelf\n1,50;caf\xE9;x\n")) utf16 += {c, '\0'};
    Table table = open(utf16);
    EXPECT_EQ(table.kind, FileKind::text);
    EXPECT_EQ(table.encoding, "UTF-16LE");
    EXPECT_EQ(table.delimiter, ";");
    EXPECT_EQ(table.header.ignored(), std::vector<std::string>{"shelf"});
    Row row;
    ASSERT_TRUE(table.rows->next(row));
    EXPECT_EQ(row.number, 1U);
    EXPECT_EQ(table.header.cell(row, 0), "caf\xC3\xA9");
    EXPECT_EQ(table.header.cell(row, 1), "1,50");
    EXPECT_FALSE(table.rows->next(row));
    EXPECT_EQ(table.rows->bytes_read(), utf16.size());
}

TEST_F(TableTest, ATextHasNoSheets) {
    open("title,price\n");
    try {
        open_table(file(), wanted, {.sheet = "Books"});
        ADD_FAILURE() << "it was read";
    } catch (const BadFile& refused) {
        EXPECT_EQ(refused.reason(), "no_such_sheet");
    }
}

TEST_F(TableTest, AStopEndsReadingWhateverIsRead) {
    const auto code = [](const auto& step) {
        try {
            step();
        } catch (const offstage::Error& error) {
            return error.code();
        }
        return offstage::Errc::internal;
    };
    const std::string blank(1'000'000, ' '); // no row ends in it
    Parts workbook = workbook_parts(sheet_row({"title", "price"}) + blank);
    for (const std::string& content :
         {archive_of(workbook), "title,price\n" + std::string(1'000'000, '\n')}) {
        open(content);
        std::stop_source stop;
        Table table = open_table(file(), wanted, {.stop = stop.get_token()});
        stop.request_stop();
        EXPECT_EQ(code([&] {
                      Row row;
                      table.rows->next(row);
                  }),
                  offstage::Errc::stopped);
        EXPECT_EQ(code([&] { open_table(file(), wanted, {.stop = stop.get_token()}); }),
                  offstage::Errc::stopped);
    }
}

TEST_F(TableTest, SaysWhyAFileIsNoTable) {
    EXPECT_EQ(reason(""), "empty_file");
    EXPECT_EQ(reason("\n\r\n"), "empty_file");
    EXPECT_EQ(reason("\xEF\xBB\xBF"), "empty_file");
    EXPECT_EQ(reason("%PDF-1.4"), "not_a_table");
    EXPECT_EQ(reason("title,titel\n"), "missing_columns");
    EXPECT_EQ(reason("title,price,Title\n"), "duplicate_columns");
    EXPECT_EQ(reason("\xEF\xBB\xBFtitle,price\n\xFF"), "bad_encoding");
    EXPECT_EQ(reason("title,price"), "none");
}

} // namespace
} // namespace bookshop
