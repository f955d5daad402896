// The bookshop is killed (SIGKILL) at each step of the way of one upload and at random, and started again:
// every good row is in the table exactly once and every bad one in the error list exactly once.
#include "apps/bookshop/testdata/archive.hpp"
#include "apps/bookshop/testing/served_shop.hpp"
#include "apps/bookshop/testing/test_shop.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <tuple>

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bookshop {
namespace {

constexpr int rows = 100300; // no multiple of a batch: the last rows and the end are one transaction
constexpr int bad_every = 50;
constexpr int bad = rows / bad_every;
constexpr int good = rows - bad;

/// Goes on at a moment that nothing in the program marks, so that a kill may come anywhere. It waits for
/// nothing: what comes after holds whenever that is.
void at_some_moment_within(std::chrono::milliseconds most, std::mt19937& random) {
    const std::chrono::microseconds after(
        std::uniform_int_distribution<std::int64_t>(0, std::chrono::microseconds(most).count())(random));
    std::ignore = offstage::Event().wait({}, offstage::sys::deadline_after(after));
}

std::int64_t number(const boost::json::object& object, const char* name) {
    return object.at(name).to_number<std::int64_t>();
}

class BookshopCrashTest : public testing::Test {
protected:
    BookshopCrashTest() : file(shop.folder().path() / "books.csv") {
        std::ofstream out(file, std::ios::binary);
        out << books_header;
        for (int i = 1; i <= rows; ++i) {
            if (i % bad_every == 0)
                out << "Title " << i << ",An author,Novel,978,2001,9.50,100,3,text\n";
            else
                out << "Title " << i << ",An author,Comic,978,2001,9.50,100,3,text\n";
        }
    }

    /// Exchanges the file for a workbook of the same rows.
    void write_workbook() const {
        std::string all =
            sheet_row({"title", "author", "book_type", "ISBN", "year_published", "price", "quantity"});
        for (int i = 1; i <= rows; ++i)
            all += sheet_row({"Title " + std::to_string(i), "An author",
                              i % bad_every == 0 ? "Novel" : "Comic", "978", "2001", "9.50", "3"});
        std::ofstream(file, std::ios::binary) << archive_of(workbook_parts(all));
    }

    /// Sends the file and waits for the answer. Gives the import, or nothing where the shop died meanwhile.
    std::optional<std::int64_t> upload() const {
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        try {
            const auto answer = shop.send({.method = "PUT",
                                           .target = "/api/v1/upload/books.csv",
                                           .file = fd,
                                           .file_size = std::filesystem::file_size(file)});
            ::close(fd);
            return import_of(answer);
        } catch (const offstage::Error&) {
            ::close(fd);
            return std::nullopt;
        }
    }

    boost::json::object import(std::int64_t id) const {
        return shop.get("/api/v1/imports/" + std::to_string(id));
    }

    void wait_for_rows(std::int64_t id, std::int64_t least) const {
        wait_until("rows of the import", [&] { return number(import(id), "rows_read") >= least; });
    }

    bool spool_holds(std::string_view ending) const {
        const auto spool = shop.folder().path() / "data/spool";
        if (!std::filesystem::exists(spool)) return false;
        for (const auto& entry : std::filesystem::directory_iterator(spool))
            if (entry.path().string().ends_with(ending)) return true;
        return false;
    }

    /// Lets the import end and counts.
    void expect_each_row_once(std::int64_t id) {
        const auto ended = shop.ended(id);
        EXPECT_EQ(ended.at("state").as_string(), "done") << ended;
        EXPECT_EQ(number(ended, "rows_read"), rows);
        EXPECT_EQ(number(ended, "rows_inserted"), good);
        EXPECT_EQ(number(ended, "rows_refused"), bad);
        EXPECT_EQ(shop.stop(), 0);
        EXPECT_EQ(shop.number("select count(*) from bookshop_import"), 1);
        EXPECT_EQ(shop.number("select count(*) from bookshop_book"), good);
        EXPECT_EQ(shop.number("select count(distinct title) from bookshop_book"), good);
        EXPECT_EQ(shop.number("select sum(books) from bookshop_book_count"), good);
        EXPECT_EQ(shop.number("select count(*) from bookshop_row_error"), bad);
        EXPECT_EQ(
            shop.number("select count(*) from bookshop_row_error where row % " + std::to_string(bad_every)),
            0);
        EXPECT_TRUE(std::filesystem::is_empty(shop.folder().path() / "data/spool"));
    }

    ServedShop shop;
    const std::filesystem::path file;
};

TEST_F(BookshopCrashTest, KilledWhileAFileIsReceivedNothingIsLeftOfIt) {
    shop.start();
    Process curl({.arguments = {"/usr/bin/curl", "-sS", "--limit-rate", "1M", "-T", file,
                                shop.url() + "/api/v1/upload/"},
                  .folder = shop.folder().path()});
    wait_until("a file in the spool", [&] { return spool_holds(".part"); });
    shop.kill();
    EXPECT_TRUE(spool_holds(".part"));
    shop.start();
    EXPECT_FALSE(spool_holds(".part"));
    EXPECT_EQ(number(shop.get("/api/v1/imports"), "count"), 0);
    expect_each_row_once(upload().value());
}

TEST_F(BookshopCrashTest, KilledAsSoonAsAnUploadIsAnsweredItIsKept) {
    shop.start();
    const auto id = upload();
    shop.kill();
    shop.start();
    expect_each_row_once(id.value());
}

TEST_F(BookshopCrashTest, KilledWhileRowsAreWrittenItGoesOn) {
    shop.start();
    const auto id = upload().value();
    for (const int share : {1, rows / 3, rows - rows / 10}) {
        wait_for_rows(id, share);
        shop.kill();
        shop.start();
    }
    expect_each_row_once(id);
}

TEST_F(BookshopCrashTest, KilledAsSoonAsAnImportIsDoneItIsDone) {
    shop.start();
    const auto id = upload().value();
    wait_for_rows(id, rows);
    shop.kill();
    shop.start();
    EXPECT_EQ(import(id).at("state").as_string(), "done") << "the last batch and the end are one transaction";
    expect_each_row_once(id);
}

TEST_F(BookshopCrashTest, KilledAfterACancelItStaysCancelledWithWhatItTold) {
    shop.start();
    const auto id = upload().value();
    wait_for_rows(id, 1);
    const auto answer =
        shop.send({.method = "POST", .target = "/api/v1/imports/" + std::to_string(id) + "/cancel"});
    shop.kill();
    shop.start();
    const auto ended = shop.ended(id);
    if (answer.status == 409) GTEST_SKIP() << "the import was done before the cancel came";
    EXPECT_EQ(ended.at("state").as_string(), "cancelled") << ended;
    EXPECT_EQ(shop.stop(), 0);
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), number(ended, "rows_inserted"));
    EXPECT_EQ(shop.number("select count(distinct title) from bookshop_book"), number(ended, "rows_inserted"));
}

