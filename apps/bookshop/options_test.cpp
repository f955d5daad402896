#include "apps/bookshop/options.hpp"

#include "apps/bookshop/testing/test_folder.hpp"

#include <gmock/gmock.h>

#include <array>
#include <vector>

namespace bookshop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::variant<Options, int> read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "bookshop");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    auto options = read_options(static_cast<int>(arguments.size()), arguments.data());
    testing::internal::GetCapturedStdout();
    testing::internal::GetCapturedStderr();
    return options;
}

Options good(std::vector<const char*> arguments) {
    const auto options = read(std::move(arguments));
    EXPECT_TRUE(std::holds_alternative<Options>(options));
    return std::holds_alternative<Options>(options) ? std::get<Options>(options) : Options{};
}

int code(std::vector<const char*> arguments) {
    const auto options = read(std::move(arguments));
    return std::holds_alternative<int>(options) ? std::get<int>(options) : -1;
}

/// What a refusal says.
std::string said(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "bookshop");
    testing::internal::CaptureStderr();
    const auto options = read_options(static_cast<int>(arguments.size()), arguments.data());
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(std::holds_alternative<int>(options) && std::get<int>(options) == 2) << text;
    return text;
}

TEST(Options, WithoutAnythingTheShopOpensInTheFolderData) {
    const Options options = good({});
    EXPECT_EQ(options.command, Options::Command::serve);
    EXPECT_EQ(options.listen_address, "127.0.0.1");
    EXPECT_EQ(options.listen_port, 8000);
    EXPECT_EQ(options.database, "sqlite:data/books.db");
}

TEST(Options, StandWithServeAndWithoutIt) {
    for (const bool with : {true, false}) {
        std::vector<const char*> arguments = {"--listen",     "127.0.0.1:0", "--database", "sqlite:a.db",
                                              "--data-dir",   "elsewhere",   "--workers",  "3",
                                              "--max-upload", "1024"};
        if (with) arguments.insert(arguments.begin(), "serve");
        const Options options = good(arguments);
        EXPECT_EQ(options.command, Options::Command::serve);
        EXPECT_EQ(options.listen_port, 0);
        EXPECT_EQ(options.database, "sqlite:a.db");
        EXPECT_EQ(options.data_dir, "elsewhere");
        EXPECT_EQ(options.workers, 3);
        EXPECT_EQ(options.max_upload, 1024u);
    }
}

TEST(Options, SizesTakeUnits) {
    EXPECT_EQ(good({"--max-upload", "3MB"}).max_upload, std::uint64_t{3} << 20);
    EXPECT_EQ(good({"--max-spool", "2 GiB"}).max_spool, std::uint64_t{2} << 30);
}

TEST(Options, ImportTakesAFileAndTheSameOptions) {
    const Options options = good({"import", "new.csv", "--again", "--data-dir", "there"});
    EXPECT_EQ(options.command, Options::Command::import_file);
    EXPECT_EQ(options.file, "new.csv");
    EXPECT_TRUE(options.again);
    EXPECT_EQ(options.database, "sqlite:there/books.db");
    EXPECT_EQ(code({"import"}), 2);
}

TEST(Options, WhatCannotBeIsRefused) {
    EXPECT_EQ(code({"--listen", "8000"}), 2);
    EXPECT_EQ(code({"--listen", "127.0.0.1:70000"}), 2);
    EXPECT_EQ(code({"--listen", "127.0.0.1:"}), 2);
    EXPECT_EQ(code({"--database", "books.db"}), 2);
    EXPECT_EQ(code({"--database", "sqlite:"}), 2);
    EXPECT_EQ(code({"--workers", "0"}), 2);
    for (const char* size : {"much", "-5", "-1MB", "18446744073709551615", "99999999PB"})
        EXPECT_EQ(code({"--max-upload", size}), 2) << size;
    for (const char* size : {"0", "0MB"}) {
        EXPECT_THAT(said({"--max-upload", size}), HasSubstr("1 byte")) << "it would take no file at all";
        EXPECT_EQ(code({"--max-spool", size}), 2);
    }
    EXPECT_EQ(code({"--wokers", "1"}), 2);
    EXPECT_EQ(code({"sell"}), 2);
}

