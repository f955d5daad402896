#include "apps/bookshop/testdata/archive.hpp"
#include "apps/bookshop/testing/test_shop.hpp"

#include <gtest/gtest.h>

namespace bookshop {
namespace {

using offstage::web::Method;

const std::string good = std::string(books_header) + book_rows(3);

/// A workbook with one book in its first sheet, and two in its second.
std::string two_sheets() {
    const auto book = [](std::string_view title) {
        return sheet_row({title, "An author", "Comic", "1", "2001", "9.50", "100", "3", ""});
    };
    const std::string header = sheet_row({"title", "author", "book_type", "ISBN", "year_published", "price",
                                          "no_of_pages", "quantity", "description"});
    Parts parts = workbook_parts(header + book("first"));
    parts["xl/b.xml"] = workbook_parts(header + book("second") + book("third"))["xl/a.xml"];
    replace_all(parts["XL/Workbook.xml"], "</sheets>",
                "<sheet name='More b\xC3\xBC"
                "cher' r:id='r2'/></sheets>");
    replace_all(
        parts["xl/_rels/workbook.xml.rels"], "</Relationships>",
        "<Relationship Id='r2' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
        "worksheet' Target='b.xml'/></Relationships>");
    return archive_of(parts);
}

class UploadTest : public testing::Test {
protected:
    TestAnswer put(std::string body, std::string_view target = "/api/v1/upload/books.csv") {
        return shop.ask(Method::put, target, std::move(body));
    }
    TestAnswer post(std::string body, std::string_view type = TestForm::type) {
        return shop.ask(Method::post, "/api/v1/upload", std::move(body), type);
    }
    /// An answer as "status code".
    static std::string refusal(const TestAnswer& answer) {
        if (!answer.json.is_object() || answer.json.as_object().size() != 2) return answer.text;
        EXPECT_FALSE(answer.json.at("response").as_string().empty());
        return std::to_string(answer.status) + " " + std::string(answer.json.at("code").as_string());
    }

    TestShop shop;
};

TEST_F(UploadTest, AFormWithAFileIsAnsweredWithItsImportAndJob) {
    const TestAnswer answer = post(TestForm::file(good));
    ASSERT_EQ(answer.status, 201) << answer.text;
    EXPECT_EQ(answer.json.at("response").as_string(), "Upload Initiated, Check Book Table");
    const auto& import = answer.json.at("import");
    EXPECT_EQ(answer.header("Location"), "/api/v1/imports/" + std::to_string(import.at("id").as_int64()));
    EXPECT_EQ(import.at("file").as_string(), "books.csv");
    EXPECT_EQ(import.at("bytes_total").as_int64(), static_cast<std::int64_t>(good.size()));
    EXPECT_EQ(answer.json.at("job").at("id"), import.at("job_id"));
    const auto ended = shop.ended(import.at("id").as_int64());
    EXPECT_EQ(ended.at("state").as_string(), "done");
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 3);
}

TEST_F(UploadTest, ARawFileIsTakenUnderTheNameOfItsAddress) {
    const TestAnswer answer = put(good, "/api/v1/upload/my%20books.csv");
    ASSERT_EQ(answer.status, 201) << answer.text;
    EXPECT_EQ(answer.json.at("import").at("file").as_string(), "my books.csv");
}

TEST_F(UploadTest, AHealthcheckIsAnswered) {
    const TestAnswer answer = post(R"({"message": "healthcheck"})", "application/json");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text, R"({"response": "It works!"})");
    for (const char* other : {"{}", "[]", "{\"message\": 1}", "no json", ""})
        EXPECT_EQ(refusal(post(other, "application/json")), "400 no_file") << other;
}

TEST_F(UploadTest, ARequestWithoutAFileIsTold) {
    for (const TestAnswer& answer :
         {post(TestForm::file(good, "other")), post(TestForm::file("", "books", "")),
          post("a=b", "application/x-www-form-urlencoded"), post(good, "text/csv"), post("", ""), post(""),
          post("------b0undary--\r\n")}) {
        EXPECT_EQ(refusal(answer), "400 no_file");
        EXPECT_EQ(answer.json.at("response").as_string(), "No file received");
    }
}

TEST_F(UploadTest, AFormThatIsBrokenOrHasTwoFilesIsTold) {
    EXPECT_EQ(refusal(post("no form at all")), "400 bad_form");
    EXPECT_EQ(refusal(post(TestForm::file(good), "multipart/form-data")), "400 bad_form");
    const std::string one = TestForm::file(good);
    EXPECT_EQ(refusal(post(one.substr(0, one.size() - 20))), "400 bad_form");
    EXPECT_EQ(refusal(post(one.substr(0, one.size() - 18) + "\r\n" + one)), "400 several_files");
}

