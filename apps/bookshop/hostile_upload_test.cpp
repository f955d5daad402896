// Uploads as nobody who means well would send them, by name: each is refused with what to do, or imported
// row by row as what it says. None of them costs more than its size allows, and the shop goes on.
#include "apps/bookshop/testdata/archive.hpp"
#include "apps/bookshop/testdata/oracle.hpp"
#include "apps/bookshop/testing/test_shop.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

namespace bookshop {
namespace {

using offstage::web::Method;
using namespace std::string_literals;

const std::vector<std::string_view> columns = {"title",       "author",         "book_type",
                                               "ISBN",        "year_published", "price",
                                               "no_of_pages", "quantity",       "description"};
const std::vector<std::string_view> plain = {"Emma", "Jane Austen", "Classic", "0141439580", "1815", "9.99",
                                             "474",  "3",           ""};

std::string workbook(const std::string& rows) {
    return archive_of(workbook_parts(sheet_row(columns) + rows));
}

/// A workbook of which one part is exchanged.
std::string workbook_with(const std::string& part, const std::string& content) {
    Parts parts = workbook_parts(sheet_row(columns) + sheet_row(plain));
    parts[part] = content;
    return archive_of(parts);
}

/// A workbook with a string table.
std::string workbook_with_strings(const std::string& strings, const std::string& rows,
                                  const std::string& header = sheet_row(columns)) {
    Parts parts = workbook_parts(header + rows);
    std::string& relationships = parts["xl/_rels/workbook.xml.rels"];
    replace_all(
        relationships, "</Relationships>",
        "<Relationship Id='s' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
        "sharedStrings' Target='s.xml'/></Relationships>");
    parts["xl/s.xml"] =
        "<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>" + strings + "</sst>";
    return archive_of(parts);
}

/// A right row but for its first cell.
std::string row_with_title(const std::string& cell) {
    std::string row = sheet_row(plain);
    replace_all(row, "<c t='str'><v>Emma</v></c>", cell);
    return row;
}

std::string blank_rows(std::size_t count) {
    std::string rows;
    for (; count > 0; --count) rows += "<row/>";
    return rows;
}

std::string csv(const std::string& title) {
    return std::string(books_header) + title + ",Jane Austen,Classic,0141439580,1815,9.99,474,3,\n";
}

struct Hostile {
    const char* name;
    std::function<std::string()> bytes;
    const char* outcome;  ///< "status code" of a refusal, else "state inserted/refused" of the import
    const char* sentence; ///< is in what is told, or in what is wrong with the first refused row
};

void PrintTo(const Hostile& hostile, std::ostream* out) {
    *out << hostile.outcome;
}

const Hostile uploads[] = {
    // No workbook.
    {"an_archive_of_anything", [] { return archive_of({{"a.csv", csv("Emma")}}); }, "400 not_a_table",
     "Invalid File"},
    {"a_text_document",
     [] { return archive_of({{"word/document.xml", "<a/>"}, {"[Content_Types].xml", ""}}); },
     "400 not_a_table", "Invalid File"},
    {"a_start_of_an_archive", [] { return "PK\3\4"s; }, "400 not_a_table", "Invalid File"},
    {"behind_a_password", [] { return read_file(testdata("workbooks/password.xlsx")); }, "400 encrypted",
     "take the password off and save it"},
    {"a_part_behind_a_password", [] { return archive_of(workbook_parts(sheet_row(columns)), "secret"); },
     "400 encrypted", "take the password off"},
    {"excel_of_before_2007", [] { return read_file(testdata("workbooks/libreoffice.xls")); }, "400 old_xls",
     "save it as XLSX"},
    {"another_programs_workbook", [] { return read_file(testdata("workbooks/libreoffice.ods")); },
     "400 other_format", "save it as XLSX or CSV"},
    {"cut_in_half",
     [] {
         const std::string whole = read_file(testdata("books.xlsx"));
         return whole.substr(0, whole.size() / 2);
     },
     "400 broken_xlsx", "send it anew"},
    // Bombs.
    {"a_sheet_of_40_MB_of_nothing", [] { return workbook(std::string(40 << 20, ' ')); }, "400 too_expanded",
     "save its sheet as CSV"},
    {"a_string_table_of_40_MB_of_nothing",
     [] { return workbook_with_strings("<si><t>" + std::string(40 << 20, ' ') + "</t></si>", ""); },
     "400 too_expanded", "save its sheet as CSV"},
    {"one_string_of_2_MB",
     [] {
         return workbook_with_strings("<si><t>" + std::string(2 << 20, 'x') + "</t></si>",
                                      row_with_title("<c t='s'><v>0</v></c>"));
     },
     "failed 0/0", "1048576 bytes"},
    {"a_text_of_the_header_behind_one_of_2_MB",
     [] {
         std::string header = sheet_row(columns);
         replace_all(header, "<c t='str'><v>title</v></c>", "<c t='s'><v>1</v></c>");
         return workbook_with_strings("<si><t>" + std::string(2 << 20, 'x') + "</t></si>", "", header);
     },
     "400 cell_too_large", "1048576 bytes"},
    {"more_than_it_says",
     [] {
         Parts parts = workbook_parts(sheet_row(columns) + std::string(2 << 20, ' '));
         std::string bytes = archive_of(parts);
         replace_all(bytes, little(parts["xl/a.xml"].size()), little(100));
         return bytes;
     },
     "400 too_expanded", "save its sheet as CSV"},
    {"five_thousand_parts",
     [] {
         Parts parts = workbook_parts(sheet_row(columns));
         for (int i = 0; i < 5000; ++i) parts["xl/" + std::to_string(i)] = "";
         return archive_of(parts);
     },
     "400 too_expanded", "save its sheet as CSV"},
    {"a_header_behind_a_sheet_of_blank_rows",
     [] { return archive_of(workbook_parts(blank_rows(10'000) + sheet_row(columns))); }, "400 header_too_far",
     "move the header to its first row"},
    {"a_million_blank_rows_and_one", [] { return workbook(sheet_row(plain) + blank_rows(1'048'576 - 1)); },
     "failed 1/0", "more than the 1048576 rows"},
    {"a_million_blank_rows", [] { return workbook(sheet_row(plain) + blank_rows(1'048'576 - 2)); },
     "done 1/0", ""},
    {"entities_within_entities",
     [] {
         return workbook_with("xl/a.xml", "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"
                                          "<worksheet><sheetData/></worksheet>");
     },
     "400 broken_xlsx", "document type"},
    {"an_outside_entity",
     [] { return workbook_with("XL/Workbook.xml", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><workbook/>"); },
     "400 broken_xlsx", "document type"},
    {"a_tag_without_end", [] { return workbook_with("xl/a.xml", "<worksheet " + std::string(2 << 20, 'x')); },
     "400 broken_xlsx", "markup of more than"},
    {"a_sheet_name_of_100_kB",
     [] {
         Parts parts = workbook_parts(sheet_row(columns));
         replace_all(parts["XL/Workbook.xml"], "name='A'", "name='" + std::string(100'000, 'A') + "'");
         return archive_of(parts);
     },
     "400 broken_xlsx", "1000 bytes"},
    // Workbooks that point somewhere else.
    {"a_sheet_outside_the_archive",
     [] {
         Parts parts = workbook_parts(sheet_row(columns));
         replace_all(parts["xl/_rels/workbook.xml.rels"], "a.xml", "../../../../etc/passwd");
         return archive_of(parts);
     },
     "400 broken_xlsx", "etc/passwd"},
    {"a_sheet_that_is_the_workbook",
     [] {
         Parts parts = workbook_parts(sheet_row(columns));
         replace_all(parts["xl/_rels/workbook.xml.rels"], "a.xml", "workbook.xml");
         return archive_of(parts);
     },
     "400 empty_file", "he sheet \"A\" is empty"},
    {"a_text_that_is_not_in_the_table",
     [] { return workbook(sheet_row(plain) + row_with_title("<c t='s'><v>7</v></c>")); }, "failed 1/0",
     "points to a text that is not there"},
    {"a_sheet_that_ends_in_mid_air",
     [] {
         Parts parts = workbook_parts(sheet_row(columns) + sheet_row(plain));
         std::string& sheet = parts["xl/a.xml"];
         sheet.resize(sheet.size() - 20);
         return archive_of(parts);
     },
     "failed 1/0", "1 row is in the book table and stays there; 0 were refused."},
    // Workbooks whose cells are wrong.
    {"an_error_cell", [] { return workbook(row_with_title("<c t='e'><v>#REF!</v></c>")); }, "done 0/1",
     "holds an error"},
    {"a_formula_that_nobody_computed", [] { return workbook(row_with_title("<c><f>A1</f></c>")); },
     "done 0/1", "holds an error"},
    {"half_a_surrogate_pair", [] { return workbook(row_with_title("<c t='str'><v>_xD800_</v></c>")); },
     "done 1/0", ""},
    {"a_nul_by_escape", [] { return workbook(row_with_title("<c t='str'><v>a_x0000_b</v></c>")); },
     "done 0/1", "Null characters are not allowed"},
    {"a_cell_in_the_last_column", [] { return workbook("<row><c r='XFD2' t='str'><v>x</v></c></row>"); },
     "done 0/1", "more cells than"},
    {"a_cell_of_1_MB_and_a_byte",
     [] { return workbook(row_with_title("<c t='str'><v>" + std::string((1 << 20) + 1, 'x') + "</v></c>")); },
     "failed 0/0", "Row 2 of the sheet \"A\" has a cell of more than"},
    {"numbers_out_of_all_range",
     [] {
         std::string rows;
         for (const char* number : {"1e999", "-1e999", "NaN", "0x10", "1e-999", "99999999999999999999"}) {
             std::string row = sheet_row(plain);
             replace_all(row, "<c t='str'><v>3</v></c>", "<c><v>" + std::string(number) + "</v></c>");
             rows += row;
         }
         return workbook(rows);
     },
     "done 0/6", "A valid integer is required."},
    // Texts.
    {"nothing", [] { return ""s; }, "400 empty_file", "The file is empty"},
    {"line_ends_alone", [] { return std::string(100'000, '\n'); }, "400 empty_file", ""},
    {"a_picture", [] { return "\x89PNG\r\n\x1A\n"s + std::string(1000, '\0'); }, "400 not_a_table",
     "Invalid File"},
    {"a_packed_file", [] { return "\x1F\x8B\x08\0\0\0\0\0"s; }, "400 not_a_table", "Invalid File"},
    {"a_web_page", [] { return "<!DOCTYPE html><html>"s; }, "400 not_a_table", "Invalid File"},
    {"a_broken_encoding", [] { return "\xEF\xBB\xBF"s + csv("\xFF\xFE"); }, "400 bad_encoding", ""},
    {"half_a_character_at_the_end",
     [] {
         std::string utf16 = "\xFF\xFE";
         for (const char c : csv("Emma")) utf16 += {c, '\0'};
         return utf16 + "\n";
     },
     "400 bad_encoding", ""},
    {"two_thousand_columns", [] { return std::string(books_header).insert(0, std::string(2000, ',')); },
     "400 too_many_columns", "remove"},
    {"a_header_of_sql", [] { return "title'; drop table bookshop_book; --,author\nx,y\n"s; },
     "400 missing_columns", "title"},
    {"sql_in_a_cell", [] { return csv("'); drop table bookshop_book; --"); }, "done 1/0", ""},
    {"a_spreadsheets_formula", [] { return csv("=cmd|' /C calc'!A0"); }, "done 1/0", ""},
    {"markup", [] { return csv("<script>alert(1)</script>"); }, "done 1/0", ""},
    {"a_nul_in_a_cell", [] { return csv("a\0b"s); }, "done 0/1", "Null characters are not allowed"},
    {"a_quote_that_never_ends", [] { return csv("Emma") + "\"" + std::string(2 << 20, 'x'); }, "failed 1/0",
     "1 row is in the book table and stays there; 0 were refused."},
    {"a_row_of_9_MB_of_commas", [] { return csv("Emma") + std::string(9 << 20, ','); }, "failed 1/0",
     "larger than"},
    {"a_row_of_ten_thousand_cells", [] { return csv("Emma") + std::string(10'000, ',') + "\n"; }, "done 1/1",
     "more cells than the header"},
};

class HostileUploadTest : public testing::TestWithParam<Hostile> {};

TEST_P(HostileUploadTest, IsAnsweredAsItDeserves) {
    const Hostile& hostile = GetParam();
    TestShop shop({.max_upload = 64 << 20});
    const TestAnswer answer = shop.ask(Method::put, "/api/v1/upload/..%2F..%2Fbooks", hostile.bytes());
    std::string outcome = std::to_string(answer.status) + " ";
    std::string told = answer.text;
    if (answer.status == 201) {
        const auto import = shop.ended(answer.json.at("import").at("id").as_int64());
        const auto number = [&](const char* name) { return std::to_string(import.at(name).as_int64()); };
        outcome = std::string(import.at("state").as_string()) + " " + number("rows_inserted") + "/" +
                  number("rows_refused");
        const TestAnswer errors = shop.get("/api/v1/imports/1/errors");
        ASSERT_EQ(errors.status, 200);
        told = import.at("error").is_string() ? std::string(import.at("error").as_string()) : errors.text;
    } else {
        outcome += std::string(answer.json.at("code").as_string());
        told = std::string(answer.json.at("response").as_string());
        EXPECT_TRUE(std::filesystem::is_empty(shop.folder().path() / "spool"));
        EXPECT_EQ(shop.number("select count(*) from bookshop_import"), 0);
    }
    EXPECT_EQ(outcome, hostile.outcome) << told;
    EXPECT_NE(told.find(hostile.sentence), std::string::npos) << told;
    EXPECT_LT(told.size(), 5000u) << "a sentence is for people";
    EXPECT_EQ(shop.import(csv("Northanger Abbey")).at("rows_inserted").as_int64(), 1) << "the shop goes on";
}

INSTANTIATE_TEST_SUITE_P(Uploads, HostileUploadTest, testing::ValuesIn(uploads),
                         [](const auto& upload) { return std::string(upload.param.name); });

} // namespace
} // namespace bookshop
