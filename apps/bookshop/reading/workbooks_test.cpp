// Workbooks as programs write them, and archives as an attacker would.
#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/file_kind.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/table.hpp"
#include "apps/bookshop/testdata/archive.hpp"
#include "apps/bookshop/testdata/oracle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string_view>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace bookshop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Rows = std::vector<std::vector<std::string>>;

constexpr ColumnSpec wanted[] = {{"title"}};

class Workbooks : public testing::Test {
protected:
    ~Workbooks() override {
        if (fd_ >= 0) ::close(fd_);
    }

    Table open(const std::string& path, const TableOptions& options = {}) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        EXPECT_GE(fd_, 0) << path;
        return open_table(fd_, wanted, options);
    }

    std::string refusal(const std::string& path, std::string_view reason, const TableOptions& options = {}) {
        try {
            Table table = open(path, options);
            for (Row row; table.rows->next(row);) {
            }
        } catch (const BadFile& refused) {
            EXPECT_EQ(refused.reason(), reason) << refused.what();
            return refused.what();
        }
        ADD_FAILURE() << path << " was read";
        return {};
    }

private:
    int fd_ = -1;
};

/// An archive in a file of its own.
class Archive {
public:
    explicit Archive(const Parts& parts, const char* password = nullptr)
        : bytes_(archive_of(parts, password)) {
        const char* folder = std::getenv("TMPDIR");
        path = std::string(folder ? folder : "/tmp") + "/bookshop_archive_XXXXXX";
        int fd = ::mkstemp(path.data());
        EXPECT_GE(fd, 0);
        ::close(fd);
        write(bytes_);
    }
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
    ~Archive() { ::unlink(path.c_str()); }

    const std::string& bytes() const { return bytes_; }
    void write(const std::string& content) const {
        std::FILE* file = std::fopen(path.c_str(), "wb");
        std::fwrite(content.data(), 1, content.size(), file);
        std::fclose(file);
    }

    std::string path;

private:
    const std::string bytes_;
};

Parts small_workbook(const std::string& rows) {
    return workbook_parts(sheet_row({"title"}) + rows);
}

TEST_F(Workbooks, OfEveryWriterSayTheSame) {
    for (const char* name : {"openpyxl-shared", "openpyxl-inline", "libreoffice", "libxlsxwriter"}) {
        SCOPED_TRACE(name);
        Table table = open(testdata("workbooks/" + std::string(name) + ".xlsx"));
        EXPECT_EQ(table.kind, FileKind::xlsx);
        EXPECT_EQ(table.sheet, "B\xC3\xBC"
                               "cher");
        EXPECT_EQ(table.header.width(), 14U);
        // openpyxl computes no formulas, so theirs are error cells.
        bool computed = std::string_view(name).starts_with("lib");
        Row row;
        ASSERT_TRUE(table.rows->next(row));
        EXPECT_THAT(row.cells, ElementsAre("Emma", "Jane Austen", "Classic", "0141439580", "1815", "9.99",
                                           "474", "3", "first\nsecond", "2024-05-01", "2024-05-01T13:45:00",
                                           "42", computed ? "29.97" : "", "TRUE"));
        EXPECT_EQ(row.error_cells.size(), computed ? 0U : 1U);
        ASSERT_TRUE(table.rows->next(row));
        EXPECT_THAT(row.cells, ElementsAre("B\xC3\xA4ume & <Fabeln> \xF0\x9F\x93\x9A",
                                           "\xE5\xA4\xAA\xE5\xAE\xB0\xE6\xB2\xBB", "Comic", "0439023483",
                                           "1999", "0.1", "", "0", " blanks around ", "1999-12-31",
                                           "1999-12-31T23:59:59", "7", computed ? "ab" : "", "FALSE"));
        EXPECT_EQ(row.line, 3U);
        EXPECT_FALSE(table.rows->next(row));
    }
}

TEST_F(Workbooks, GiveAnotherSheetWhenAskedForIt) {
    TableOptions options;
    options.sheet = "other";
    EXPECT_THAT(refusal(testdata("workbooks/libreoffice.xlsx"), "missing_columns", options),
                HasSubstr("title"));
    options.sheet = "hidden";
    refusal(testdata("workbooks/libreoffice.xlsx"), "missing_columns", options);
    options.sheet = "None";
    EXPECT_THAT(refusal(testdata("workbooks/libreoffice.xlsx"), "no_such_sheet", options),
                HasSubstr("Hidden, B\xC3\xBC"
                          "cher, Other"));
}