TEST_F(UploadTest, WhatIsNoTableIsToldByItsContent) {
    const TestAnswer binary = put(std::string("\x7F"
                                              "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0",
                                              18));
    EXPECT_EQ(refusal(binary), "400 not_a_table");
    EXPECT_EQ(binary.json.at("response").as_string(), "Invalid File Format");
    EXPECT_EQ(refusal(put("")), "400 empty_file");
    EXPECT_EQ(refusal(put("\n\n")), "400 empty_file");
}

TEST_F(UploadTest, AHeaderWithoutARequiredColumnOrWithOneTwiceIsTold) {
    const TestAnswer missing = put("title,author\na,b\n");
    EXPECT_EQ(refusal(missing), "400 missing_columns");
    EXPECT_NE(missing.text.find("ISBN"), std::string::npos);
    EXPECT_EQ(missing.text.find("no_of_pages"), std::string::npos);
    const TestAnswer twice = put("title,TITLE," + std::string(books_header.substr(6)) + book_rows(1));
    EXPECT_EQ(refusal(twice), "400 duplicate_columns");
    EXPECT_NE(twice.text.find("title"), std::string::npos);
}

TEST_F(UploadTest, OneWorkbookIsLookedIntoAtATimeAndTheOthersAreToldToComeAgain) {
    Intake intake(shop.shop().client(), shop.shop().spool(), std::chrono::nanoseconds(0));
    Uploads uploads(intake, shop.shop().spool(), 1 << 20);
    offstage::web::Router router;
    uploads.add_routes(router);
    const auto send = [&](std::string body) {
        return router.handle(
            offstage::web::Request::make(Method::put, "/api/v1/upload/books.xlsx", std::move(body)));
    };
    auto other = intake.workbooks().enter({});
    const auto busy = send(two_sheets());
    EXPECT_EQ(busy.status, 503);
    EXPECT_EQ(busy.headers.get("Retry-After"), "5");
    EXPECT_EQ(shop.shop().spool().used(), 0u);
    EXPECT_EQ(send(good).status, 201) << "a text waits for no workbook";
    other.reset();
    EXPECT_EQ(send(two_sheets()).status, 201);
    EXPECT_TRUE(intake.workbooks().empty());
}

TEST_F(UploadTest, AnUploadWhoseClientHasGoneDoesNotWaitForItsTurn) {
    auto other = shop.shop().intake().workbooks().enter({});
    std::stop_source gone;
    gone.request_stop();
    const auto file = shop.shop().spool().create(std::nullopt);
    const std::string bytes = two_sheets();
    file->write(bytes);
    try {
        shop.shop().intake().accept(*file, {.file = "books.xlsx", .sha256 = "1", .sheet = ""},
                                    gone.get_token());
        ADD_FAILURE() << "it was taken";
    } catch (const offstage::Error& error) {
        EXPECT_EQ(error.code(), offstage::Errc::stopped);
    }
}

TEST_F(UploadTest, AFileThatIsTooLargeIsToldBeforeItIsRead) {
    EXPECT_EQ(refusal(put(std::string((1 << 20) + 1, 'x'))), "413 too_large");
    EXPECT_EQ(refusal(post(TestForm::file(std::string((1 << 20) + 1, 'x')))), "413 too_large");
    EXPECT_EQ(shop.shop().spool().used(), 0u);
}

TEST_F(UploadTest, ASpoolThatIsFullIsTold) {
    TestShop small({.max_upload = 1 << 20, .max_spool = 1000});
    EXPECT_EQ(refusal(small.ask(Method::put, "/api/v1/upload/b.csv", std::string(2000, 'x'))),
              "507 spool_full");
}

TEST_F(UploadTest, WhatIsRefusedLeavesNothing) {
    put("title,author\na,b\n");
    post(TestForm::file("", "books", ""));
    EXPECT_EQ(shop.number("select count(*) from bookshop_import"), 0);
    EXPECT_TRUE(std::filesystem::is_empty(shop.folder().path() / "spool"));
}

TEST_F(UploadTest, TheSameContentWithinTheHourGivesTheFirstImport) {
    const TestAnswer first = put(good);
    const TestAnswer second = post(TestForm::file(good, "books", "other.csv"));
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(second.json.at("import").at("id"), first.json.at("import").at("id"));
    EXPECT_EQ(second.header("Location"), first.header("Location"));
    shop.ended(first.json.at("import").at("id").as_int64());
    const TestAnswer third = put(good);
    EXPECT_EQ(third.status, 200);
    EXPECT_EQ(third.json.at("import").at("state").as_string(), "done");
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 3);
    EXPECT_EQ(shop.number("select count(*) from bookshop_import"), 1);
}

