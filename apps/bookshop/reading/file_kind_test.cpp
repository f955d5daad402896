#include "apps/bookshop/reading/file_kind.hpp"

#include "apps/bookshop/reading/bad_file.hpp"

#include <cstdint>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <stdio.h>
#include <string>
#include <vector>

namespace bookshop {
namespace {

using namespace std::string_literals;

FileKind kind_of(const std::string& content) {
    std::FILE* file = std::tmpfile();
    std::fwrite(content.data(), 1, content.size(), file);
    std::fflush(file);
    FileKind kind = file_kind(::fileno(file));
    std::fclose(file);
    return kind;
}

std::string little(std::uint64_t value, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
    return bytes;
}

/// A ZIP archive of empty files.
std::string zip_of(const std::vector<std::string>& names) {
    std::string files;
    std::string directory;
    for (const std::string& name : names) {
        std::string sizes = little(0, 12) + little(name.size(), 2) + little(0, 2);
        directory += "PK\1\2"s + little(20, 2) + little(20, 2) + little(0, 8) + sizes + little(0, 10) +
                     little(files.size(), 4) + name;
        files += "PK\3\4"s + little(20, 2) + little(0, 8) + sizes + name;
    }
    return files + directory + "PK\5\6"s + little(0, 4) + little(names.size(), 2) + little(names.size(), 2) +
           little(directory.size(), 4) + little(files.size(), 4) + little(0, 2);
}

/// An OLE container of 512-byte sectors: its allocation table in sector 0, its directory from sector 1 on.
std::string ole_of(const std::vector<std::string>& streams) {
    std::string directory;
    for (const std::string& name : streams) {
        std::string entry;
        for (char c : name) entry += {c, '\0'};
        entry.resize(64);
        directory += entry + little(2 * name.size() + 2, 2) + std::string(62, '\0');
    }
    std::size_t sectors = (directory.size() + 511) / 512;
    directory.resize(sectors * 512);
    std::string table = little(0xFFFFFFFD, 4);
    for (std::size_t i = 1; i < sectors; ++i) table += little(i + 1, 4);
    table += little(0xFFFFFFFE, 4);
    table.resize(512, '\xFF');
    std::string header = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s + std::string(22, '\0') + little(9, 2);
    header.resize(48);
    header += little(1, 4);
    header.resize(76);
    header += little(0, 4);
    header.resize(512, '\xFF');
    return header + table + directory;
}

TEST(FileKind, OfNothingIsEmpty) {
    EXPECT_EQ(kind_of(""), FileKind::empty);
}

TEST(FileKind, OfTextsIsText) {
    EXPECT_EQ(kind_of("title,price\nA,1\n"), FileKind::text);
    EXPECT_EQ(kind_of("\xEF\xBB\xBFtitle\n"), FileKind::text);
    EXPECT_EQ(kind_of("\xFF\xFEt\0i\0t\0l\0e\0"s), FileKind::text);
    EXPECT_EQ(kind_of("t\0i\0t\0l\0e\0"s), FileKind::text) << "UTF-16 without its mark";
    EXPECT_EQ(kind_of("title,price\nA NUL in a cell \0 is for the rules\n"s), FileKind::text);
    EXPECT_EQ(kind_of("Gr\xFC\xDF"
                      "e,\x84quoted\x93\n"),
              FileKind::text);
}

TEST(FileKind, OfAnArchiveIsTheKindOfItsParts) {
    EXPECT_EQ(kind_of(zip_of({"docProps/app.xml", "[Content_Types].xml", "xl/workbook.xml"})),
              FileKind::xlsx);
    EXPECT_EQ(kind_of(zip_of({"[Content_Types].xml", "word/document.xml"})), FileKind::other);
    EXPECT_EQ(kind_of(zip_of({"[Content_Types].xml", "xl/workbook.bin"})), FileKind::other_format);
    EXPECT_EQ(kind_of(zip_of({"mimetype", "content.xml"})), FileKind::other_format);
    EXPECT_EQ(kind_of(zip_of({"a.txt"})), FileKind::other);
    EXPECT_EQ(kind_of(zip_of({})), FileKind::other);
}

TEST(FileKind, OfAWorkbookThatWasCutShortIsXlsx) {
    std::string whole = zip_of({"[Content_Types].xml", "xl/workbook.xml"});
    EXPECT_EQ(kind_of(whole.substr(0, 60)), FileKind::xlsx);
    EXPECT_EQ(kind_of("PK\3\4"), FileKind::other);
}

TEST(FileKind, TellsAnOldWorkbookFromOneBehindAPassword) {
    EXPECT_EQ(kind_of(ole_of({"Root Entry", "Workbook"})), FileKind::old_xls);
    EXPECT_EQ(kind_of(ole_of({"Root Entry", "Book"})), FileKind::old_xls);
    std::vector<std::string> streams = {"Root Entry", "DataSpaces", "Version", "DataSpaceMap",
                                        "EncryptedPackage"};
    EXPECT_EQ(kind_of(ole_of(streams)), FileKind::encrypted);
    EXPECT_EQ(kind_of(ole_of({"Root Entry", "WordDocument"})), FileKind::other);
}

TEST(FileKind, EndsOnADirectoryThatRunsInACircle) {
    std::string circle = ole_of({"Root Entry"});
    circle.replace(512 + 4, 4, little(1, 4));
    EXPECT_EQ(kind_of(circle), FileKind::other);
}

TEST(FileKind, OfOtherThingsIsOther) {
    EXPECT_EQ(kind_of("%PDF-1.7\nand much that looks like text"), FileKind::other);
    std::string noise;
    for (unsigned i = 0, x = 1; i < 5000; ++i) noise += static_cast<char>((x = x * 1103515245 + 12345) >> 16);
    EXPECT_EQ(kind_of(noise), FileKind::other);
}

TEST(FileKind, SaysWhatToDoAboutAFileThatCannotBeRead) {
    auto refusal = [](FileKind kind) {
        try {
            require_readable(kind);
        } catch (const BadFile& refused) {
            return std::string(refused.reason()) + ": " + refused.what();
        }
        return "none"s;
    };
    EXPECT_EQ(refusal(FileKind::text), "none");
    EXPECT_EQ(refusal(FileKind::xlsx), "none");
    EXPECT_EQ(refusal(FileKind::other), "not_a_table: Invalid File Format");
    EXPECT_NE(refusal(FileKind::old_xls).find("save it as XLSX"), std::string::npos);
    EXPECT_NE(refusal(FileKind::encrypted).find("password"), std::string::npos);
}

} // namespace
} // namespace bookshop
