#include "offstage/base/error.hpp"
#include "offstage/stores/open.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/stores/sqlite/testing/folder.hpp"
#include "tests/support/child.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <unistd.h>

namespace offstage::stores {
namespace {

using offstage::testing::Child;
using stores::testing::Folder;
using ::testing::AllOf;
using ::testing::HasSubstr;

Child start_child(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), STORE_CHILD);
    return Child(arguments);
}

std::string message_of(const std::function<void()>& call, Errc code) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), code);
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

TEST(FileLock, ASecondProcessIsToldWhoHoldsTheFile) {
    const Folder folder;
    const std::string path = folder.file("jobs.db");
    Child first = start_child({path, "http://127.0.0.1:8123"});
    ASSERT_EQ(first.read_line(), "open");

    const std::string told = message_of([&] { open_sqlite(path); }, Errc::held);
    EXPECT_THAT(told, AllOf(HasSubstr(path), HasSubstr("store_child"), HasSubstr(std::to_string(first.id())),
                            HasSubstr("http://127.0.0.1:8123"), HasSubstr("since 20")));
    const auto holder = holder_of("sqlite:" + path);
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->pid, first.id());
    EXPECT_EQ(holder->program, "store_child");
    EXPECT_EQ(holder->url, "http://127.0.0.1:8123");

    Child second = start_child({path});
    EXPECT_THAT(second.read_line().value(), ::testing::StartsWith("held "));
    EXPECT_EQ(second.wait(), 1);

    first.close_input();
    EXPECT_EQ(first.wait(), 0);
    EXPECT_FALSE(holder_of("sqlite:" + path));
    EXPECT_NO_THROW(open_sqlite(path));
}

TEST(FileLock, AProcessThatWasKilledHoldsNothing) {
    const Folder folder;
    const std::string path = folder.file("jobs.db");
    Child first = start_child({path, "http://127.0.0.1:8123"});
    ASSERT_EQ(first.read_line(), "open");
    first.kill();
    EXPECT_FALSE(sqlite_holder(path));
    const auto store = open_sqlite(path);
    const auto holder = sqlite_holder(path);
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->pid, getpid());
    EXPECT_EQ(holder->url, "") << "the dead one's address is gone";
}

TEST(FileLock, AFileHeldByThisProcessIsHeldForOthers) {
    const Folder folder;
    const std::string path = folder.file("jobs.db");
    const auto store = open_sqlite(path);
    const auto same = open_sqlite(path);
    store->announce("http://[::1]:9");
    Child second = start_child({path});
    EXPECT_THAT(second.read_line().value(),
                AllOf(HasSubstr("held "), HasSubstr(std::to_string(getpid())), HasSubstr("http://[::1]:9")));
}

TEST(FileLock, ALinkToAFileIsTheSameFile) {
    const Folder folder;
    const auto store = open_sqlite(folder.file("jobs.db"));
    std::filesystem::create_symlink(folder.file("jobs.db"), folder.file("link.db"));
    const NewJob job{.kind = "work"};
    const JobId id = open_sqlite(folder.file("link.db"))->enqueue({&job, 1}).front().id;
    EXPECT_TRUE(store->find(id));
    EXPECT_FALSE(std::filesystem::exists(folder.file("link.db.lock")));
}

TEST(FileLock, AFileOfTwoNamesIsRefused) {
    const Folder folder;
    open_sqlite(folder.file("jobs.db"));
    std::filesystem::create_hard_link(folder.file("jobs.db"), folder.file("second.db"));
    for (const char* name : {"jobs.db", "second.db"})
        EXPECT_THAT(message_of([&] { open_sqlite(folder.file(name)); }, Errc::conflict),
                    HasSubstr("2 names"));
    std::filesystem::remove(folder.file("second.db"));
    EXPECT_NO_THROW(open_sqlite(folder.file("jobs.db")));
}

TEST(FileLock, AHolderThatHasNotSaidWhoItIsIsToldAsAnother) {
    const Folder folder;
    const std::string path = folder.file("jobs.db");
    Child first = start_child({path});
    ASSERT_EQ(first.read_line(), "open");
    std::ofstream(path + ".lock", std::ios::trunc).close();
    EXPECT_THAT(message_of([&] { open_sqlite(path); }, Errc::held), HasSubstr("another process"));
}

TEST(FileLock, AFolderThatIsNotThereIsTold) {
    const Folder folder;
    EXPECT_THAT(message_of([&] { open_sqlite(folder.file("no/such/jobs.db")); }, Errc::io),
                AllOf(HasSubstr("no/such/jobs.db"), HasSubstr("No such file")));
    EXPECT_FALSE(sqlite_holder(folder.file("never.db")));
}

TEST(Open, AnAddressThatNoDriverKnowsIsRefused) {
    for (const char* address : {"", "books.db", "sqlite:", "mysql://x", "sqlite"})
        EXPECT_THAT(message_of([&] { open(address); }, Errc::invalid_argument), HasSubstr("sqlite:FILE"));
}

TEST(Open, WhatSqliteTakesForAFileAndIsNoneIsRefused) {
    for (const char* address :
         {"sqlite::memory:", "sqlite:file::memory:", "sqlite:file:jobs.db?mode=memory"}) {
        EXPECT_THAT(message_of([&] { open(address); }, Errc::invalid_argument), HasSubstr("names no file"));
        EXPECT_THAT(message_of([&] { std::ignore = holder_of(address); }, Errc::invalid_argument),
                    HasSubstr("names no file"));
    }
}

TEST(Open, AnSqliteAddressOpensItsFile) {
    const Folder folder;
    const auto store = open("sqlite:" + folder.file("jobs.db"));
    EXPECT_EQ(store->name(), "sqlite:" + folder.file("jobs.db"));
    EXPECT_TRUE(std::filesystem::exists(folder.file("jobs.db")));
}

} // namespace
} // namespace offstage::stores
