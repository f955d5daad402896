#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/xlsx_limits.hpp"
#include "apps/bookshop/reading/xlsx_reader.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/testdata/memory_parts.hpp"

#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bookshop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Rows = std::vector<std::vector<std::string>>;

constexpr auto main_ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr auto document_ns = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const std::string package_ns = "http://schemas.openxmlformats.org/package/2006/relationships";

/// A workbook of one sheet, to be changed by a test.
struct Book {
    std::string ns = main_ns;
    std::string rel_ns = document_ns;
    std::string properties = "<workbookPr/>";
    std::string sheets = "<sheet name='Books' sheetId='1' r:id='r1'/>";
    std::string relationships = relationship("r1", "worksheet", "worksheets/sheet1.xml") +
                                relationship("r2", "sharedStrings", "sharedStrings.xml") +
                                relationship("r3", "styles", "/xl/styles.xml");
    std::string strings = {};
    std::string styles = {};
    std::string rows = {};

    std::string relationship(const std::string& id, const std::string& type,
                             const std::string& target) const {
        return "<Relationship Id='" + id + "' Type='" + rel_ns + "/" + type + "' Target='" + target + "'/>";
    }

    std::map<std::string, std::string> parts() const {
        auto list = [](const std::string& all) {
            return "<Relationships xmlns='" + package_ns + "'>" + all + "</Relationships>";
        };
        std::map<std::string, std::string> made;
        made["_rels/.rels"] = list(relationship("r1", "officeDocument", "/xl/workbook.xml"));
        made["xl/workbook.xml"] = "<workbook xmlns='" + ns + "' xmlns:r='" + rel_ns + "'>" + properties +
                                  "<sheets>" + sheets + "</sheets></workbook>";
        made["xl/_rels/workbook.xml.rels"] = list(relationships);
        made["xl/worksheets/sheet1.xml"] =
            "<worksheet xmlns='" + ns + "'><sheetData>" + rows + "</sheetData></worksheet>";
        if (!strings.empty()) made["xl/sharedStrings.xml"] = "<sst xmlns='" + ns + "'>" + strings + "</sst>";
        if (!styles.empty())
            made["xl/styles.xml"] = "<styleSheet xmlns='" + ns + "'>" + styles + "</styleSheet>";
        return made;
    }
};

XlsxReader open(std::map<std::string, std::string> parts, std::string_view sheet = "", RowLimits limits = {},
                XlsxLimits xlsx = {}) {
    return XlsxReader(std::make_unique<MemoryParts>(std::move(parts), 7), sheet, 1000, limits, xlsx);
}

Rows rows_of(std::map<std::string, std::string> parts, std::string_view sheet = "") {
    XlsxReader reader = open(std::move(parts), sheet);
    Rows rows;
    for (Row row; reader.next(row);) rows.emplace_back(row.cells.begin(), row.cells.end());
    EXPECT_EQ(reader.bytes_read(), 1000U);
    return rows;
}

Rows rows_of(const std::string& rows) {
    Book book;
    book.rows = rows;
    return rows_of(book.parts());
}

std::string refusal(std::map<std::string, std::string> parts, std::string_view reason,
                    std::string_view sheet = "", RowLimits limits = {}, XlsxLimits xlsx = {}) {
    try {
        XlsxReader reader = open(std::move(parts), sheet, limits, xlsx);
        for (Row row; reader.next(row);) {
        }
    } catch (const BadFile& refused) {
        EXPECT_EQ(refused.reason(), reason) << refused.what();
        return refused.what();
    }
    ADD_FAILURE() << "it was read";
    return {};
}

TEST(XlsxReader, ReadsSharedInlineAndFormulaTexts) {
    Book book;
    book.strings = "<si><t>first</t></si><si><t xml:space='preserve'> second </t></si><si/>";
    book.rows = "<row r='1'><c r='A1' t='s'><v>1</v></c><c r='B1' t='s'><v>0</v></c>"
                "<c r='C1' t='inlineStr'><is><t>in &amp; line</t></is></c><c r='D1' "
                "t='str'><f>A1&amp;B1</f><v>made_x000D_</v></c></row>"
                "<row r='2'><c r='A2' t='s'><v>2</v></c><c r='B2' t='s'><v> 0 </v></c></row>";
    EXPECT_EQ(rows_of(book.parts()), (Rows{{" second ", "first", "in & line", "made\r"}, {"", "first"}}));
}

