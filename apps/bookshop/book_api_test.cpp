#include "apps/bookshop/book_api.hpp"

#include "apps/bookshop/testing/test_shop.hpp"
#include "offstage/base/error.hpp"
#include "offstage/sys/thread.hpp"

#include <gtest/gtest.h>

#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace bookshop {
namespace {

using offstage::web::Method;

constexpr std::string_view emma =
    R"({"title": " Emma ", "author": "Jane Austen", "book_type": "Classic", "ISBN": 141439580,)"
    R"( "year_published": 1815, "price": 9.9, "quantity": "3"})";
constexpr std::string_view emma_told =
    R"({"id": 1, "title": "Emma", "author": "Jane Austen", "book_type": "Classic", "ISBN": "141439580", )"
    R"("year_published": "1815", "price": "9.90", "no_of_pages": null, "quantity": 3, "description": null})";

class BookApiTest : public testing::Test {
protected:
    TestAnswer send(Method method, std::string_view target, std::string_view body) {
        return shop.ask(method, "/api/v1/books" + std::string(target), std::string(body), "application/json");
    }
    std::int64_t count(std::string_view type = "") {
        return shop.get("/api/v1/books?page_size=1&book_type=" + std::string(type))
            .json.at("count")
            .as_int64();
    }

    TestShop shop;
};

TEST_F(BookApiTest, ABookIsAddedAndToldAsItIsKept) {
    const TestAnswer answer = send(Method::post, "", emma);
    EXPECT_EQ(answer.status, 201) << answer.text;
    EXPECT_EQ(answer.header("Location"), "/api/v1/books/1");
    EXPECT_EQ(answer.text, emma_told);
    EXPECT_EQ(shop.get("/api/v1/books/1").text, emma_told);
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(count("Classic"), 1);
}

TEST_F(BookApiTest, PutChangesAllThatIsGivenAndKeepsWhatNeedNotBe) {
    send(Method::post, "",
         R"({"title": "t", "author": "a", "book_type": "Comic", "ISBN": "1", "year_published": "1",)"
         R"( "price": "1", "quantity": 1, "no_of_pages": 7, "description": "kept"})");
    const TestAnswer answer = send(Method::put, "/1", emma);
    EXPECT_EQ(answer.status, 200) << answer.text;
    EXPECT_EQ(answer.json.at("title").as_string(), "Emma");
    EXPECT_EQ(answer.json.at("no_of_pages").as_int64(), 7);
    EXPECT_EQ(answer.json.at("description").as_string(), "kept");
    EXPECT_EQ(send(Method::put, "/1", R"({"title": "x"})").status, 400);
    EXPECT_EQ(count("Comic"), 0);
    EXPECT_EQ(count("Classic"), 1);
}

TEST_F(BookApiTest, PatchChangesWhatIsGivenAlone) {
    send(Method::post, "", emma);
    const TestAnswer answer =
        send(Method::patch, "/1", R"({"price": "1.5", "book_type": "Horror", "no_of_pages": 5})");
    EXPECT_EQ(answer.status, 200) << answer.text;
    EXPECT_EQ(answer.json.at("title").as_string(), "Emma");
    EXPECT_EQ(answer.json.at("price").as_string(), "1.50");
    EXPECT_EQ(answer.json.at("no_of_pages").as_int64(), 5);
    EXPECT_TRUE(send(Method::patch, "/1", R"({"no_of_pages": null})").json.at("no_of_pages").is_null());
    EXPECT_EQ(send(Method::patch, "/1", "{}").status, 200);
    EXPECT_EQ(send(Method::patch, "/1", "").status, 200);
    EXPECT_EQ(count("Classic"), 0);
    EXPECT_EQ(count("Horror"), 1);
    EXPECT_EQ(count(), 1);
}

TEST_F(BookApiTest, DeleteTakesABookAwayAndOutOfTheCounts) {
    send(Method::post, "", emma);
    EXPECT_EQ(shop.ask(Method::del, "/api/v1/books/1").status, 204);
    EXPECT_EQ(shop.ask(Method::del, "/api/v1/books/1").status, 404);
    EXPECT_EQ(shop.get("/api/v1/books/1").status, 404);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(count("Classic"), 0);
    send(Method::post, "", emma);
    EXPECT_EQ(shop.get("/api/v1/books/2").status, 200) << "an id is never used again";
}

TEST_F(BookApiTest, WhatIsWrongIsToldInDjangosShape) {
    const TestAnswer answer =
        send(Method::post, "",
             R"({"title": true, "author": "", "book_type": "Novel", "year_published": "18155",)"
             R"( "price": true, "quantity": null, "no_of_pages": "x"})");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.text,
              R"({"title":["Not a valid string."],"author":["This field may not be blank."],)"
              R"("book_type":["\"Novel\" is not a valid choice."],"ISBN":["This field is required."],)"
              R"("year_published":["Ensure this field has no more than 4 characters."],)"
              R"("price":["A valid number is required."],"no_of_pages":["A valid integer is required."],)"
              R"("quantity":["This field may not be null."]})");
    EXPECT_EQ(send(Method::post, "", "[]").text,
              R"({"non_field_errors":["Invalid data. Expected a dictionary, but got list."]})");
    EXPECT_TRUE(send(Method::post, "", "{\"title\"").text.starts_with(R"({"detail":"JSON parse error - )"));
    EXPECT_EQ(shop.ask(Method::post, "/api/v1/books", "title=x", "application/x-www-form-urlencoded").status,
              415);
    EXPECT_EQ(count(), 0);
}