TEST_F(BookshopCrashTest, KilledAtRandomAgainAndAgainEachRowIsThereOnce) {
    const auto seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    shop.start();
    const auto id = upload().value();
    for (int kills = 0; kills < 15; ++kills) {
        at_some_moment_within(std::chrono::milliseconds(150), random);
        shop.kill();
        shop.start();
        if (import(id).at("state") == "done") break;
    }
    // By then it may have been failed as the culprit; the same file again is what goes on from there.
    EXPECT_EQ(upload(), id);
    expect_each_row_once(id);
}

/// Its process dies twenty times in a row without a new row: the job is taken for the culprit and failed.
TEST_F(BookshopCrashTest, AnImportThatFailedByItsCrashesGoesOnWhenItsFileIsUploadedAgain) {
    shop.start();
    const auto id = upload().value();
    wait_for_rows(id, 1);
    shop.kill();
    // Nobody writes to this pipe, so whoever opens the file waits until he is killed.
    for (const auto& entry : std::filesystem::directory_iterator(shop.folder().path() / "data/spool")) {
        std::filesystem::remove(entry.path());
        ASSERT_EQ(::mkfifo(entry.path().c_str(), 0600), 0);
    }
    std::string state;
    for (int starts = 0; starts < 25 && state != "failed"; ++starts) {
        shop.start();
        wait_until("a run of the import, or its end", [&] {
            state = import(id).at("state").as_string();
            return state == "running" || state == "failed";
        });
        if (state == "running") shop.kill();
    }
    const auto failed = import(id);
    ASSERT_EQ(failed.at("state").as_string(), "failed") << failed;
    EXPECT_NE(failed.at("error").as_string().find("quarantined"), std::string::npos) << failed;
    EXPECT_GT(number(failed, "rows_inserted"), 0) << "there is something that could be doubled";
    EXPECT_LT(number(failed, "rows_read"), rows);
    EXPECT_EQ(upload(), id);
    expect_each_row_once(id);
}