TEST_F(UploadTest, ASheetIsAskedForByNameAndKeptWithTheImport) {
    const std::string workbook = two_sheets();
    const auto first = shop.import(workbook);
    EXPECT_EQ(first.at("sheet").as_string(), "A");
    EXPECT_EQ(first.at("rows_inserted").as_int64(), 1);
    const auto second = shop.import(workbook, "?sheet=more%20b%C3%BCcher");
    EXPECT_EQ(second.at("sheet").as_string(), "More b\xC3\xBC"
                                              "cher");
    EXPECT_EQ(second.at("rows_inserted").as_int64(), 2);
    EXPECT_EQ(shop.get("/api/v1/imports/2").json.at("sheet").as_string(), second.at("sheet").as_string());
    const TestAnswer form =
        shop.ask(Method::post, "/api/v1/upload?sheet=none", TestForm::file(workbook), TestForm::type);
    EXPECT_EQ(refusal(form), "400 no_such_sheet");
    EXPECT_NE(form.text.find("it has: A, More"), std::string::npos) << form.text;
    EXPECT_EQ(refusal(put(good, "/api/v1/upload/books.csv?sheet=A")), "400 no_such_sheet");
}

TEST_F(UploadTest, AnotherSheetOfTheSameFileIsOtherContent) {
    const std::string workbook = two_sheets();
    const auto upload = [&](std::string_view query) {
        return put(workbook, "/api/v1/upload/b.xlsx" + std::string(query));
    };
    EXPECT_EQ(upload("").status, 201);
    EXPECT_EQ(upload("?sheet=More%20b%C3%BCcher").status, 201);
    const TestAnswer again = upload("?sheet=MORE%20b%C3%BCcher");
    EXPECT_EQ(again.status, 200) << "it is the same sheet, however it was written";
    EXPECT_EQ(again.json.at("import").at("id").as_int64(), 2);
    const TestAnswer named = upload("?sheet=A");
    EXPECT_EQ(named.status, 200) << "the sheet that is taken where none is named";
    EXPECT_EQ(named.json.at("import").at("id").as_int64(), 1);
    EXPECT_EQ(upload("?sheet=A&again=1").status, 201);
}

TEST_F(UploadTest, AgainImportsTheSameContentOnceMore) {
    shop.import(good);
    const TestAnswer again = put(good, "/api/v1/upload/books.csv?again=1");
    EXPECT_EQ(again.status, 201);
    shop.ended(again.json.at("import").at("id").as_int64());
    EXPECT_EQ(put(good, "/api/v1/upload/books.csv").status, 200);
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 6);
}

TEST_F(UploadTest, WhatWasAskedForAgainAtFirstIsKnownTheNextTime) {
    const TestAnswer first = put(good, "/api/v1/upload/books.csv?again=1");
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(put(good, "/api/v1/upload/books.csv?again=0").status, 200);
}

TEST_F(UploadTest, AColumnMayBeNamedWithOtherDelimiters) {
    const std::string header = "title,author,book_type,ISBN,year_published,price,quantity,";
    const auto list =
        shop.import(header + "\"a;b;c;d;e;f;g;h;i;j\"\nT,A,Comic,x,1999,1,1,a;b;c;d;e;f;g;h;i;j\n");
    EXPECT_EQ(list.at("delimiter").as_string(), ",");
    EXPECT_EQ(list.at("rows_inserted").as_int64(), 1);
    std::string rows;
    for (std::size_t i = 0; i < 40; ++i) rows += "T,A,Comic,x,1999,1,1" + std::string(i % 4, ',') + ";\n";
    const auto short_rows = shop.import(header + "no_of_pages,description,note;x\n" + rows);
    EXPECT_EQ(short_rows.at("delimiter").as_string(), ",");
    EXPECT_EQ(short_rows.at("rows_read").as_int64(), 40);
}

TEST_F(UploadTest, ColumnsMayStandInAnyOrderAndCaseAndTheOthersAreListed) {
    const auto import = shop.import("Shelf,QUANTITY,price,Year_Published,isbn,book_type,author,title,shelf\n"
                                    "A1,2,9.99,1999,123,Comic,An author,A title,B2\n");
    EXPECT_EQ(boost::json::serialize(import.at("ignored_columns")), R"(["Shelf","shelf"])");
    EXPECT_EQ(import.at("rows_inserted").as_int64(), 1);
    const TestAnswer book = shop.get("/api/v1/books/1");
    EXPECT_EQ(book.json.at("title").as_string(), "A title");
    EXPECT_TRUE(book.json.at("no_of_pages").is_null());
    EXPECT_TRUE(book.json.at("description").is_null());
}

} // namespace
} // namespace bookshop