TEST_F(BookApiTest, ABookThatIsNotThereIsToldWhateverIsSent) {
    for (const Method method : {Method::put, Method::patch}) {
        EXPECT_EQ(send(method, "/7", emma).text, R"({"detail":"Not found."})");
        EXPECT_EQ(send(method, "/7", "{").status, 404);
        EXPECT_EQ(send(method, "/x", emma).status, 404);
    }
}

class BookListTest : public BookApiTest {
protected:
    static constexpr int books = 5000;
    BookListTest() : shop({.max_upload = 8 << 20}) {
        std::string csv(books_header);
        for (int i = 1; i <= books; ++i)
            csv += "Title " + std::to_string(i * 7919 % books) + ",A," + (i % 5 == 0 ? "Horror" : "Comic") +
                   "," + std::to_string(i) + ",2001,1.00," + (i % 7 == 0 ? "" : std::to_string(i % 11)) +
                   ",1,x" + std::to_string(i % 3) + "\n";
        shop.import(csv);
    }
    /// The ids of a page, by the API and by SQL.
    void expect_page(const std::string& query, const std::string& sql, int page, int size) {
        const TestAnswer answer = shop.get("/api/v1/books?" + query + "&page=" + std::to_string(page) +
                                           "&page_size=" + std::to_string(size));
        ASSERT_EQ(answer.status, 200) << query;
        std::vector<std::int64_t> ids;
        for (const auto& book : answer.json.at("results").as_array()) ids.push_back(book.at("id").as_int64());
        std::vector<std::int64_t> expected;
        shop.store().read([&](offstage::stores::Session& session) {
            auto rows = session.query("select id from bookshop_book " + sql + " limit ?1 offset ?2", size,
                                      (page - 1) * size);
            while (rows.next()) expected.push_back(rows.integer(0));
        });
        EXPECT_EQ(ids, expected) << query << " page " << page;
        EXPECT_FALSE(ids.empty());
    }
    TestShop shop;
};

