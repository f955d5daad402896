#include "apps/bookshop/import_job.hpp"

#include "apps/bookshop/import_batch.hpp"
#include "apps/bookshop/testdata/oracle.hpp"
#include "apps/bookshop/testing/test_shop.hpp"
#include "apps/bookshop/testing/verdicts.hpp"

#include <gtest/gtest.h>

#include <map>

namespace bookshop {
namespace {

using offstage::web::Method;

std::int64_t number(const boost::json::object& object, const char* name) {
    return object.at(name).to_number<std::int64_t>();
}

class ImportJobTest : public testing::Test {
protected:
    /// All refused rows of an import, by their number.
    std::map<std::int64_t, boost::json::value> errors(std::int64_t import) {
        std::map<std::int64_t, boost::json::value> all;
        std::string target = "/api/v1/imports/" + std::to_string(import) + "/errors?page_size=1000";
        while (!target.empty()) {
            const TestAnswer answer = shop.get(target);
            for (const auto& error : answer.json.at("results").as_array())
                EXPECT_TRUE(all.emplace(error.at("row").as_int64(), error).second) << "told twice";
            const auto& next = answer.json.at("next");
            target = next.is_null() ? "" : std::string(next.as_string());
        }
        return all;
    }

    TestShop shop;
};

class VerdictTest : public ImportJobTest, public testing::WithParamInterface<const char*> {};

TEST_P(VerdictTest, ARealFileGivesItsVerdictsRowByRow) {
    const std::string name = GetParam();
    const std::string content = read_file(testdata(name));
    TestShop large({.max_upload = 64 << 20});
    const Verdicts verdicts(name.substr(0, name.find('.')));
    const std::int64_t good = verdicts.good();
    const auto& bad = verdicts.bad();
    ASSERT_EQ(good + static_cast<std::int64_t>(bad.size()), 10000);

    const TestAnswer answer = large.ask(Method::put, "/api/v1/upload/" + name, content);
    ASSERT_EQ(answer.status, 201) << answer.text;
    const auto id = answer.json.at("import").at("id").as_int64();
    const auto import = large.ended(id);
    EXPECT_EQ(import.at("state").as_string(), "done");
    EXPECT_EQ(number(import, "rows_read"), 10000);
    EXPECT_EQ(number(import, "rows_inserted"), good);
    EXPECT_EQ(number(import, "rows_refused"), static_cast<std::int64_t>(bad.size()));
    EXPECT_EQ(number(import, "bytes_read"), static_cast<std::int64_t>(content.size()));
    EXPECT_EQ(large.number("select count(*) from bookshop_book"), good);
    EXPECT_EQ(large.number("select sum(books) from bookshop_book_count"), good);

    std::size_t told = 0;
    for (int page = 1; told < bad.size(); ++page) {
        const TestAnswer errors = large.get("/api/v1/imports/" + std::to_string(id) +
                                            "/errors?page_size=1000&page=" + std::to_string(page));
        ASSERT_EQ(errors.status, 200) << errors.text;
        for (const auto& error : errors.json.at("results").as_array()) {
            const auto verdict = bad.find(error.at("row").as_int64());
            ASSERT_NE(verdict, bad.end()) << error;
            EXPECT_EQ(boost::json::serialize(error.at("errors")), verdict->second) << error;
            EXPECT_EQ(error.at("messages").as_object().size(), error.at("errors").as_object().size());
            ++told;
        }
    }
    EXPECT_EQ(told, bad.size());
}

INSTANTIATE_TEST_SUITE_P(Files, VerdictTest, testing::Values("books.csv", "books-dirty.csv", "books.xlsx"),
                         [](const auto& file) {
                             return file.index == 0 ? "clean" : file.index == 1 ? "dirty" : "workbook";
                         });

TEST_F(ImportJobTest, AWorkbookGivesTheBooksOfItsText) {
    const auto books = [](TestShop& of) {
        std::vector<std::string> all;
        of.store().read([&](offstage::stores::Session& session) {
            auto rows = session.query("select * from bookshop_book order by id");
            while (rows.next()) {
                std::string& book = all.emplace_back();
                for (int i = 0; i < rows.columns(); ++i)
                    book += rows.is_null(i) ? "null\n" : rows.string(i) + "\n";
            }
        });
        return all;
    };
    TestShop text({.max_upload = 64 << 20});
    TestShop workbook({.max_upload = 64 << 20});
    text.import(read_file(testdata("books.csv")));
    const auto import = workbook.import(read_file(testdata("books.xlsx")));
    EXPECT_EQ(import.at("sheet").as_string(), "Books");
    EXPECT_TRUE(import.at("encoding").is_null());
    EXPECT_TRUE(import.at("delimiter").is_null());
    EXPECT_EQ(books(workbook), books(text));
    EXPECT_EQ(books(text).size(), 9247u);
}

TEST_F(ImportJobTest, AFileOfManyBatchesIsInOnceAndInOrder) {
    const int rows = static_cast<int>(ImportBatch::max_rows) * 3 + 7;
    TestShop large({.max_upload = 64 << 20});
    const auto import = large.import(std::string(books_header) + book_rows(rows));
    EXPECT_EQ(import.at("state").as_string(), "done");
    EXPECT_EQ(number(import, "rows_inserted"), rows);
    EXPECT_EQ(large.number("select count(*) from bookshop_book where title = 'Title ' || id"), rows);
    EXPECT_GT(number(import, "rows_per_second"), 0);
}

TEST_F(ImportJobTest, AHeaderAloneIsADoneImportOfNothing) {
    const auto import = shop.import(books_header);
    EXPECT_EQ(import.at("state").as_string(), "done");
    EXPECT_EQ(number(import, "rows_read"), 0);
    EXPECT_EQ(number(import, "bytes_read"), static_cast<std::int64_t>(books_header.size()));
}

TEST_F(ImportJobTest, ARefusedRowIsToldWithItsFaultsInWordsAndWhatWasGiven) {
    const auto import =
        shop.import(std::string(books_header) + ",A,Comic,1,2001,1.00,1,1,d\n" + book_rows(1) +
                    "t,A,Novel,1,2001,cheap,1,1,d\nshort,A\nlong,A,Comic,1,2001,1.00,1,1,d,and,more\n");
    ASSERT_EQ(import.at("state").as_string(), "done");
    EXPECT_EQ(number(import, "rows_inserted"), 1);
    const auto told = errors(number(import, "id"));
    ASSERT_EQ(told.size(), 4u);
    EXPECT_EQ(
        boost::json::serialize(told.at(1)),
        R"({"row":1,"errors":{"title":["blank"]},"messages":{"title":["This field may not be blank."]},)"
        R"("values":{"title":"","author":"A","book_type":"Comic","ISBN":"1","year_published":"2001","price":"1.00",)"
        R"("no_of_pages":"1","quantity":"1","description":"d"}})");
    EXPECT_EQ(boost::json::serialize(told.at(3).at("errors")),
              R"({"book_type":["invalid_choice"],"price":["invalid"]})");
    EXPECT_EQ(told.at(3).at("messages").at("book_type").at(0).as_string(),
              "\"Novel\" is not a valid choice.");
    EXPECT_EQ(told.at(4).at("values").at("price").as_string(), "");
    EXPECT_EQ(boost::json::serialize(told.at(5).at("errors")), R"({"row":["too_many_fields"]})");
    EXPECT_EQ(boost::json::serialize(told.at(5).at("values").at("row")), R"(["and","more"])");
}

TEST_F(ImportJobTest, OtherEncodingsAndDelimitersAreTold) {
    std::string csv = "title;author;book_type;ISBN;year_published;price;quantity\n";
    for (int i = 0; i < 20; ++i) csv += "\xC4rger im B\xFCro;J\xF6rg M\xFCller;Comic;1;2001;1.00;1\n";
    const auto import = shop.import(csv);
    ASSERT_EQ(import.at("state").as_string(), "done");
    EXPECT_EQ(import.at("delimiter").as_string(), ";");
    EXPECT_NE(import.at("encoding").as_string(), "UTF-8");
    EXPECT_EQ(shop.get("/api/v1/books/1").json.at("author").as_string(), "Jörg Müller");
}

TEST_F(ImportJobTest, WhatIsFoundLaterFailsTheImportWithItsReasonAndWithoutAnotherTry) {
    TestShop large({.max_upload = 64 << 20});
    const int rows = static_cast<int>(ImportBatch::max_rows) + 10;
    const auto import =
        large.import(std::string(books_header) + book_rows(rows) + "\"" + std::string(2 << 20, 'x'));
    EXPECT_EQ(import.at("state").as_string(), "failed");
    const std::string error(import.at("error").as_string());
    EXPECT_NE(error.find("Row " + std::to_string(rows + 1)), std::string::npos) << error;
    EXPECT_NE(error.find(std::to_string(rows) + " rows are in the book table"), std::string::npos) << error;
    EXPECT_EQ(number(import, "rows_inserted"), rows) << "the rows before that place are in";
    EXPECT_EQ(large.number("select count(*) from bookshop_book"), rows);
    const auto now = import_now(large.store(), number(import, "id"));
    EXPECT_EQ(now->job->attempt, 1);
}

TEST_F(ImportJobTest, AFileThatVanishedFailsTheImport) {
    TestShop idle({.works = false});
    const TestAnswer answer =
        idle.ask(Method::put, "/api/v1/upload/b.csv", std::string(books_header) + book_rows(1));
    ASSERT_EQ(answer.status, 201);
    std::filesystem::remove_all(idle.folder().path() / "spool");
    std::filesystem::create_directory(idle.folder().path() / "spool");
    idle.shop().start();
    const auto import = idle.ended(answer.json.at("import").at("id").as_int64());
    EXPECT_EQ(import.at("state").as_string(), "failed");
    EXPECT_FALSE(import.at("error").as_string().empty());
}

TEST_F(ImportJobTest, AFileLeavesTheSpoolWhenItsImportHasEnded) {
    TestShop large({.max_upload = 4 << 20});
    EXPECT_EQ(large.import(std::string(books_header) + book_rows(1)).at("state").as_string(), "done");
    const auto broken = large.import(std::string(books_header) + "\"" + std::string(2 << 20, 'x'));
    EXPECT_EQ(broken.at("state").as_string(), "failed");
    large.restart(); // waits for what is under way
    EXPECT_TRUE(std::filesystem::is_empty(large.folder().path() / "spool"));
    EXPECT_EQ(large.shop().spool().used(), 0u);
}

TEST_F(ImportJobTest, AnImportThatWaitedGoesOnAfterARestart) {
    TestShop idle({.works = false});
    const TestAnswer answer =
        idle.ask(Method::put, "/api/v1/upload/b.csv", std::string(books_header) + book_rows(2));
    idle.restart();
    idle.shop().start();
    EXPECT_EQ(idle.ended(answer.json.at("import").at("id").as_int64()).at("state").as_string(), "done");
    EXPECT_EQ(idle.number("select count(*) from bookshop_book"), 2);
}

TEST_F(ImportJobTest, StoppedInTheMiddleItGoesOnWhereItWasAndEachRowIsInOnce) {
    TestShop large({.max_upload = 256 << 20});
    const int rows = 300000;
    std::string csv(books_header);
    for (int i = 1; i <= rows; ++i) csv += i % 100 == 0 ? ",,,,,,,,\n" : book_rows(1, i);
    const TestAnswer answer = large.ask(Method::put, "/api/v1/upload/b.csv", csv);
    ASSERT_EQ(answer.status, 201) << answer.text;
    const auto id = answer.json.at("import").at("id").as_int64();
    const auto read = [&] { return large.number("select rows_read from bookshop_import"); };
    int restarts = 0;
    for (std::int64_t before = 0; read() < rows && restarts < 5; before = read(), ++restarts) {
        while (read() == before &&
               !offstage::stores::has_ended(
                   large.store().find(import_now(large.store(), id)->import.job)->state)) {
        }
        large.restart();
    }
    const auto import = large.ended(id);
    EXPECT_GE(restarts, 1);
    EXPECT_EQ(import.at("state").as_string(), "done");
    EXPECT_EQ(number(import, "rows_read"), rows);
    EXPECT_EQ(number(import, "rows_refused"), rows / 100);
    EXPECT_EQ(large.number("select count(*) from bookshop_book"), rows - rows / 100);
    EXPECT_EQ(large.number("select count(distinct title) from bookshop_book"), rows - rows / 100);
    EXPECT_EQ(large.number("select count(*) from bookshop_row_error where row % 100 = 0"), rows / 100);
}

TEST_F(ImportJobTest, CancelStopsWithinABatchAndTellsWhatWasKept) {
    TestShop large({.max_upload = 256 << 20});
    std::string csv = std::string(books_header) + book_rows(400000);
    const TestAnswer answer = large.ask(Method::put, "/api/v1/upload/b.csv", csv);
    ASSERT_EQ(answer.status, 201);
    const auto id = answer.json.at("import").at("id").as_int64();
    while (large.number("select rows_read from bookshop_import") == 0) {
    }
    const TestAnswer cancelled = large.ask(Method::post, "/api/v1/imports/" + std::to_string(id) + "/cancel");
    ASSERT_EQ(cancelled.status, 200) << cancelled.text;
    const auto import = large.ended(id);
    ASSERT_EQ(import.at("state").as_string(), "cancelled");
    const auto inserted = number(import, "rows_inserted");
    EXPECT_LT(inserted, 400000);
    EXPECT_EQ(large.number("select count(*) from bookshop_book"), inserted);
    EXPECT_EQ(import.at("error").as_string(),
              "Cancelled. " + std::to_string(inserted) +
                  " rows are in the book table and stay there; 0 were refused.");

    const TestAnswer anew = large.ask(Method::put, "/api/v1/upload/b.csv", csv);
    EXPECT_EQ(anew.status, 201);
    EXPECT_EQ(anew.json.at("import").at("id").as_int64(), id) << "the same content goes on";
    EXPECT_EQ(large.ended(id).at("state").as_string(), "done");
    EXPECT_EQ(large.number("select count(*) from bookshop_book"), 400000);
    EXPECT_EQ(large.number("select count(distinct title) from bookshop_book"), 400000);
    EXPECT_EQ(large.ask(Method::put, "/api/v1/upload/b.csv", csv).status, 200);
}

TEST_F(ImportJobTest, ADoneOneThatIsRetriedIsDoneAgainAndNothingIsDoubled) {
    const auto import = shop.import(std::string(books_header) + book_rows(7));
    const offstage::jobs::JobId job{import.at("job_id").as_int64()};
    EXPECT_EQ(shop.store().retry({&job, 1}).front(), offstage::stores::ChangeResult::changed);
    EXPECT_EQ(offstage::jobs::Client(shop.store()).wait(job).state, offstage::jobs::JobState::done);
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 7);
}

TEST_F(ImportJobTest, CancelledBeforeItBeganItKeepsNothing) {
    TestShop idle({.works = false});
    const TestAnswer answer =
        idle.ask(Method::put, "/api/v1/upload/b.csv", std::string(books_header) + book_rows(2));
    const std::string target =
        "/api/v1/imports/" + std::to_string(answer.json.at("import").at("id").as_int64());
    const TestAnswer cancelled = idle.ask(Method::post, target + "/cancel");
    EXPECT_EQ(cancelled.json.at("state").as_string(), "cancelled");
    EXPECT_EQ(cancelled.json.at("error").as_string(), "Cancelled. Nothing was imported before.");
    EXPECT_EQ(idle.ask(Method::post, target + "/cancel").status, 409);
    const TestAnswer anew =
        idle.ask(Method::put, "/api/v1/upload/b.csv", std::string(books_header) + book_rows(2));
    EXPECT_EQ(anew.status, 201) << "a cancelled import does not stand in the way of the next try";
}

} // namespace
} // namespace bookshop