TEST(Options, WithoutTokensOnlyThisMachineIsListenedTo) {
    EXPECT_EQ(code({"--listen", "0.0.0.0:8000"}), 2);
    EXPECT_EQ(code({"--listen", "192.168.1.2:8000"}), 2);
    EXPECT_EQ(code({"--listen", "0.0.0.0:8000", "--token-file", "/nowhere/tokens"}), 2);
    const TestFolder folder;
    const std::string tokens = folder.write("tokens", "");
    EXPECT_EQ(good({"--listen", "0.0.0.0:8000", "--token-file", tokens.c_str()}).listen_address, "0.0.0.0");
    EXPECT_EQ(good({"--listen", "[::1]:8000"}).listen_address, "::1");
    EXPECT_EQ(good({"--listen", "localhost:8000"}).listen_address, "127.0.0.1");
}

TEST(Options, HelpIsNoFailure) {
    EXPECT_EQ(code({"--help"}), 0);
    EXPECT_EQ(code({"import", "--help"}), 0);
}

TEST(Options, HelpOfACommandListsTheOptionsOfAllToo) {
    for (const char* command : {"serve", "import"}) {
        testing::internal::CaptureStdout();
        const std::array arguments{"bookshop", command, "--help"};
        (void)read_options(static_cast<int>(arguments.size()), arguments.data());
        EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("--data-dir")) << command;
    }
}

TEST(Options, AFileTakesThemToo) {
    const TestFolder folder;
    const std::string file =
        folder.write("shop.toml", "listen = \"127.0.0.1:9000\"\nworkers = 5\nmax-upload = \"10MB\"\n");
    const Options options = good({"--config", file.c_str(), "--workers", "4"});
    EXPECT_EQ(options.listen_port, 9000);
    EXPECT_EQ(options.workers, 4) << "the command line goes before the file";
    EXPECT_EQ(options.max_upload, std::uint64_t{10} << 20);
}

TEST(Options, AFileNamesOneHostOrSeveral) {
    const TestFolder folder;
    const auto names = [&](std::string_view content) {
        return good({"--config", folder.write("shop.toml", content).c_str()}).hostnames;
    };
    EXPECT_THAT(names("hostname = \"shop.example\"\n"), ElementsAre("shop.example"));
    EXPECT_THAT(names("hostname = [\"shop.example\", \"x\"]\nworkers = 3\n"),
                ElementsAre("shop.example", "x"));
    EXPECT_THAT(names("hostname = []\n"), ElementsAre());
}

TEST(Options, AFaultInTheFileIsToldWithItsLineAndWhatToWrite) {
    const TestFolder folder;
    const auto told = [&](std::string_view content) {
        return said({"--config", folder.write("shop.toml", content).c_str()});
    };
    for (const char* name : {"5", "true", "[\"x\", 5]", "[[\"x\"]]", "{x = 1}", "2026-01-01"})
        EXPECT_THAT(told("workers = 3\nhostname = " + std::string(name) + "\n"),
                    testing::AllOf(HasSubstr("line 2"), HasSubstr("hostname"), HasSubstr("in quotes")));
    EXPECT_THAT(told("data-dir = 5\n"), HasSubstr("data-dir should be a text in quotes"));
    EXPECT_THAT(told("data-dir = [\"x\"]\n"), HasSubstr("data-dir should be a text in quotes"));
    EXPECT_THAT(told("workers = [1, 2]\n"), HasSubstr("workers should be a whole number"));
    EXPECT_THAT(told("max-upload = 0\n"), HasSubstr("1 byte"));
}

TEST(Options, AFaultInTheFileIsRefused) {
    const TestFolder folder;
    for (const char* content :
         {"workers = \n", "wokers = 3\n", "workers = 0\n", "workers = [1]\n", "listen = 80\n"})
        EXPECT_EQ(code({"--config", folder.write("shop.toml", content).c_str()}), 2) << content;
    EXPECT_EQ(code({"--config", "/nowhere/shop.toml"}), 2);
}

} // namespace
} // namespace bookshop
