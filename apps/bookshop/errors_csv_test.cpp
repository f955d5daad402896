#include "apps/bookshop/errors_csv.hpp"

#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/testdata/archive.hpp"
#include "apps/bookshop/testdata/oracle.hpp"
#include "apps/bookshop/testing/test_shop.hpp"
#include "apps/bookshop/testing/verdicts.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace bookshop {
namespace {

using offstage::web::Method;

constexpr std::string_view mark = "\xEF\xBB\xBF"; // of UTF-8
constexpr std::string_view error_header =
    "title,author,book_type,ISBN,year_published,price,no_of_pages,quantity,description,offstage_error\r\n";

class ErrorsCsvTest : public testing::Test {
protected:
    std::string errors_csv(std::int64_t import) {
        const TestAnswer answer = shop.get("/api/v1/imports/" + std::to_string(import) + "/errors.csv");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("Content-Type"), "text/csv; charset=utf-8");
        EXPECT_TRUE(answer.text.starts_with(mark));
        return answer.text.substr(mark.size());
    }
    /// All that an import says of its refused rows, by itself and without their numbers.
    std::vector<std::string> told(std::int64_t import) {
        std::vector<std::string> all;
        for (int page = 1;; ++page) {
            const TestAnswer answer = shop.get("/api/v1/imports/" + std::to_string(import) +
                                               "/errors?page_size=1000&page=" + std::to_string(page));
            if (answer.status != 200) return all;
            for (const auto& error : answer.json.at("results").as_array())
                all.push_back(boost::json::serialize(error.at("errors")) +
                              boost::json::serialize(error.at("values")));
        }
    }
    static std::int64_t id_of(const boost::json::object& import) { return import.at("id").as_int64(); }

    TestShop shop{{.max_upload = 64 << 20}};
};

TEST_F(ErrorsCsvTest, GivesEachRefusedRowWithItsColumnsAndWhatIsWrong) {
    const auto import = shop.import("shelf,ISBN,title,author,book_type,year_published,price,quantity\n"
                                    "\"A,1\",1,Emma,Jane Austen,Comic,1815,9.99,3\n"
                                    "A2,1,,\"Jane \"\"A\"\"\",Novel,1815,9.99,3\n"
                                    "A3,1,short\n"
                                    "A4,1,Emma,Jane Austen,Comic,1815,9.99,3,one,=two\n");
    EXPECT_EQ(
        errors_csv(id_of(import)),
        "shelf,ISBN,title,author,book_type,year_published,price,quantity,offstage_error\r\n"
        "A2,1,,\"Jane \"\"A\"\"\",Novel,1815,9.99,3,\"title: This field may not be blank. book_type: "
        "\"\"Novel\"\" is not a valid choice.\"\r\n"
        "A3,1,short,,,,,,\"author: This field may not be blank. book_type: \"\"\"\" is not a valid choice. "
        "year_published: This field may not be blank. price: A valid number is required. quantity: A valid "
        "integer is required.\"\r\n"
        "A4,1,Emma,Jane Austen,Comic,1815,9.99,3,row: This row has more cells than the header has "
        "columns.,one,'=two\r\n");
}

TEST_F(ErrorsCsvTest, IsNamedAfterItsFileAndNeverKept) {
    const TestAnswer upload = shop.ask(Method::put, "/api/v1/upload/my%20b%C3%BCcher.csv",
                                       std::string(books_header) + ",,,,,,,,\n");
    const TestAnswer answer = shop.get("/api/v1/imports/1/errors.csv");
    EXPECT_EQ(answer.header("Content-Disposition"),
              "attachment; filename=\"errors.csv\"; filename*=UTF-8''my%20b%C3%BCcher-errors.csv");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(shop.get("/api/v1/imports/2/errors.csv").status, 404);
    EXPECT_EQ(shop.get("/api/v1/imports/x/errors.csv").status, 404);
}

TEST_F(ErrorsCsvTest, WithoutRefusedRowsIsAHeader) {
    EXPECT_EQ(errors_csv(id_of(shop.import(std::string(books_header) + book_rows(2)))), error_header);
}

TEST_F(ErrorsCsvTest, GuardsCellsThatASpreadsheetWouldRun) {
    const auto import =
        shop.import(std::string(books_header) +
                    "=1+1,@x,Novel,-1,+1,-1.5,-2,'=3,\"\tx\"\n\"\rx\",'x,Novel,1,1,1,1,1,'\n");
    const std::string csv = errors_csv(id_of(import));
    EXPECT_NE(csv.find("\r\n'=1+1,'@x,Novel,'-1,'+1,'-1.5,'-2,''=3,\"'\tx\","), std::string::npos) << csv;
    EXPECT_NE(csv.find("\r\n\"'\rx\",'x,Novel,1,1,1,1,1,',"), std::string::npos) << csv;
}

TEST_F(ErrorsCsvTest, AnImportTakesGuardsOffExactlyWhereTheColumnIs) {
    const std::string row = "'=Emma,'tis,Comic,'-1,1815,9.99,'+4,3,'@x";
    shop.import(std::string(books_header) + row + "\n");
    const auto with = shop.import(std::string(error_header) + row + ",whatever\n");
    EXPECT_EQ(boost::json::serialize(with.at("ignored_columns")), "[]");
    const auto without_guards = shop.get("/api/v1/books/1").json; // the second row of the first was refused
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 1) << "'+4 is no number of pages";
    EXPECT_EQ(without_guards.at("title").as_string(), "=Emma");
    EXPECT_EQ(without_guards.at("author").as_string(), "'tis");
    EXPECT_EQ(without_guards.at("ISBN").as_string(), "-1");
    EXPECT_EQ(without_guards.at("no_of_pages").as_int64(), 4);
    EXPECT_EQ(without_guards.at("description").as_string(), "@x");
    shop.import(std::string(books_header) + "'=Emma,A,Comic,1,1815,9.99,4,3,x\n");
    EXPECT_EQ(shop.get("/api/v1/books/2").json.at("title").as_string(), "'=Emma");
}

