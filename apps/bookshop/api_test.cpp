#include "apps/bookshop/testing/test_shop.hpp"

#include <gtest/gtest.h>

namespace bookshop {
namespace {

using offstage::web::Method;

class ApiTest : public testing::Test {
protected:
    /// One field of all results of a list.
    std::string all(std::string_view target, std::string_view field) {
        const TestAnswer answer = shop.get(target);
        if (answer.status != 200) return answer.text;
        std::string text;
        for (const auto& result : answer.json.at("results").as_array())
            text += (text.empty() ? "" : " ") + boost::json::serialize(result.at(field));
        return text;
    }

    TestShop shop;
};

TEST_F(ApiTest, AnEmptyShopHasEmptyLists) {
    for (const char* target : {"/api/v1/books", "/api/v1/imports"})
        EXPECT_EQ(shop.get(target).text, R"({"count": 0, "next": null, "previous": null, "results": []})");
}

TEST_F(ApiTest, ABookIsToldAsDjangoRestFrameworkTellsIt) {
    shop.import(std::string(books_header) +
                "\"A \"\"title\"\"\",An author,Sci-tech,978,2001,1234.5,,7,\"two\nlines\"\n");
    EXPECT_EQ(
        shop.get("/api/v1/books/1").text,
        R"({"id": 1, "title": "A \"title\"", "author": "An author", "book_type": "Sci-tech", "ISBN": "978", )"
        R"("year_published": "2001", "price": "1234.50", "no_of_pages": null, "quantity": 7, "description": "two\nlines"})");
    EXPECT_EQ(shop.get("/api/v1/books").json.at("results").at(0), shop.get("/api/v1/books/1").json);
}

TEST_F(ApiTest, TheJobsPageIsMountedAndNobodyPutsInImportsThroughIt) {
    shop.import(std::string(books_header) + book_rows(3));
    EXPECT_EQ(shop.get("/offstage/").status, 200);
    const auto jobs = shop.get("/offstage/v1/jobs").json.at("jobs").as_array();
    ASSERT_EQ(jobs.size(), 1u);
    EXPECT_EQ(jobs.at(0).at("kind").as_string(), "import_books");
    EXPECT_EQ(jobs.at(0).at("state").as_string(), "done");
    EXPECT_EQ(
        shop.ask(Method::post, "/offstage/v1/jobs", R"({"kind":"import_books","args":{"import":1}})").status,
        403);
}

TEST_F(ApiTest, ABookOrImportThatIsNotThereIs404) {
    for (const char* target : {"/api/v1/books/1", "/api/v1/books/x", "/api/v1/books/-1", "/api/v1/imports/1",
                               "/api/v1/imports/99999999999999999999", "/api/v1/imports/1/errors"}) {
        const TestAnswer answer = shop.get(target);
        EXPECT_EQ(answer.status, 404) << target;
        EXPECT_EQ(answer.text, R"({"detail":"Not found."})");
    }
    EXPECT_EQ(shop.ask(Method::post, "/api/v1/imports/1/cancel").status, 404);
}

TEST_F(ApiTest, ListsHavePagesWithLinks) {
    shop.import(std::string(books_header) + book_rows(25));
    const TestAnswer first = shop.get("/api/v1/books?page_size=10&search=Title%20");
    EXPECT_EQ(first.json.at("count").as_int64(), 25);
    EXPECT_EQ(first.json.at("results").as_array().size(), 10u);
    EXPECT_TRUE(first.json.at("previous").is_null());
    const std::string next(first.json.at("next").as_string());
    EXPECT_NE(next.find("/api/v1/books?page_size=10&search=Title%20&page=2"), std::string::npos) << next;
    const TestAnswer last = shop.get("/api/v1/books?page_size=10&page=last");
    EXPECT_EQ(last.json.at("results").as_array().size(), 5u);
    EXPECT_TRUE(last.json.at("next").is_null());
    EXPECT_NE(last.json.at("previous").as_string().find("page=2"), std::string::npos);
    EXPECT_EQ(shop.get("/api/v1/books?page_size=10&page=2").json.at("previous").as_string().find("page=1"),
              std::string::npos);
    for (const char* page : {"4", "0", "-1", "x"}) {
        const TestAnswer none = shop.get("/api/v1/books?page_size=10&page=" + std::string(page));
        EXPECT_EQ(none.status, 404);
        EXPECT_EQ(none.text, R"({"detail":"Invalid page."})");
    }
}

TEST_F(ApiTest, APageHasAtMostAThousandRows) {
    shop.import(std::string(books_header) + book_rows(1200));
    EXPECT_EQ(shop.get("/api/v1/books").json.at("results").as_array().size(), 100u);
    EXPECT_EQ(shop.get("/api/v1/books?page_size=5000").json.at("results").as_array().size(), 1000u);
    EXPECT_EQ(shop.get("/api/v1/books?page_size=none").json.at("results").as_array().size(), 100u);
}

TEST_F(ApiTest, ALargePageIsWholeThoughItIsMadeInPieces) {
    std::string csv(books_header);
    for (int i = 1; i <= 100; ++i)
        csv += "T" + std::to_string(i) + ",A,Comic,1,2001,1,1,1," +
               std::string(10000, static_cast<char>('a' + i % 26)) + "\n";
    TestShop large({.max_upload = 16 << 20});
    large.import(csv);
    const TestAnswer answer = large.get("/api/v1/books?ordering=-id");
    ASSERT_EQ(answer.status, 200);
    ASSERT_TRUE(answer.json.is_object());
    ASSERT_EQ(answer.json.at("results").as_array().size(), 100u);
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(answer.json.at("results").at(static_cast<std::size_t>(i)).at("id").as_int64(), 100 - i);
}

TEST_F(ApiTest, BooksAreSearchedByAllWordsInTitleAuthorAndISBN) {
    shop.import(std::string(books_header) + "Red Moon,Ann Lee,Comic,111,2001,1,1,1,x\n"
                                            "Blue Moon,Bob Red,Classic,222,2002,1,1,1,moon\n"
                                            "100% Sure_thing,Cy,Horror,333,2003,1,1,1,x\n");
    EXPECT_EQ(all("/api/v1/books?search=moon", "id"), "1 2");
    EXPECT_EQ(all("/api/v1/books?search=MOON+red", "id"), "1 2");
    EXPECT_EQ(all("/api/v1/books?search=moon,ann", "id"), "1");
    EXPECT_EQ(all("/api/v1/books?search=222", "id"), "2");
    EXPECT_EQ(all("/api/v1/books?search=0%25", "id"), "3") << "% is itself";
    EXPECT_EQ(all("/api/v1/books?search=e_t", "id"), "3") << "_ is itself";
    EXPECT_EQ(all("/api/v1/books?search=n_l", "id"), "");
    EXPECT_EQ(all("/api/v1/books?search='%22--", "id"), "");
    EXPECT_EQ(all("/api/v1/books?search=moon&book_type=Classic", "id"), "2");
    EXPECT_EQ(shop.get("/api/v1/books?search=moon&book_type=Classic").json.at("count").as_int64(), 1);
}

TEST_F(ApiTest, BooksAreFilteredByTypeWithTheirKeptCount) {
    shop.import(std::string(books_header) + book_rows(3) + "T,A,Horror,1,2001,1,1,1,x\n");
    EXPECT_EQ(shop.get("/api/v1/books?book_type=Comic").json.at("count").as_int64(), 3);
    EXPECT_EQ(all("/api/v1/books?book_type=Horror", "id"), "4");
    EXPECT_EQ(shop.get("/api/v1/books?book_type=Magazine").json.at("count").as_int64(), 0);
    const TestAnswer wrong = shop.get("/api/v1/books?book_type=Novel");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(wrong.text,
              R"({"book_type":["Select a valid choice. Novel is not one of the available choices."]})");
}

TEST_F(ApiTest, BooksAreOrderedByColumnsUpAndDown) {
    shop.import(std::string(books_header) +
                "B,X,Comic,1,2001,9,1,1,x\nA,X,Comic,2,2001,10,1,2,x\nC,X,Comic,3,2000,-1,1,1,x\n");
    EXPECT_EQ(all("/api/v1/books?ordering=title", "id"), "2 1 3");
    EXPECT_EQ(all("/api/v1/books?ordering=-price", "id"), "2 1 3");
    EXPECT_EQ(all("/api/v1/books?ordering=price", "price"), R"("-1.00" "9.00" "10.00")");
    EXPECT_EQ(all("/api/v1/books?ordering=quantity,-id", "id"), "3 1 2");
    EXPECT_EQ(all("/api/v1/books?ordering=year_published,ISBN", "id"), "3 1 2");
    EXPECT_EQ(all("/api/v1/books?ordering=id;drop,-id", "id"), "3 2 1") << "what is no column is passed over";
}

TEST_F(ApiTest, ImportsAreListedNewestFirst) {
    shop.import(std::string(books_header) + book_rows(1));
    shop.import(std::string(books_header) + book_rows(2));
    EXPECT_EQ(all("/api/v1/imports", "id"), "2 1");
    EXPECT_EQ(all("/api/v1/imports", "state"), R"("done" "done")");
    EXPECT_EQ(all("/api/v1/imports?page_size=1&page=2", "id"), "1");
}

TEST_F(ApiTest, AnImportTellsItsTimes) {
    const auto import = shop.import(std::string(books_header) + book_rows(1));
    for (const char* name : {"created_at", "started_at", "ended_at"})
        EXPECT_TRUE(import.at(name).is_string()) << name;
    EXPECT_TRUE(import.at("error").is_null());
    EXPECT_LE(import.at("created_at").as_string(), import.at("started_at").as_string());
    EXPECT_LE(import.at("started_at").as_string(), import.at("ended_at").as_string());
}

TEST_F(ApiTest, ThePageHasNothingInlineAndAllItLoadsIsThere) {
    const TestAnswer page = shop.get("/");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.text.find("<script>"), std::string::npos);
    EXPECT_EQ(page.text.find(" style="), std::string::npos);
    for (const char* asset :
         {"/style.css", "/api.js", "/app.js", "/book.js", "/books.js", "/errors.js", "/imports.js",
          "/live.js", "/parts.js", "/uploads.js", "/icon.svg", "/offstage/ui.js", "/offstage/format.js",
          "/offstage/who.js", "/offstage/common.js", "/offstage/common.css"})
        EXPECT_EQ(shop.get(asset).status, 200) << asset;
}

} // namespace
} // namespace bookshop