TEST_F(BookshopCrashTest, AWorkbookKilledAtRandomAgainAndAgainGoesOnWithinItsSheet) {
    const auto seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    write_workbook();
    shop.start();
    const auto id = upload().value();
    EXPECT_EQ(import(id).at("sheet").as_string(), "A");
    for (int kills = 0; kills < 10; ++kills) {
        at_some_moment_within(std::chrono::milliseconds(200), random);
        shop.kill();
        shop.start();
        if (import(id).at("state") == "done") break;
    }
    EXPECT_EQ(upload(), id);
    expect_each_row_once(id);
}

TEST_F(BookshopCrashTest, AnActionOnManyBooksKilledAtRandomChangesEachBookOnce) {
    const auto seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    shop.start();
    shop.ended(upload().value());
    shop.send({.method = "POST",
               .target = "/api/v1/bulk",
               .headers = {{"Content-Type", "application/json"}},
               .body = R"({"action": "set_type", "value": "Magazine", "filter": {"search": "author"}})"});
    const auto bulk = [&] { return shop.get("/api/v1/bulk/1"); };
    for (int kills = 0; kills < 10 && bulk().at("state") != "done"; ++kills) {
        // A job whose worker died five times in a row without a checkpoint is taken for the culprit: not
        // here.
        const std::int64_t before = number(bulk(), "looked");
        wait_until("books of the action", [&] {
            const auto now = bulk();
            return number(now, "looked") > before || now.at("state") == "done";
        });
        at_some_moment_within(std::chrono::milliseconds(50), random);
        shop.kill();
        shop.start();
    }
    wait_until("the end of the action", [&] { return bulk().at("state") == "done"; });
    EXPECT_EQ(number(bulk(), "changed"), good);
    EXPECT_EQ(shop.stop(), 0);
    EXPECT_EQ(shop.number("select count(*) from bookshop_book where book_type = 'Magazine'"), good);
    EXPECT_EQ(shop.number("select books from bookshop_book_count where book_type = 'Magazine'"), good);
    EXPECT_EQ(shop.number("select sum(books) from bookshop_book_count"), good);
}

TEST_F(BookshopCrashTest, KilledAtRandomWhileItOpensAndMakesItsTablesItOpensTheNextTime) {
    const auto seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int kills = 0; kills < 15; ++kills) {
        Process process({.arguments = {BOOKSHOP_PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                                       "data", "--database", "sqlite:books.db"},
                         .folder = shop.folder().path()});
        at_some_moment_within(std::chrono::milliseconds(100), random);
        process.signal(SIGKILL);
        EXPECT_EQ(process.wait(), -SIGKILL) << process.err();
    }
    shop.start();
    expect_each_row_once(upload().value());
}

TEST_F(BookshopCrashTest, KilledAtRandomDuringUploadsThatAreSentAgainThereIsOneImport) {
    const auto seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::optional<std::int64_t> id;
    for (int kills = 0; kills < 10; ++kills) {
        shop.start();
        const pid_t victim = shop.process().pid();
        offstage::sys::Thread killer("killer", [victim, &random](std::stop_token) {
            at_some_moment_within(std::chrono::milliseconds(60), random);
            ::kill(victim, SIGKILL);
        });
        if (const auto answered = upload()) {
            EXPECT_TRUE(!id || id == answered) << "what was answered once is answered again";
            id = answered;
        }
        killer.join();
        shop.process().wait();
    }
    shop.start();
    expect_each_row_once(upload().value());
}

TEST_F(BookshopCrashTest, ATerminalKilledAtRandomGoesOnWhenItIsStartedAgain) {
    const auto seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int kills = 0; kills < 10; ++kills) {
        Process process({.arguments = {BOOKSHOP_PROGRAM, "import", file, "--data-dir", "data", "--database",
                                       "sqlite:books.db"},
                         .folder = shop.folder().path()});
        at_some_moment_within(std::chrono::milliseconds(200), random);
        process.signal(SIGKILL);
        process.wait();
    }
    const Ran last = shop.run({"import", file});
    EXPECT_EQ(last.code, 0) << last.err;
    shop.start();
    expect_each_row_once(1);
}

} // namespace
} // namespace bookshop
