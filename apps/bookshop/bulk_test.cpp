#include "apps/bookshop/bulk.hpp"

#include "apps/bookshop/testing/test_shop.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/sys/waits.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace bookshop {
namespace {

using offstage::web::Method;

class BulkTest : public testing::Test {
protected:
    explicit BulkTest(int books = 10) {
        std::string csv(books_header);
        for (int i = 1; i <= books; ++i)
            csv += (i % 2 == 0 ? "Even " : "Odd ") + std::to_string(i) + ",A," +
                   (i % 5 == 0 ? "Horror" : "Comic") + ",1,2001,1.00,1,1,x\n";
        shop.import(csv);
    }
    TestAnswer start(std::string_view body) {
        return shop.ask(Method::post, "/api/v1/bulk", std::string(body), "application/json");
    }
    boost::json::object ended(std::int64_t id) {
        const std::string target = "/api/v1/bulk/" + std::to_string(id);
        const auto job = shop.get(target).json.at("job_id").as_int64();
        shop.shop().client().wait({job}, {}, offstage::sys::deadline_after(std::chrono::seconds(60)));
        return shop.get(target).json.as_object();
    }
    /// Starts it and waits for its end.
    boost::json::object done(std::string_view body) {
        const TestAnswer answer = start(body);
        EXPECT_EQ(answer.status, 201) << answer.text;
        return ended(answer.json.at("id").as_int64());
    }
    std::int64_t books(const std::string& condition = "true") {
        return shop.number("select count(*) from bookshop_book where " + condition);
    }
    void expect_right_counts() {
        EXPECT_EQ(
            shop.number("select count(*) from (select book_type, count(*) n from bookshop_book group by 1) b "
                        "join bookshop_book_count c using (book_type) where b.n = c.books"),
            shop.number("select count(*) from bookshop_book_count where books > 0"));
        EXPECT_EQ(shop.number("select sum(books) from bookshop_book_count"), books());
    }