TEST(XlsxReader, JoinsTheRunsOfATextAndLeavesOutHowItIsPronounced) {
    Book book;
    book.strings =
        "<si><r><rPr><b/></rPr><t>rich </t></r><r><t>text</t></r><rPh sb='0' eb='1'><t>no</t></rPh></si>";
    book.rows = "<row><c t='s'><v>0</v></c><c "
                "t='inlineStr'><is><r><t>a</t></r><rPh><t>no</t></rPh><r><t>b</t></r></is></c></row>";
    EXPECT_EQ(rows_of(book.parts()), (Rows{{"rich text", "ab"}}));
}

TEST(XlsxReader, ReadsNumbersTruthValuesAndDates) {
    Book book;
    book.styles =
        "<numFmts><numFmt numFmtId='164' formatCode='00000'/><numFmt numFmtId='165' "
        "formatCode='yyyy\\-mm'/></numFmts>"
        "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
        "<cellXfs><xf numFmtId='0'/><xf numFmtId='164'/><xf numFmtId='165'/><xf numFmtId='22'/></cellXfs>";
    book.rows = "<row><c><v>84.739999999999995</v></c><c t='n' s='1'><v>42</v></c><c "
                "s='2'><v>45413</v></c><c s='3'><v>45413.75</v></c>"
                "<c t='b'><v>1</v></c><c t='b'><v>0</v></c><c t='d'><v>2024-05-01</v></c><c "
                "s='99'><v>7</v></c><c s='x'><v> 8 </v></c></row>";
    EXPECT_EQ(rows_of(book.parts()), (Rows{{"84.74", "00042", "2024-05-01", "2024-05-01T18:00:00", "TRUE",
                                            "FALSE", "2024-05-01", "7", "8"}}));
    book.properties = "<workbookPr date1904='1'/>";
    EXPECT_EQ(rows_of(book.parts())[0][2], "2028-05-02");
}

TEST(XlsxReader, PutsCellsWhereTheyStandAndOthersAfterTheOneBefore) {
    EXPECT_EQ(rows_of("<row><c r='B1'><v>2</v></c><c><v>3</v></c><c r='A1'><v>1</v></c><c "
                      "r='?'><v>22</v></c><c r='AB1'><v>28</v></c></row>"),
              (Rows{{"1", "22", "3", "", "", "", "", "", "", "", "", "", "", "",
                     "",  "",   "",  "", "", "", "", "", "", "", "", "", "", "28"}}));
}

TEST(XlsxReader, LeavesOutCellsAndRowsThatSayNothing) {
    EXPECT_EQ(rows_of("<row/><row><c s='1'/><c><v>1</v></c><c s='1'/><c t='str'><v></v></c></row><row><c "
                      "r='C9'/></row>"),
              (Rows{{"", "1"}}));
}

TEST(XlsxReader, KnowsTheNumberAndTheSheetsRowOfEachRow) {
    Book book;
    book.rows = "<row r='3'><c><v>1</v></c></row><row><c><v>2</v></c></row><row r='9'/><row "
                "r='12'><c><v>3</v></c></row>";
    XlsxReader reader = open(book.parts());
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
    for (Row row; reader.next(row);) places.emplace_back(row.number, row.line);
    using Place = std::pair<std::uint64_t, std::uint64_t>;
    EXPECT_THAT(places, ElementsAre(Place{0, 3}, Place{1, 4}, Place{2, 12}));
    EXPECT_EQ(reader.sheet(), "Books");
}

TEST(XlsxReader, TellsErrorsAndFormulasThatNobodyComputed) {
    Book book;
    book.rows =
        "<row><c t='e'><f>A9</f><v>#REF!</v></c><c><f>1+1</f><v/></c><c><f>1+1</f><v>2</v></c><c "
        "t='str'><f>x</f><v></v></c><c><f>x</f></c>"
        "<c t='str'><f>x</f></c><c t='b'><f>x</f></c><c t='inlineStr'><f>x</f></c><c t='s'><f>x</f></c>"
        "<c t='b'><f>x</f><v/></c><c t='inlineStr'><f>x</f><is><t>y</t></is></c></row>";
    XlsxReader reader = open(book.parts());
    Row row;
    ASSERT_TRUE(reader.next(row));
    EXPECT_THAT(row.cells, ElementsAre("#REF!", "", "2", "", "", "", "", "", "", "", "y"));
    EXPECT_THAT(row.error_cells, ElementsAre(0, 1, 4, 5, 6, 7, 8, 9));
}

