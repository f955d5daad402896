#include "offstage/stores/migrate.hpp"

#include "offstage/base/error.hpp"

#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/stores/sqlite/testing/folder.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <sqlite3.h>

namespace offstage::stores {
namespace {

using stores::testing::Folder;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<Migration> books{
    {1, "books",
     "create table book (id integer primary key, title text); insert into book values (1, 'one')"},
    {2, "prices", "alter table book add column price integer; update book set price = 5"},
    {3, "index", "create index book_title on book (title)"},
};

std::span<const Migration> up_to(std::size_t count) {
    return std::span(books).first(count);
}

std::int64_t number(Store& store, std::string_view sql) {
    std::int64_t value = 0;
    store.read([&](Session& session) {
        auto rows = session.query(sql);
        rows.next();
        value = rows.integer(0);
    });
    return value;
}

std::string message_of(const std::function<void()>& call, Errc code) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), code) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

/// Runs SQL on a file past the store, as an older or newer program would have.
void run_raw(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
}

TEST(Migrate, EachMigrationIsMadeOnce) {
    const Folder folder;
    {
        const auto store = open_sqlite(folder.file("app.db"));
        EXPECT_EQ(migrate(*store, "shop", up_to(1)), 1);
        EXPECT_EQ(migrate(*store, "shop", up_to(1)), 0);
    }
    const auto store = open_sqlite(folder.file("app.db"));
    EXPECT_EQ(migrate(*store, "shop", books), 2) << "an older file is brought up to date";
    EXPECT_EQ(number(*store, "select price from book where id = 1"), 5);
    EXPECT_EQ(number(*store, "select count(*) from offstage_migration where component = 'shop'"), 3);
    EXPECT_EQ(number(*store, "select applied_at > 0 and name = 'prices' from offstage_migration "
                             "where component = 'shop' and version = 2"),
              1);
}

TEST(Migrate, ComponentsAreCountedApart) {
    const Folder folder;
    const auto store = open_sqlite(folder.file("app.db"));
    EXPECT_EQ(migrate(*store, "shop", books), 3);
    const std::vector<Migration> other{{1, "other", "create table other (id integer)"}};
    EXPECT_EQ(migrate(*store, "other", other), 1);
}

TEST(Migrate, OneThatFailsLeavesNothingOfItselfAndKeepsThoseBefore) {
    const Folder folder;
    const auto store = open_sqlite(folder.file("app.db"));
    std::vector<Migration> bad = books;
    bad[1].sql = "create table half (id integer); insert into nowhere values (1)";
    EXPECT_THAT(message_of([&] { migrate(*store, "shop", bad); }, Errc::invalid_argument),
                HasSubstr("nowhere"));
    EXPECT_EQ(number(*store, "select count(*) from sqlite_schema where name = 'half'"), 0);
    EXPECT_EQ(number(*store, "select max(version) from offstage_migration where component = 'shop'"), 1);
    EXPECT_EQ(migrate(*store, "shop", books), 2) << "once mended, it goes on";
}

TEST(Migrate, TablesOfANewerProgramAreRefused) {
    const Folder folder;
    const auto store = open_sqlite(folder.file("app.db"));
    migrate(*store, "shop", books);
    EXPECT_THAT(message_of([&] { migrate(*store, "shop", up_to(2)); }, Errc::conflict),
                AllOf(HasSubstr("shop"), HasSubstr("3"), HasSubstr("newer program")));
}

TEST(Migrate, AStoreOfANewerOffstageIsRefused) {
    const Folder folder;
    open_sqlite(folder.file("app.db"));
    run_raw(folder.file("app.db"), "insert into offstage_migration values ('offstage', 999, 'future', 1)");
    EXPECT_THAT(message_of([&] { open_sqlite(folder.file("app.db")); }, Errc::conflict),
                HasSubstr("newer program"));
}

TEST(Migrate, AnApplicationsOwnFileTakesTheStoresTables) {
    const Folder folder;
    run_raw(folder.file("app.db"), "create table mine (id integer); insert into mine values (7)");
    const auto store = open_sqlite(folder.file("app.db"));
    EXPECT_EQ(number(*store, "select id from mine"), 7);
    const NewJob job{.kind = "work"};
    EXPECT_TRUE(store->find(store->enqueue({&job, 1}).front().id));
}

TEST(Migrate, AFileThatIsNoDatabaseIsToldAsSuch) {
    const Folder folder;
    std::ofstream(folder.file("notes.txt")) << std::string(5000, 'x');
    EXPECT_THAT(message_of([&] { open_sqlite(folder.file("notes.txt")); }, Errc::corrupt),
                AllOf(HasSubstr("notes.txt"), HasSubstr("not a database")));
}

TEST(Migrate, FilesAreNamedByNumberAndName) {
    const Migration one = migration_from_file("schema/0012_add_prices.sql", "select 1");
    EXPECT_EQ(one.version, 12);
    EXPECT_EQ(one.name, "add_prices");
    EXPECT_EQ(one.sql, "select 1");
}

} // namespace
} // namespace offstage::stores
