#include "apps/bookshop/testdata/oracle.hpp"
#include "apps/bookshop/testing/test_shop.hpp"

#include <gtest/gtest.h>

namespace bookshop {
namespace {

using offstage::web::Method;

const std::string good = std::string(books_header) + book_rows(3);

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
          post("a=b", "application/x-www-form-urlencoded"), post(good, "text/csv"), post("", ""),
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
    EXPECT_EQ(refusal(put(read_file(testdata("books.xlsx")).substr(0))), "400 xlsx_not_yet");
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

TEST_F(UploadTest, AgainImportsTheSameContentOnceMore) {
    shop.import(good);
    const TestAnswer again = put(good, "/api/v1/upload/books.csv?again=1");
    EXPECT_EQ(again.status, 201);
    shop.ended(again.json.at("import").at("id").as_int64());
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 6);
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