TEST(XlsxReader, TakesTheFirstSheetThatIsNotHidden) {
    Book book;
    book.sheets = "<sheet name='Secret' state='veryHidden' r:id='r8'/><sheet name='Chart' r:id='r9'/><sheet "
                  "name='Books' r:id='r1'/>";
    book.relationships += book.relationship("r8", "worksheet", "worksheets/sheet8.xml") +
                          book.relationship("r9", "chartsheet", "c.xml");
    book.rows = "<row><c><v>1</v></c></row>";
    auto parts = book.parts();
    parts["xl/worksheets/sheet8.xml"] =
        "<worksheet xmlns='" + book.ns + "'><sheetData><row><c><v>8</v></c></row></sheetData></worksheet>";
    EXPECT_EQ(rows_of(parts), (Rows{{"1"}}));
    EXPECT_EQ(rows_of(parts, "secret"), (Rows{{"8"}}));
    EXPECT_THAT(refusal(parts, "no_such_sheet", "Boks"), HasSubstr("it has: Secret, Books"));

    book.sheets = "<sheet name='Secret' state='hidden' r:id='r1'/>";
    EXPECT_THAT(refusal(book.parts(), "no_such_sheet"), HasSubstr("name one: Secret"));
    book.sheets = "";
    refusal(book.parts(), "no_such_sheet");
}

TEST(XlsxReader, FollowsAbsoluteAndRelativeTargets) {
    for (const char* target : {"worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml",
                               "./worksheets//sheet1.xml", "../xl/worksheets/sheet1.xml"}) {
        Book book;
        book.relationships = book.relationship("r1", "worksheet", target);
        book.rows = "<row><c><v>1</v></c></row>";
        EXPECT_EQ(rows_of(book.parts()), (Rows{{"1"}})) << target;
    }
}

TEST(XlsxReader, ReadsTheStrictFormToo) {
    Book book{"http://purl.oclc.org/ooxml/spreadsheetml/main",
              "http://purl.oclc.org/ooxml/officeDocument/relationships"};
    book.strings = "<si><t>strict</t></si>";
    book.rows = "<row><c t='s'><v>0</v></c></row>";
    EXPECT_EQ(rows_of(book.parts()), (Rows{{"strict"}}));
}

TEST(XlsxReader, PassesOverElementsOfOtherNamespaces) {
    EXPECT_EQ(
        rows_of(
            "<row><c xmlns:x='urn:x'><x:v>9</x:v><v>1</v><extLst><ext><x:c/></ext></extLst></c></row><x:row "
            "xmlns:x='urn:x'><c><v>7</v></c></x:row>"),
        (Rows{{"1"}}));
}

TEST(XlsxReader, TellsOfCellsPastTheColumnLimit) {
    Book book;
    book.rows = "<row><c><v>1</v></c><c r='C1'/></row><row><c r='C2'><v>3</v></c></row><row><c "
                "r='XFD1'><v>1</v></c></row>";
    XlsxReader reader = open(book.parts(), "", {.columns = 2});
    Row row;
    ASSERT_TRUE(reader.next(row));
    EXPECT_FALSE(row.too_many_cells);
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(reader.next(row));
        EXPECT_TRUE(row.too_many_cells);
    }
}

TEST(XlsxReader, RefusesCellsAndRowsPastTheirLimits) {
    std::string cell = "<c t='str'><v>" + std::string(60, 'x') + "</v></c>";
    Book book;
    book.rows = "<row r='5'>" + cell + "</row>";
    EXPECT_THAT(refusal(book.parts(), "cell_too_large", "", {.cell_bytes = 59}),
                HasSubstr("row 5 of the sheet \"Books\""));
    book.rows = "<row>" + cell + cell + "</row>";
    refusal(book.parts(), "row_too_large", "", {.cell_bytes = 60, .row_bytes = 119});
    book.rows = "<row><c t='s'><v>0</v></c></row>";
    book.strings = "<si><t>" + std::string(60, 'x') + "</t></si>";
    refusal(book.parts(), "cell_too_large", "", {.cell_bytes = 59});
}

TEST(XlsxReader, RefusesAStringTableThatTakesTooMuchMemory) {
    Book book;
    for (int i = 0; i < 100; ++i) book.strings += "<si/>";
    book.rows = "<row><c t='s'><v>99</v></c><c><v>1</v></c></row>";
    EXPECT_THAT(refusal(book.parts(), "too_expanded", "", {}, {.string_bytes = 1199}),
                HasSubstr("save its sheet as CSV"));
    open(book.parts(), "", {}, {.string_bytes = 1200});
    book.rows = "<row><c t='s'><v>0</v></c></row>";
    book.strings = "<si><t>" + std::string(1000, 'x') + "</t></si>";
    refusal(book.parts(), "too_expanded", "", {}, {.string_bytes = 999});
}

