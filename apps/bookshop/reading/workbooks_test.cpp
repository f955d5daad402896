// Workbooks as programs write them, and archives as an attacker would.
#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/file_kind.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/table.hpp"
#include "apps/bookshop/testdata/oracle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string_view>
#include <zip.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>
#include <zipconf.h>

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
    explicit Archive(const std::map<std::string, std::string>& parts, const char* password = nullptr) {
        const char* folder = std::getenv("TMPDIR");
        path = std::string(folder ? folder : "/tmp") + "/bookshop_archive_XXXXXX";
        int fd = ::mkstemp(path.data());
        EXPECT_GE(fd, 0);
        ::close(fd);
        int error = 0;
        zip_t* zip = zip_open(path.c_str(), ZIP_TRUNCATE, &error);
        for (const auto& [name, content] : parts) {
            zip_source_t* source = zip_source_buffer(zip, content.data(), content.size(), 0);
            zip_int64_t index = zip_file_add(zip, name.c_str(), source, ZIP_FL_ENC_UTF_8);
            if (password) {
                EXPECT_EQ(
                    zip_file_set_encryption(zip, static_cast<zip_uint64_t>(index), ZIP_EM_AES_256, password),
                    0);
            }
        }
        EXPECT_EQ(zip_close(zip), 0) << zip_strerror(zip);
    }
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
    ~Archive() { ::unlink(path.c_str()); }

    std::string bytes() const { return read_file(path); }
    void write(const std::string& content) const {
        std::FILE* file = std::fopen(path.c_str(), "wb");
        std::fwrite(content.data(), 1, content.size(), file);
        std::fclose(file);
    }

    std::string path;
};

std::map<std::string, std::string> small_workbook(const std::string& rows) {
    const std::string main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const std::string document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const std::string package = "http://schemas.openxmlformats.org/package/2006/relationships";
    return {{"XL/Workbook.xml", "<workbook xmlns='" + main + "' xmlns:r='" + document +
                                    "'><sheets><sheet name='A' r:id='r1'/></sheets></workbook>"},
            {"xl/_rels/workbook.xml.rels", "<Relationships xmlns='" + package +
                                               "'><Relationship Id='r1' Type='" + document +
                                               "/worksheet' Target='a.xml'/></Relationships>"},
            {"xl/a.xml", "<worksheet xmlns='" + main + "'><sheetData><row><c t='str'><v>title</v></c></row>" +
                             rows + "</sheetData></worksheet>"}};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

std::string little(std::size_t number) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(number >> (8 * i));
    return bytes;
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
