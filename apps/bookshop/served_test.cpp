// The program from outside: a real process, real sockets, real curl.
#include "apps/bookshop/testdata/oracle.hpp"
#include "apps/bookshop/testing/served_shop.hpp"
#include "apps/bookshop/testing/test_shop.hpp"
#include "apps/bookshop/testing/verdicts.hpp"
#include "offstage/base/json.hpp"
#include "offstage/stores/open.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>

namespace bookshop {
namespace {

const std::string good = std::string(books_header) + book_rows(3);

std::int64_t number(const boost::json::object& object, const char* name) {
    return object.at(name).to_number<std::int64_t>();
}

/// A file of `rows` right rows, each of about `width` bytes.
std::string write_books(const TestFolder& folder, std::string_view name, int rows, std::size_t width = 60) {
    std::ofstream out(folder.path() / name, std::ios::binary);
    out << books_header;
    const std::string filler(width, 'd');
    for (int i = 1; i <= rows; ++i)
        out << "Title " << i << ",An author,Comic,978" << i << ",2001,9.50,100,3," << filler << "\n";
    return folder.path() / name;
}

class ServedTest : public testing::Test {
protected:
    /// Runs curl against the upload's address; gives "status code", or the whole answer where it is no
    /// refusal.
    std::string refusal(std::vector<std::string> arguments, const std::string& target = "/api/v1/upload") {
        arguments.push_back(shop.url() + target);
        const Ran ran = shop.curl(std::move(arguments));
        const auto line = ran.out.rfind('\n');
        boost::system::error_code error;
        const auto json = boost::json::parse(ran.out.substr(0, line), error);
        if (error || !json.is_object() || !json.as_object().contains("code")) return ran.out + ran.err;
        EXPECT_TRUE(json.at("response").is_string());
        return ran.out.substr(line + 1) + " " + std::string(json.at("code").as_string());
    }

    ServedShop shop{{"--max-upload", "1MB", "--sample", "books-sample.csv"}};
};

/// A shop that demands tokens, as one that others than its own machine reach must; two may come.
class GuardedTest : public testing::Test {
protected:
    static constexpr std::string_view reader = "reader-secret-0123456789",
                                      uploader = "uploader-secret-0123456789";

    GuardedTest()
        : tokens(folder.write("tokens", "ann read " + std::string(reader) + "\nbob work " +
                                            std::string(uploader) + "  # uploads\n")),
          shop({"--token-file", tokens, "--hostname", "shop.example"}) {
        shop.start();
    }

    int status(std::vector<std::pair<std::string, std::string>> headers, std::string method = "GET",
               std::string target = "/api/v1/books") {
        std::string body = method == "GET" ? "" : good;
        return shop
            .send({.method = std::move(method),
                   .target = std::move(target),
                   .headers = std::move(headers),
                   .body = std::move(body)})
            .status;
    }
    static std::pair<std::string, std::string> bearer(std::string_view secret) {
        return {"Authorization", "Bearer " + std::string(secret)};
    }