TEST(XlsxReader, RefusesASheetOfMoreRowsThanItMayHaveBlankOnesToo) {
    Book book;
    book.rows = "<row><c><v>1</v></c></row><row/><row/>";
    EXPECT_EQ(rows_of(book.parts()), (Rows{{"1"}}));
    EXPECT_THAT(refusal(book.parts(), "too_many_rows", "", {}, {.rows = 2}),
                HasSubstr("the sheet \"Books\" has more than the 2 rows"));
}

TEST(XlsxReader, RefusesASheetWhoseHeaderComesTooLate) {
    Book book;
    const std::string header = "<row><c><v>1</v></c></row>";
    book.rows = "<row/><row/>" + header + "<row/><row/><row/><row/>";
    open(book.parts(), "", {}, {.header_rows = 3});
    EXPECT_THAT(refusal(book.parts(), "header_too_far", "", {}, {.header_rows = 2}),
                HasSubstr("move the header to its first row"));

    const std::string noise = "<!--" + std::string(200'000, 'x') + "-->"; // no row at all
    book.rows = noise + header;
    refusal(book.parts(), "header_too_far", "", {}, {.header_bytes = 100'000});
    book.rows = header + noise;
    EXPECT_EQ(rows_of(book.parts()), (Rows{{"1"}}));
    XlsxReader reader = open(book.parts(), "", {}, {.header_bytes = 100'000});
    Row row;
    EXPECT_TRUE(reader.next(row));
    EXPECT_FALSE(reader.next(row)) << "what follows the header is not bounded by this";
}

TEST(XlsxReader, ReadsTheStringTableAsFarAsCellsPointIntoIt) {
    Book book;
    const std::string noise = "<!--" + std::string(200'000, 'x') + "-->";
    book.strings = "<si><t>one</t></si>" + noise + "<si><t>two</t></si>" + noise + "<si><t>broken";
    book.rows =
        "<row><c t='s'><v>0</v></c></row><row><c t='s'><v>1</v></c><c t='s'><v>0</v></c></row><row><c "
        "t='s'><v>2</v></c></row>";
    XlsxReader reader = open(book.parts(), "", {}, {.header_strings = 100'000});
    Row row;
    ASSERT_TRUE(reader.next(row));
    EXPECT_THAT(row.cells, ElementsAre("one"));
    ASSERT_TRUE(reader.next(row));
    EXPECT_THAT(row.cells, ElementsAre("two", "one"));
    EXPECT_THROW(reader.next(row), BadFile);

    book.rows = "<row><c t='s'><v>1</v></c></row>";
    EXPECT_THAT(refusal(book.parts(), "header_too_far", "", {}, {.header_strings = 100'000}),
                HasSubstr("the header's texts come after"));
}

TEST(XlsxReader, RefusesMarkupWithoutEnd) {
    Book book;
    book.rows = "<row><c " + std::string(2 << 20, ' ');
    EXPECT_THAT(refusal(book.parts(), "broken_xlsx"), HasSubstr("markup of more than 1048576 bytes"));
}

TEST(XlsxReader, RefusesADocumentType) {
    auto parts = Book{}.parts();
    parts["xl/worksheets/sheet1.xml"] = "<!DOCTYPE a [<!ENTITY x 'xx'>]>" + parts["xl/worksheets/sheet1.xml"];
    EXPECT_THAT(refusal(parts, "broken_xlsx"), HasSubstr("document type"));
}

TEST(XlsxReader, SaysWhatIsBroken) {
    Book book;
    book.rows = "<row><c></row>";
    EXPECT_THAT(refusal(book.parts(), "broken_xlsx"),
                HasSubstr("xl/worksheets/sheet1.xml, line 1: mismatched tag"));
    book.rows = "<row r='4'><c t='s'><v>0</v></c></row>";
    EXPECT_THAT(refusal(book.parts(), "broken_xlsx"),
                HasSubstr("row 4 of the sheet \"Books\" points to a text"));
    for (const char* part : {"xl/workbook.xml", "xl/worksheets/sheet1.xml"}) {
        auto parts = Book{}.parts();
        parts[part] = "";
        EXPECT_THAT(refusal(parts, "broken_xlsx"), HasSubstr(part));
        parts.erase(part);
        EXPECT_THAT(refusal(parts, "broken_xlsx"), HasSubstr(part));
    }
}

} // namespace
} // namespace bookshop