    TestShop shop{{.max_upload = 64 << 20}};
};

class LargeBulkTest : public BulkTest {
protected:
    static constexpr int many = 100'000;
    LargeBulkTest() : BulkTest(many) {}
};

TEST_F(BulkTest, ASelectionIsDeleted) {
    const auto bulk = done(R"({"action": "delete", "ids": [7, 3, 7, 99]})");
    EXPECT_EQ(bulk.at("state").as_string(), "done");
    EXPECT_EQ(bulk.at("total").as_int64(), 3);
    EXPECT_EQ(bulk.at("looked").as_int64(), 3);
    EXPECT_EQ(bulk.at("changed").as_int64(), 2) << "99 is not there";
    EXPECT_TRUE(bulk.at("filter").is_null());
    EXPECT_EQ(books(), 8);
    EXPECT_EQ(books("id in (3, 7)"), 0);
    expect_right_counts();
}

TEST_F(BulkTest, ASelectionGetsAnotherType) {
    const auto bulk = done(R"({"action": "set_type", "value": "Classic", "ids": [1, 2, 5]})");
    EXPECT_EQ(bulk.at("changed").as_int64(), 3);
    EXPECT_EQ(books("book_type = 'Classic' and id in (1, 2, 5)"), 3);
    EXPECT_EQ(
        done(R"({"action": "set_type", "value": "Classic", "ids": [1, 2, 3]})").at("changed").as_int64(), 1);
    expect_right_counts();
}

TEST_F(BulkTest, EverythingThatAFilterMatchesIsChanged) {
    EXPECT_EQ(
        done(
            R"({"action": "set_type", "value": "Magazine", "filter": {"search": "EVEN", "book_type": "Comic"}})")
            .at("changed")
            .as_int64(),
        4);
    EXPECT_EQ(books("book_type = 'Magazine' and title like 'Even%'"), 4);
    expect_right_counts();
    const auto all = done(R"({"action": "delete", "filter": {}})");
    EXPECT_EQ(all.at("total").as_int64(), 10);
    EXPECT_EQ(all.at("changed").as_int64(), 10);
    EXPECT_EQ(books(), 0);
    expect_right_counts();
}

TEST_F(BulkTest, AFilterMeansTheBooksOfThatMoment) {
    TestShop idle({.works = false});
    const auto send = [&](Method method, const std::string& target, std::string body) {
        return idle.ask(method, "/api/v1/" + target, std::move(body), "application/json");
    };
    const std::string book =
        R"({"title": "t", "author": "a", "book_type": "Comic", "ISBN": "1", "year_published": "1",)"
        R"( "price": "1", "quantity": 1})";
    send(Method::post, "books", book);
    EXPECT_EQ(
        send(Method::post, "bulk", R"({"action": "delete", "filter": {}})").json.at("state").as_string(),
        "queued");
    send(Method::post, "books", book);
    idle.shop().start();
    const auto job = idle.get("/api/v1/bulk/1").json.at("job_id").as_int64();
    idle.shop().client().wait({job}, {}, offstage::sys::deadline_after(std::chrono::seconds(60)));
    EXPECT_EQ(idle.number("select count(*) from bookshop_book where id = 2"), 1);
    EXPECT_EQ(idle.number("select count(*) from bookshop_book"), 1);
}

TEST_F(BulkTest, AFilterMeansTheBooksThatWereCountedThoughOthersComeBeforeItIsWrittenDown) {
    offstage::Event come;
    const auto import = shop.store().transact_async([&](offstage::stores::Transaction& tx) {
        come.wait(); // the action is counted meanwhile, and waits for its turn to write
        tx.execute("insert into bookshop_book (title, author, book_type, isbn, year_published, price_cents, "
                   "no_of_pages, quantity, description) select title, author, book_type, isbn, "
                   "year_published, price_cents, no_of_pages, quantity, description from bookshop_book");
    });
    std::int64_t id = 0;
    offstage::sys::Thread asking("asks", [&](const std::stop_token&) {
        id = start(R"({"action": "delete", "filter": {"search": "odd"}})").json.at("id").as_int64();
    });
    const auto is_asking = [](const offstage::sys::WaitInfo& wait) { return wait.thread_name == "asks"; };
    while (std::ranges::none_of(offstage::sys::waits(), is_asking)) {
    }
    come.set();
    import->get();
    asking.join();
    const auto bulk = ended(id);
    EXPECT_EQ(bulk.at("total").as_int64(), 5);
    EXPECT_EQ(bulk.at("changed").as_int64(), 5) << "no more than was told";
    EXPECT_EQ(books(), 15);
}

TEST_F(BulkTest, WhatIsWrongIsTold) {
    const auto wrong = [&](std::string_view body) {
        const TestAnswer answer = start(body);
        EXPECT_EQ(answer.status, 400) << body;
        return std::string(answer.json.as_object().begin()->key());
    };
    EXPECT_EQ(wrong(R"({"action": "drop", "filter": {}})"), "action");
    EXPECT_EQ(wrong(R"({"action": 7, "filter": {}})"), "action");
    EXPECT_EQ(wrong(R"({"action": "set_type", "value": "Novel", "filter": {}})"), "value");
    EXPECT_EQ(wrong(R"({"action": "delete"})"), "ids") << "nothing said is not everything";
    EXPECT_EQ(wrong(R"({"action": "delete", "ids": []})"), "ids");
    EXPECT_EQ(wrong(R"({"action": "delete", "ids": [1, true]})"), "ids");
    EXPECT_EQ(wrong(R"({"action": "delete", "ids": [1], "filter": {}})"), "ids");
    EXPECT_EQ(wrong(R"({"action": "delete", "filter": {"serach": "x"}})"), "filter")
        << "a slip would mean all";
    EXPECT_EQ(wrong(R"({"action": "delete", "filter": {"book_type": "Novel"}})"), "book_type");
    EXPECT_EQ(wrong("[]"), "detail");
    EXPECT_EQ(wrong("{"), "detail");
    EXPECT_EQ(shop.ask(Method::post, "/api/v1/bulk", "x", "text/plain").status, 415);
    EXPECT_EQ(shop.get("/api/v1/bulk").json.at("count").as_int64(), 0);
    EXPECT_EQ(shop.get("/api/v1/bulk/1").status, 404);
    EXPECT_EQ(shop.ask(Method::post, "/api/v1/bulk/1/cancel").status, 404);
    EXPECT_EQ(books(), 10);
}

TEST_F(BulkTest, ActionsAreListedNewestFirst) {
    done(R"({"action": "delete", "ids": [1]})");
    done(R"({"action": "delete", "ids": [2]})");
    const TestAnswer answer = shop.get("/api/v1/bulk");
    EXPECT_EQ(answer.json.at("count").as_int64(), 2);
    EXPECT_TRUE(answer.json.at("next").is_null());
    EXPECT_EQ(answer.json.at("results").at(0).at("id").as_int64(), 2);
    EXPECT_EQ(shop.ask(Method::post, "/api/v1/bulk/1/cancel").status, 409);
}

TEST_F(LargeBulkTest, CancelStopsWithinABatchAndTellsWhatWasDone) {
    const auto id = start(R"({"action": "delete", "filter": {}})").json.at("id").as_int64();
    while (shop.number("select changed from bookshop_bulk") == 0) {
    }
    shop.ask(Method::post, "/api/v1/bulk/" + std::to_string(id) + "/cancel");
    const auto bulk = ended(id);
    ASSERT_EQ(bulk.at("state").as_string(), "cancelled");
    const auto changed = bulk.at("changed").as_int64();
    EXPECT_LT(changed, many);
    EXPECT_EQ(books(), many - changed);
    EXPECT_EQ(bulk.at("error").as_string(),
              "Cancelled. " + std::to_string(changed) + " books were deleted before.");
    expect_right_counts();
}

TEST_F(LargeBulkTest, StoppedInTheMiddleItGoesOnWhereItWas) {
    const auto id = start(R"({"action": "set_type", "value": "Magazine", "filter": {"search": "even"}})")
                        .json.at("id")
                        .as_int64();
    const auto looked = [&] { return shop.number("select looked from bookshop_bulk"); };
    int restarts = 0;
    for (std::int64_t before = 0; looked() < many / 2 && restarts < 5; before = looked(), ++restarts) {
        while (looked() == before) {
        }
        shop.restart();
    }
    EXPECT_GE(restarts, 1);
    const auto bulk = ended(id);
    EXPECT_EQ(bulk.at("state").as_string(), "done");
    EXPECT_EQ(bulk.at("changed").as_int64(), many / 2) << "each book is changed once";
    EXPECT_EQ(books("book_type = 'Magazine'"), many / 2);
    expect_right_counts();
}

TEST_F(BulkTest, ASearchThatWouldNotMeanTheSameToAllIsRefusedAndNothingIsChanged) {
    for (const std::string& search :
         {std::string(R"(\u0000)"), std::string(R"(10\u0000)"), std::string(60000, 'q')}) {
        const TestAnswer answer = start(R"({"action": "delete", "filter": {"search": ")" + search + R"("}})");
        EXPECT_EQ(answer.status, 400) << answer.text;
        EXPECT_TRUE(answer.text.starts_with(R"({"search":[)")) << answer.text;
    }
    EXPECT_EQ(books(), 10);
    EXPECT_EQ(shop.number("select count(*) from bookshop_bulk"), 0);
}

TEST_F(BulkTest, EveryWordOfItsSearchCounts) {
    EXPECT_EQ(start(R"({"action": "delete", "filter": {"search": "e v e n e v e n even nothere"}})")
                  .json.at("total")
                  .as_int64(),
              0);
    EXPECT_EQ(done(R"({"action": "delete", "filter": {"search": "e v e n e v e n even 10"}})")
                  .at("changed")
                  .as_int64(),
              1);
    EXPECT_EQ(books(), 9);
}

} // namespace
} // namespace bookshop