    TestFolder folder;
    const std::string tokens;
    ServedShop shop;
};

TEST_F(GuardedTest, WhoShowsNoTokenIsRefusedAndABrowserIsLedToTheLogin) {
    EXPECT_EQ(status({}), 401);
    EXPECT_EQ(status({bearer("somebody-elses-0123456789")}), 401);
    EXPECT_EQ(status({bearer(reader)}), 200);
    const HttpAnswer visit =
        shop.send({.target = "/", .headers = {{"Accept", "text/html"}, {"Sec-Fetch-Mode", "navigate"}}});
    EXPECT_EQ(visit.status, 303);
    EXPECT_EQ(visit.header("location"), "/login?next=%2F");
}

TEST_F(GuardedTest, UploadsNeedTheRoleWork) {
    EXPECT_EQ(status({bearer(reader)}, "PUT", "/api/v1/upload/b.csv"), 403);
    EXPECT_EQ(status({bearer(uploader)}, "PUT", "/api/v1/upload/b.csv"), 201);
    EXPECT_EQ(status({bearer(reader)}, "POST", "/api/v1/imports/1/cancel"), 403);
}

TEST_F(GuardedTest, TheTerminalShowsItsTokenToTheShopThatIsOpen) {
    std::ofstream(shop.folder().path() / "books.csv") << good;
    const Ran without = shop.run({"import", "books.csv"});
    EXPECT_NE(without.code, 0);
    EXPECT_NE(without.err.find("--token-file"), std::string::npos) << without.err;
    const Ran with = shop.run({"import", "books.csv", "--token-file", tokens});
    EXPECT_EQ(with.code, 0) << with.err;
}

TEST_F(ServedTest, ItSaysWhereItIsOpenAndWhatToTryAndItsPageHasAStrictPolicy) {
    shop.start();
    const std::string out = shop.process().out();
    EXPECT_NE(out.find("http://127.0.0.1:"), std::string::npos) << out;
    EXPECT_NE(out.find("curl -F books=@books-sample.csv " + shop.url() + "/api/v1/upload"), std::string::npos)
        << out;
    const HttpAnswer page = shop.send({});
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("<title>Bookshop</title>"), std::string::npos);
    const auto policy = page.header("content-security-policy").value_or("");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
}

TEST_F(ServedTest, CurlUploadsAFormAndAFile) {
    shop.start();
    shop.folder().write("books.csv", good);
    shop.folder().write("more books.csv", std::string(books_header) + book_rows(2));
    const Ran form = shop.curl({"-F", "books=@books.csv", shop.url() + "/api/v1/upload"});
    EXPECT_TRUE(form.out.ends_with("\n201")) << form.out;
    EXPECT_NE(form.out.find("Upload Initiated, Check Book Table"), std::string::npos);
    const Ran raw = shop.curl({"-T", "more books.csv", shop.url() + "/api/v1/upload/"});
    EXPECT_TRUE(raw.out.ends_with("\n201")) << raw.out << raw.err;
    EXPECT_EQ(shop.ended(1).at("state").as_string(), "done");
    EXPECT_EQ(shop.ended(2).at("file").as_string(), "more books.csv");
    EXPECT_EQ(number(shop.get("/api/v1/books"), "count"), 5);
    const Ran health = shop.curl({"-H", "Content-Type: application/json", "-d",
                                  R"({"message": "healthcheck"})", shop.url() + "/api/v1/upload"});
    EXPECT_EQ(health.out, "{\"response\": \"It works!\"}\n200");
}

TEST_F(ServedTest, EveryRefusalHasItsStatusAndCode) {
    shop.start();
    const auto form = [&](std::string_view content) {
        shop.folder().write("f", content);
        return refusal({"-F", "books=@f"});
    };
    EXPECT_EQ(refusal({"-F", "others=@/dev/null"}), "400 no_file");
    EXPECT_EQ(refusal({"-d", "x=y"}), "400 no_file");
    EXPECT_EQ(refusal({"-H", "Content-Type: multipart/form-data; boundary=b", "-d", "nothing"}),
              "400 bad_form");
    shop.folder().write("f", good);
    EXPECT_EQ(refusal({"-F", "books=@f", "-F", "books=@f"}), "400 several_files");
    EXPECT_EQ(form(std::string_view("\0\1\2\3\0\0\0\0binary", 14)), "400 not_a_table");
    EXPECT_EQ(form(std::string("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) + std::string(1000, '\0')).substr(0, 4),
              "400 ");
    EXPECT_EQ(form(read_file(testdata("workbooks/password.xlsx"))), "400 encrypted");
    EXPECT_EQ(form(read_file(testdata("books.xlsx")).substr(0, 1000)), "400 broken_xlsx");
    EXPECT_EQ(refusal({"-T", testdata("workbooks/libreoffice.xlsx")}, "/api/v1/upload/b.xlsx?sheet=None"),
              "400 no_such_sheet");
    EXPECT_EQ(form(""), "400 empty_file");
    EXPECT_EQ(form("title,author\nx,y\n"), "400 missing_columns");
    EXPECT_EQ(form("title," + good), "400 duplicate_columns");
    EXPECT_EQ(form(std::string((1 << 20) + 1, 'x')), "413 too_large");
    EXPECT_EQ(refusal({"-T", "f"}, "/api/v1/upload/"), "413 too_large");
    EXPECT_EQ(refusal({"-T", "f", "-H", "Transfer-Encoding: chunked"}, "/api/v1/upload/"), "413 too_large");
    EXPECT_TRUE(std::filesystem::is_empty(shop.folder().path() / "data/spool"));
    EXPECT_EQ(shop.stop(), 0);
    EXPECT_EQ(shop.number("select count(*) from bookshop_import"), 0);
}

TEST_F(ServedTest, TooLargeIsToldBeforeTheBodyIsSent) {
    shop.start();
    const HttpAnswer answer = shop.send({.method = "PUT",
                                         .target = "/api/v1/upload/b.csv",
                                         .headers = {{"Expect", "100-continue"}},
                                         .body = std::string(2 << 20, 'x')});
    EXPECT_EQ(answer.status, 413);
    EXPECT_NE(answer.body.find("too_large"), std::string::npos);
}

TEST_F(ServedTest, AFullSpoolIsTold) {
    ServedShop small({"--max-spool", "1000"});
    small.start();
    const HttpAnswer answer = small.put(std::string(books_header) + book_rows(100));
    EXPECT_EQ(answer.status, 507);
    EXPECT_NE(answer.body.find("spool_full"), std::string::npos);
    EXPECT_NE(answer.body.find("the 1000 bytes"), std::string::npos) << answer.body;
    small.folder().write("f", good);
    const Ran ran =
        small.curl({"-T", "f", "-H", "Transfer-Encoding: chunked", small.url() + "/api/v1/upload/"});
    EXPECT_TRUE(ran.out.ends_with("\n201")) << ran.out << "it fits, though its size is not told before";
}

TEST_F(ServedTest, AFullDiskIsToldAndTheShopGoesOn) {
    ServedShop limited({}, 4 << 20); // no file of it may grow past 4 MiB
    limited.start();
    const std::string file = write_books(limited.folder(), "large.csv", 60000);
    const Ran ran = limited.curl({"-T", file, limited.url() + "/api/v1/upload/"});
    EXPECT_TRUE(ran.out.ends_with("\n507")) << ran.out;
    EXPECT_NE(ran.out.find("disk_full"), std::string::npos);
    EXPECT_TRUE(std::filesystem::is_empty(limited.folder().path() / "data/spool"));
    EXPECT_EQ(limited.ended(import_of(limited.put(good))).at("state").as_string(), "done");
}

class ServedVerdictTest : public ServedTest, public testing::WithParamInterface<const char*> {};

TEST_P(ServedVerdictTest, ARealFileOverHttpGivesItsVerdictsRowByRow) {
    ServedShop large;
    large.start();
    const std::string name = GetParam();
    const Verdicts verdicts(name.substr(0, name.find('.')));
    const Ran ran = large.curl({"-F", "books=@" + testdata(name), large.url() + "/api/v1/upload"});
    ASSERT_TRUE(ran.out.ends_with("\n201")) << ran.out;
    const auto import = large.ended(1);
    EXPECT_EQ(import.at("state").as_string(), "done");
    EXPECT_EQ(number(import, "rows_inserted"), verdicts.good());
    EXPECT_EQ(number(import, "rows_refused"), static_cast<std::int64_t>(verdicts.bad().size()));
    EXPECT_EQ(number(large.get("/api/v1/books?page_size=1"), "count"), verdicts.good());
    std::map<std::int64_t, std::string> told;
    for (std::string target = "/api/v1/imports/1/errors?page_size=1000"; !target.empty();) {
        const auto page = large.get(target);
        for (const auto& error : page.at("results").as_array())
            EXPECT_TRUE(
                told.emplace(error.at("row").as_int64(), boost::json::serialize(error.at("errors"))).second);
        const auto& next = page.at("next");
        target = next.is_null() ? "" : std::string(next.as_string()).substr(large.url().size());
    }
    EXPECT_EQ(told, verdicts.bad());
}

INSTANTIATE_TEST_SUITE_P(Files, ServedVerdictTest,
                         testing::Values("books.csv", "books-dirty.csv", "books.xlsx"), [](const auto& file) {
                             return file.index == 0 ? "clean" : file.index == 1 ? "dirty" : "workbook";
                         });

TEST_F(ServedTest, ALargeUploadCostsLittleMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer's own memory would be measured";
#endif
    ServedShop large;
    large.start();
    large.ended(import_of(large.put(good)));
    const std::uint64_t idle = large.process().peak_bytes();
    const std::string file = write_books(large.folder(), "large.csv", 5000, 60000); // 300 MB
    ASSERT_GT(std::filesystem::file_size(file), 300'000'000u);
    for (const std::vector<std::string>& way :
         {std::vector<std::string>{"-F", "books=@" + file, large.url() + "/api/v1/upload?again=1"},
          {"-T", file, large.url() + "/api/v1/upload/large.csv?again=1"}}) {
        const Ran ran = large.curl(way);
        EXPECT_TRUE(ran.out.ends_with("\n201")) << ran.out;
    }
    EXPECT_LT(large.process().peak_bytes(), idle + (40u << 20));
}

TEST_F(ServedTest, ALargeErrorsCsvCostsLittleMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer's own memory would be measured";
#endif
    ServedShop large;
    large.start();
    const std::string file = large.folder().path() / "large.csv";
    std::ofstream out(file, std::ios::binary);
    out << books_header;
    const std::string filler(1'000'000, 'd');
    for (int i = 1; i <= 100; ++i) out << ",An author,Comic,978,2001,9.50,100,3," << filler << "\n";
    out.close();
    large.curl({"-T", file, large.url() + "/api/v1/upload/"});
    EXPECT_EQ(number(large.ended(1), "rows_refused"), 100);
    const std::uint64_t before = large.process().peak_bytes();
    const Ran ran = large.curl({"-o", "errors.csv", large.url() + "/api/v1/imports/1/errors.csv"});
    EXPECT_EQ(ran.out, "\n200") << ran.err;
    EXPECT_GT(std::filesystem::file_size(large.folder().path() / "errors.csv"), 100'000'000u);
    EXPECT_LT(large.process().peak_bytes(), before + (16u << 20));
}

TEST_F(ServedTest, ASecondProcessIsToldWhoHasTheDatabase) {
    shop.start();
    const Ran second = shop.run({"serve", "--listen", "127.0.0.1:0"});
    EXPECT_EQ(second.code, 3);
    EXPECT_EQ(std::count(second.err.begin(), second.err.end(), '\n'), 1) << second.err;
    EXPECT_NE(second.err.find(std::to_string(shop.process().pid())), std::string::npos) << second.err;
    EXPECT_NE(second.err.find(shop.url()), std::string::npos) << second.err;
}

TEST_F(ServedTest, APortThatIsTakenIsOneClearLine) {
    shop.start();
    const std::string address = shop.url().substr(7);
    ServedShop other;
    const Ran ran = other.run({"serve", "--listen", address});
    EXPECT_EQ(ran.code, 3);
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    EXPECT_NE(ran.err.find(address.substr(address.find(':') + 1)), std::string::npos) << ran.err;
}

TEST_F(ServedTest, AFileWhoseNameHoldsControlCharactersIsSentWithoutThem) {
    shop.start();
    shop.folder().write("my\t\nbooks.csv", good);
    const Ran ran = shop.run({"import", "my\t\nbooks.csv"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(shop.ended(1).at("file").as_string(), "mybooks.csv");
}

TEST_F(ServedTest, WhyTheShopRefusesARequestIsToldInTheTerminal) {
    shop.start();
    shop.folder().write("books.csv", good);
    const Ran ran = shop.run({"import", "books.csv", "--sheet",
                              "B\xFC"
                              "cher"});
    EXPECT_EQ(ran.code, 2);
    EXPECT_NE(ran.err.find("is not UTF-8"), std::string::npos) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

TEST_F(ServedTest, AFolderThatCannotBeMadeIsOneClearLine) {
    const std::string file = shop.folder().write("file", "");
    const auto refused = [&](const std::string& data, const std::string& database,
                             const std::string& option) {
        Process process({.arguments = {BOOKSHOP_PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                                       data, "--database", "sqlite:" + database},
                         .folder = shop.folder().path()});
        EXPECT_EQ(process.wait(), 1);
        const std::string err = process.err();
        EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
        EXPECT_TRUE(err.starts_with("bookshop: the folder " + file)) << err;
        EXPECT_NE(err.find("Not a directory"), std::string::npos) << err;
        EXPECT_NE(err.find(option), std::string::npos) << err;
    };
    refused(file, "books.db", "--data-dir");
    refused(file + "/data", "books.db", "--data-dir");
    refused("data", file + "/books/books.db", "--database");
    refused("data", file + "/books.db", "--database");
}

TEST_F(ServedTest, AnIdleShopClosesAndOpensAgain) {
    shop.start();
    shop.ended(import_of(shop.put(good)));
    EXPECT_EQ(shop.stop(), 0);
    EXPECT_NE(shop.process().out().find("Closed in"), std::string::npos);
    shop.start();
    EXPECT_EQ(number(shop.get("/api/v1/books"), "count"), 3);
    shop.process().signal(SIGINT);
    EXPECT_EQ(shop.process().wait(), 0);
}

TEST_F(ServedTest, AskedBySigquitItPrintsWhatEveryThreadIsDoingAndStaysOpen) {
    shop.start();
    wait_until("the dump", [&] { // asked until its threads have all begun to wait
        if (shop.process().err().find("waits on") != std::string::npos) return true;
        shop.process().signal(SIGQUIT);
        return false;
    });
    shop.ended(import_of(shop.put(good)));
    EXPECT_EQ(shop.stop(), 0);
}

TEST_F(ServedTest, StartedWithoutStandardDescriptorsItWritesIntoNoneOfItsFiles) {
    const std::string database = "sqlite:" + (shop.folder().path() / "books.db").string();
    Process closed(
        {.arguments = {"/bin/sh", "-c", "exec \"$@\" 0<&- 1>&- 2>&-", "sh", BOOKSHOP_PROGRAM, "serve",
                       "--listen", "127.0.0.1:0", "--data-dir", "data", "--database", database},
         .folder = shop.folder().path()});
    std::string url;
    wait_until("an open shop", [&] {
        if (!closed.is_running()) throw std::runtime_error("it has ended");
        if (const auto holder = offstage::stores::holder_of(database)) url = holder->url;
        return !url.empty();
    });
    EXPECT_EQ(HttpClient(url).get("/api/v1/imports").status, 200);
    for (const char* fd : {"0", "1", "2"})
        EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(closed.pid()) + "/fd/" + fd),
                  "/dev/null");
    closed.signal(SIGTERM);
    EXPECT_EQ(closed.wait(), 0);
    EXPECT_EQ(read_file(shop.folder().path() / "books.db.lock").find("Clos"), std::string::npos);
}

TEST_F(ServedTest, ASecondSignalEndsItAtOnceAndTheImportGoesOnAtTheNextStart) {
    ServedShop large;
    large.start();
    const std::string file = write_books(large.folder(), "large.csv", 100000);
    large.curl({"-T", file, large.url() + "/api/v1/upload/"});
    large.process().signal(SIGINT);
    large.process().signal(SIGTERM);
    const int code = large.process().wait();
    // Or it was closed before the second one came.
    EXPECT_TRUE(code == 0 || code == 128 + SIGINT || code == 128 + SIGTERM) << code;
    large.start();
    EXPECT_EQ(number(large.ended(1), "rows_inserted"), 100000);
}

TEST_F(ServedTest, StoppedWhileItImportsItGoesOnAtTheNextStart) {
    ServedShop large;
    large.start();
    const std::string file = write_books(large.folder(), "large.csv", 500000);
    large.curl({"-T", file, large.url() + "/api/v1/upload/"});
    wait_until("the first rows", [&] { return number(large.get("/api/v1/imports/1"), "rows_read") > 0; });
    EXPECT_EQ(large.stop(), 0);
    EXPECT_NE(large.process().out().find("1 import goes on at the next start"), std::string::npos)
        << large.process().out();
    large.start();
    const auto import = large.ended(1);
    EXPECT_EQ(import.at("state").as_string(), "done");
    EXPECT_EQ(number(import, "rows_inserted"), 500000);
    EXPECT_EQ(number(large.get("/api/v1/books"), "count"), 500000);
    EXPECT_EQ(large.stop(), 0);
    EXPECT_EQ(large.number("select count(distinct title) from bookshop_book"), 500000);
}

TEST_F(ServedTest, StoppedWhileAFileIsSentNothingIsLeftOfIt) {
    ServedShop large;
    large.start();
    const std::string file = write_books(large.folder(), "large.csv", 100000);
    Process curl({.arguments = {"/usr/bin/curl", "-sS", "--limit-rate", "500k", "-T", file,
                                large.url() + "/api/v1/upload/"},
                  .folder = large.folder().path()});
    const auto spool = large.folder().path() / "data/spool";
    wait_until("a file in the spool", [&] { return !std::filesystem::is_empty(spool); });
    EXPECT_EQ(large.stop(), 0);
    EXPECT_NE(curl.wait(), 0);
    EXPECT_TRUE(std::filesystem::is_empty(spool));
    large.start();
    EXPECT_EQ(number(large.get("/api/v1/imports"), "count"), 0);
}

TEST_F(ServedTest, ATerminalThatIsInterruptedLeavesTheRestToTheNextOne) {
    const std::string file = write_books(shop.folder(), "large.csv", 500000);
    Process first({.arguments = {BOOKSHOP_PROGRAM, "import", file, "--data-dir", "data", "--database",
                                 "sqlite:books.db"},
                   .folder = shop.folder().path()});
    first.wait_for_out([](std::string_view out) { return out.find(" rows, ") != out.npos; });
    first.signal(SIGINT);
    EXPECT_EQ(first.wait(), 130) << first.out() << first.err();
    EXPECT_NE(first.out().find("Stopped."), std::string::npos) << first.out();
    const Ran second = shop.run({"import", file});
    EXPECT_EQ(second.code, 0) << second.err;
    EXPECT_NE(second.out.find("500,000 rows read, 500,000 inserted"), std::string::npos) << second.out;
    EXPECT_EQ(shop.number("select count(distinct title) from bookshop_book"), 500000);
    EXPECT_EQ(shop.number("select count(*) from bookshop_book"), 500000);
}

} // namespace
} // namespace bookshop