TEST_F(ErrorsCsvTest, UploadedUnmendedEachRowIsRefusedAgainAsItWas) {
    const auto first = shop.import(read_file(testdata("books-dirty.csv")));
    const std::string csv = errors_csv(id_of(first));
    const auto second = shop.import(std::string(mark) + csv);
    EXPECT_EQ(second.at("rows_inserted").as_int64(), 0);
    EXPECT_EQ(second.at("rows_refused"), first.at("rows_refused"));
    EXPECT_EQ(second.at("encoding").as_string(), "UTF-8");
    EXPECT_EQ(told(id_of(second)), told(id_of(first))) << "codes and cells";
    EXPECT_EQ(errors_csv(id_of(second)), csv) << "and so on, without a second column";
}

TEST_F(ErrorsCsvTest, MendedAndUploadedOnlyThoseRowsAreNew) {
    const Verdicts verdicts("books-dirty");
    const auto first = shop.import(read_file(testdata("books-dirty.csv")));
    const auto bad = static_cast<std::int64_t>(verdicts.bad().size());
    ASSERT_EQ(first.at("rows_refused").as_int64(), bad);
    const std::string csv = errors_csv(id_of(first));
    const std::string good_row[] = {"Emma", "Jane Austen", "Classic", "0141439580", "1815",
                                    "9.99", "474",         "3",       "mended"};
    CsvReader rows(std::make_unique<MemoryBytes>(csv), ',');
    Row row;
    ASSERT_TRUE(rows.next(row)); // books-dirty.csv has its columns in the order of a book's fields
    std::string mended(error_header);
    const std::int64_t left = bad / 4; // these stay as they are
    for (std::int64_t i = 0; rows.next(row); ++i) {
        const std::vector<std::string_view> cells(row.cells.begin(), row.cells.end());
        for (std::size_t column = 0; column < cells.size() && (column < 10 || i < left); ++column) {
            const std::string_view cell =
                i < left || column == 9 ? cells[column] : std::string_view(good_row[column]);
            mended += column == 0 ? "\"" : ",\"";
            for (const char c : cell) mended.append(c == '"' ? 2 : 1, c);
            mended += '"';
        }
        mended += "\r\n";
    }
    const auto second = shop.import(mended);
    EXPECT_EQ(second.at("rows_read").as_int64(), bad);
    EXPECT_EQ(second.at("rows_inserted").as_int64(), bad - left);
    EXPECT_EQ(second.at("rows_refused").as_int64(), left);
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), verdicts.good() + bad - left);
    EXPECT_EQ(shop.number("select count(*) from bookshop_book where description = 'mended'"), bad - left);
}

TEST_F(ErrorsCsvTest, ATextThatReadsAsAnErrorIsATextAgainAndCanBeMended) {
    const auto first = shop.import(std::string(books_header) + "#N/A,'#REF!,Comic,1,1815,cheap,4,3,x\n");
    std::string csv = errors_csv(id_of(first));
    EXPECT_NE(csv.find("\r\n'#N/A,''#REF!,Comic,"), std::string::npos) << csv;
    replace_all(csv, ",cheap,", ",9.99,");
    const auto second = shop.import(csv);
    EXPECT_EQ(second.at("rows_inserted").as_int64(), 1);
    const auto book = shop.get("/api/v1/books/1").json;
    EXPECT_EQ(book.at("title").as_string(), "#N/A");
    EXPECT_EQ(book.at("author").as_string(), "'#REF!");
}

TEST_F(ErrorsCsvTest, OfARowThatIsTooLongWhatReadsAsAnErrorIsOne) {
    const auto import = shop.import(std::string(books_header) + "#N/A,A,Comic,1,1815,9.99,4,3,x,more\n");
    EXPECT_NE(errors_csv(id_of(import)).find("\r\n#N/A,A,"), std::string::npos);
}

TEST_F(ErrorsCsvTest, AWorkbooksErrorCellsAreErrorsAgain) {
    std::string row = sheet_row({"@@", "A", "Comic", "1", "2001", "9.50", "100", "3", "@@"});
    replace_all(row, "<c t='str'><v>@@</v></c>", "<c><f>B1</f></c>");
    replace_all(row, "<c t='str'><v>A</v></c>", "<c t='e'><v>=SPILL()</v></c>");
    const std::string workbook = archive_of(
        workbook_parts(sheet_row({"title", "author", "book_type", "ISBN", "year_published", "price",
                                  "no_of_pages", "quantity", "description"}) +
                       row + sheet_row({"Emma", "A", "Novel", "1", "2001", "9.50", "100", "3", "fine"})));
    const auto first = shop.import(workbook);
    const auto second = shop.import(errors_csv(id_of(first)));
    EXPECT_EQ(second.at("rows_refused").as_int64(), 2);
    const TestAnswer errors = shop.get("/api/v1/imports/2/errors");
    EXPECT_EQ(boost::json::serialize(errors.json.at("results").at(0).at("errors")),
              R"({"title":["error_cell"],"author":["error_cell"],"description":["error_cell"]})");
}

} // namespace
} // namespace bookshop
