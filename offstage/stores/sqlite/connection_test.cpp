#include "offstage/stores/sqlite/connection.hpp"

#include "offstage/base/error.hpp"
#include "offstage/stores/sqlite/queries.hpp"
#include "offstage/stores/sqlite/testing/folder.hpp"

#include <gmock/gmock.h>

namespace offstage::stores::sqlite {
namespace {

using stores::testing::Folder;
using ::testing::HasSubstr;

class ConnectionTest : public ::testing::Test {
protected:
    template <class Call>
    std::string refusal(Call call) {
        try {
            call();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::invalid_argument) << error.what();
            return error.what();
        }
        ADD_FAILURE() << "nothing was thrown";
        return {};
    }

    Folder folder;
    Connection db{folder.file("test.db"), {.writes = true}};
};

TEST_F(ConnectionTest, TheFileIsConfiguredAsPromised) {
    db.execute_own("begin");
    const auto pragma = [&](const char* name) {
        auto rows = db.query(std::string("pragma ") + name);
        rows.next();
        return rows.string(0);
    };
    EXPECT_EQ(pragma("journal_mode"), "wal");
    EXPECT_EQ(pragma("synchronous"), "2") << "full";
    EXPECT_EQ(pragma("secure_delete"), "0");
    EXPECT_EQ(pragma("wal_autocheckpoint"), "0") << "only the writer checkpoints, when it says so";
}

TEST_F(ConnectionTest, AReadersConnectionCannotWriteNorCheckpointWhenItCloses) {
    db.execute_own("create table t (n integer)");
    {
        Connection reader(folder.file("test.db"), {.writes = false});
        EXPECT_THROW(reader.execute_own("insert into t values (1)"), Error);
    }
    EXPECT_GT(std::filesystem::file_size(folder.file("test.db-wal")), 0U);
}

TEST_F(ConnectionTest, AStatementIsOneStatement) {
    db.execute_own("begin; create table t (n integer)");
    EXPECT_THAT(refusal([&] { db.execute("insert into t values (1); insert into t values (2)"); }),
                HasSubstr("execute_script"));
    EXPECT_THAT(refusal([&] { db.execute("  "); }), HasSubstr("empty"));
    EXPECT_EQ(db.execute("insert into t values (1); -- and a comment"), 1);
    db.execute_script("insert into t values (2); insert into t values (3);");
    auto rows = db.query("select count(*) from t");
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.integer(0), 3);
}

TEST_F(ConnectionTest, ApplicationsAreKeptFromWhatIsTheStores) {
    db.execute_own("create table offstage_job (n integer); create table mine (n integer); begin");
    db.watch_application();
    EXPECT_THAT(refusal([&] { db.execute("commit"); }), HasSubstr("throw to roll this one back"));
    EXPECT_THAT(refusal([&] { db.execute("rollback"); }), HasSubstr("transactions"));
    EXPECT_THAT(refusal([&] { db.execute_script("insert into mine values (1); commit"); }),
                HasSubstr("transactions"));
    EXPECT_THAT(refusal([&] { db.execute("attach 'x.db' as x"); }), HasSubstr("two files"));
    EXPECT_THAT(refusal([&] { db.execute("pragma synchronous = off"); }), HasSubstr("pragmas"));
    EXPECT_THAT(refusal([&] { db.execute("update offstage_job set n = 1"); }), HasSubstr("offstage_"));
    EXPECT_THAT(refusal([&] { db.execute("drop table offstage_job"); }), HasSubstr("offstage_"));
    EXPECT_THAT(refusal([&] { db.execute("alter table offstage_job add column x"); }),
                HasSubstr("offstage_"));
    EXPECT_NO_THROW(db.execute("select * from offstage_job"));
    EXPECT_NO_THROW(db.execute("pragma table_info(mine)"));
    EXPECT_NO_THROW(db.execute("pragma synchronous"));
    EXPECT_NO_THROW(db.execute("insert into mine values (2)"));
    EXPECT_NO_THROW(db.execute_script("savepoint s; insert into mine values (3); rollback to s; release s"));
}

TEST_F(ConnectionTest, OutsideATransactionAnApplicationsStatementDoesNotRun) {
    db.execute_own("create table mine (n integer); begin");
    Statement& insert = db.prepare("insert into mine values (1)");
    db.execute_own("rollback"); // as the database does by itself when the disk is full
    EXPECT_THROW(insert.step(), Error);
    EXPECT_THROW(db.execute_script("insert into mine values (1)"), Error);
}

TEST_F(ConnectionTest, StatementsOfAnApplicationAreForgottenWhenTheyAreTooMany) {
    db.execute_own("create table mine (n integer); begin");
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(db.execute("insert into mine values (" + std::to_string(i) + ")"), 1);
        db.end_session();
    }
    int count = 0;
    for (sqlite3_stmt* one = nullptr; (one = sqlite3_next_stmt(db.handle(), one)) != nullptr;) ++count;
    EXPECT_LE(count, 260);
}

TEST_F(ConnectionTest, ABlobAndATextWithAZeroComeBackWhole) {
    db.execute_own("create table b (bytes blob, text text); begin");
    Statement& insert = db.prepare("insert into b values (?1, ?2)");
    const std::byte bytes[]{std::byte{0}, std::byte{255}, std::byte{0}};
    insert.bind_blob(1, bytes);
    insert.bind(2, std::string_view("a\0b", 3));
    insert.step();
    insert.reset();
    insert.bind_blob(1, {});
    insert.bind(2, std::string_view());
    insert.step();
    auto rows = db.query("select bytes, text, typeof(bytes), typeof(text) from b order by rowid");
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.text(0), std::string_view("\0\xFF\0", 3));
    EXPECT_EQ(rows.text(1), std::string_view("a\0b", 3));
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.text(2), "blob") << "an empty one is not null";
    EXPECT_EQ(rows.text(3), "text");
}

TEST_F(ConnectionTest, AConstraintThatIsBrokenIsAConflict) {
    db.execute_own("create table u (n integer unique); begin");
    db.execute("insert into u values (1)");
    try {
        db.execute("insert into u values (1)");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::conflict);
        EXPECT_THAT(error.what(), HasSubstr("u.n"));
    }
    EXPECT_TRUE(db.in_transaction());
}

TEST(Queries, AreThereByName) {
    EXPECT_THAT(std::string(sql_named("job_delete")), HasSubstr("delete from offstage_job"));
    EXPECT_THAT(std::string(sql_named("job_delete")), ::testing::Not(HasSubstr("---")));
}

} // namespace
} // namespace offstage::stores::sqlite