TEST_F(BookListTest, EveryPageOfEveryOrderIsTheOneThatADatabaseGives) {
    for (const int page : {1, 2, 24, 25, 26, 49, 50}) {
        expect_page("", "order by id", page, 100);
        expect_page("ordering=-id", "order by id desc", page, 100);
        expect_page("ordering=title", "order by title, id", page, 100);
        expect_page("ordering=-title", "order by title desc, id", page, 100);
        expect_page("ordering=ISBN", "order by isbn, id", page, 100);
        expect_page("ordering=-no_of_pages", "order by no_of_pages desc, id", page, 100);
        expect_page("ordering=description,-quantity", "order by description, quantity desc, id", page, 100);
        expect_page("ordering=price,-title", "order by price_cents, title desc, id", page, 100);
    }
    for (const int page : {1, 5, 10}) {
        expect_page("book_type=Horror&ordering=title", "where book_type = 'Horror' order by title, id", page,
                    100);
        expect_page("search=7&ordering=-title", "where title || isbn like '%7%' order by title desc, id",
                    page, 100);
        expect_page("search=7", "where title || isbn like '%7%' order by id", page, 100);
    }
}

TEST_F(BookListTest, AChangeIsSeenByTheNextPage) {
    const auto found = [&] { return shop.get("/api/v1/books?search=emma").json.at("count").as_int64(); };
    const auto put = [&](Method method, const std::string& target, std::string body) {
        return shop.ask(method, "/api/v1/books" + target, std::move(body), "application/json").status;
    };
    EXPECT_EQ(found(), 0);
    EXPECT_EQ(put(Method::patch, "/9", R"({"title": "Emma"})"), 200);
    EXPECT_EQ(found(), 1);
    EXPECT_EQ(put(Method::post, "", std::string(emma)), 201);
    EXPECT_EQ(found(), 2);
    EXPECT_EQ(put(Method::del, "/9", ""), 204);
    EXPECT_EQ(found(), 1);
    shop.import(std::string(books_header) + "Emma again,A,Comic,1,2001,1,1,1,x\n");
    EXPECT_EQ(found(), 2);
}

TEST_F(BookListTest, EveryWordOfASearchCountsAndOneThatIsTooLongIsRefused) {
    const auto found = [&](const std::string& search) {
        return shop.get("/api/v1/books?search=" + search).json.at("count").as_int64();
    };
    EXPECT_EQ(found("t+i+t+l+e+a+t+i+t+l+e"), books);
    EXPECT_EQ(found("t+i+t+l+e+a+t+i+t+l+e+nothere"), 0);
    EXPECT_EQ(shop.get("/api/v1/books?search=" + std::string(1000, 'x')).status, 200);
    EXPECT_EQ(shop.get("/api/v1/books?search=" + std::string(1001, 'x')).status, 400);
    std::string words;
    for (int i = 0; i < 33; ++i) words += "x+";
    const TestAnswer many = shop.get("/api/v1/books?search=" + words);
    EXPECT_EQ(many.status, 400);
    EXPECT_EQ(many.text, R"({"search":["Ensure this field has no more than 32 words."]})");
}

TEST_F(BookListTest, WhoComesToALongLineOfSearchesIsToldAtOnceAndOtherListsGoOn) {
    auto& looks = shop.shop().lists().looks();
    const auto one = looks.enter({});
    std::vector<offstage::sys::Thread> line;
    for (int i = 0; i < 3; ++i)
        line.emplace_back("waits", [&](const std::stop_token& stop) {
            try {
                std::ignore = looks.enter(stop);
            } catch (const offstage::Error&) {
            }
        });
    while (looks.room() > 0) std::this_thread::yield();
    for (const std::string query :
         {"search=emma", "ordering=title", "ordering=title&page=25", "ordering=title&page=50"}) {
        const TestAnswer busy = shop.get("/api/v1/books?" + query);
        EXPECT_EQ(busy.status, 503) << query;
        EXPECT_EQ(busy.headers.get("Retry-After"), "1");
    }
    EXPECT_EQ(shop.ask(Method::post, "/api/v1/bulk", R"({"action": "delete", "filter": {"search": "emma"}})",
                       "application/json")
                  .status,
              503);
    EXPECT_EQ(shop.get("/api/v1/books").status, 200);
    EXPECT_EQ(shop.get("/api/v1/books?book_type=Horror").status, 200);
    for (auto& waits : line) waits.request_stop();
}

} // namespace
} // namespace bookshop