TEST_F(Workbooks, ThatCannotBeReadSayWhatToDo) {
    EXPECT_THAT(refusal(testdata("workbooks/password.xlsx"), "encrypted"),
                HasSubstr("take the password off"));
    EXPECT_THAT(refusal(testdata("workbooks/libreoffice.xls"), "old_xls"), HasSubstr("save it as XLSX"));
    EXPECT_THAT(refusal(testdata("workbooks/libreoffice.ods"), "other_format"),
                HasSubstr("save it as XLSX or CSV"));
}

TEST_F(Workbooks, TellHowFarTheyAreReadAsAShareOfTheFile) {
    Table table = open(testdata("books.xlsx"));
    const std::uint64_t size = std::filesystem::file_size(testdata("books.xlsx"));
    std::uint64_t before = 0;
    for (Row row; table.rows->next(row);) {
        const std::uint64_t now = table.rows->bytes_read();
        EXPECT_GE(now, before);
        before = now;
        if (row.number == 1) {
            EXPECT_LT(now, size / 10);
        }
        if (row.number == 5000) {
            EXPECT_GT(now, size * 4 / 10);
            EXPECT_LT(now, size * 6 / 10);
        }
    }
    EXPECT_EQ(before, size);
}

TEST_F(Workbooks, AreFoundByNamesOfAnyCase) {
    Archive archive(small_workbook("<row><c t='str'><v>Emma</v></c></row>"));
    Table table = open(archive.path);
    Row row;
    ASSERT_TRUE(table.rows->next(row));
    EXPECT_EQ(row.cells[0], "Emma");
}

TEST_F(Workbooks, WithoutRowsAreEmpty) {
    auto parts = small_workbook("");
    parts["xl/a.xml"] = "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'/>";
    EXPECT_THAT(refusal(Archive(parts).path, "empty_file"), HasSubstr("the sheet \"A\" is empty"));
}

TEST_F(Workbooks, CutShortAreBroken) {
    std::string whole = read_file(testdata("books.xlsx"));
    Archive file(small_workbook(""));
    for (std::size_t size : {std::size_t{200}, whole.size() / 2, whole.size() - 1}) {
        file.write(whole.substr(0, size));
        EXPECT_THAT(refusal(file.path, "broken_xlsx"), HasSubstr("send it anew")) << size;
    }
}

TEST_F(Workbooks, WithADamagedByteAreBroken) {
    std::string rows;
    for (int i = 0; i < 1000; ++i)
        rows += "<row><c t='str'><v>Book " + std::to_string(i * 7919) + "</v></c></row>";
    Archive archive(small_workbook(rows));
    std::string bytes = archive.bytes();
    std::size_t sheet = bytes.find("xl/a.xml");
    bytes[sheet + 2000] = static_cast<char>(bytes[sheet + 2000] ^ 0x10);
    archive.write(bytes);
    EXPECT_THAT(refusal(archive.path, "broken_xlsx"), HasSubstr("xl/a.xml"));
}

TEST_F(Workbooks, ThatWouldUnpackToMuchMoreAreRefusedUnread) {
    Archive archive(small_workbook(std::string(40 << 20, ' ')));
    EXPECT_LT(archive.bytes().size(), 100000U);
    EXPECT_THAT(refusal(archive.path, "too_expanded"), HasSubstr("save its sheet as CSV"));
    TableOptions options;
    options.xlsx.ratio = 2000;
    EXPECT_NO_THROW(open(archive.path, options));
    options.xlsx.part_bytes = 30 << 20;
    refusal(archive.path, "too_expanded", options);
}

TEST_F(Workbooks, ThatUnpackToMoreThanTheySayAreRefused) {
    auto parts = small_workbook(std::string(2 << 20, ' '));
    Archive archive(parts);
    std::string bytes = archive.bytes();
    replace_all(bytes, little(parts["xl/a.xml"].size()), little(1000));
    archive.write(bytes);
    refusal(archive.path, "too_expanded");
}

TEST_F(Workbooks, OfTooManyPartsAreRefused) {
    auto parts = small_workbook("");
    for (int i = 0; i < 5000; ++i) parts["xl/" + std::to_string(i)] = "";
    refusal(Archive(parts).path, "too_expanded");
}

TEST_F(Workbooks, OfWhichAPartIsEncryptedAreBehindAPassword) {
    refusal(Archive(small_workbook(""), "secret").path, "encrypted");
}

} // namespace
} // namespace bookshop
