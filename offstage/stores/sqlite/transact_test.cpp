// A transaction's rows and its changes of jobs stay or go together, also where the body catches what went
// wrong within it.
#include "offstage/base/error.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/stores/sqlite/testing/consistency.hpp"
#include "offstage/stores/sqlite/testing/folder.hpp"
#include "offstage/sync/event.hpp"

#include <gmock/gmock.h>

namespace offstage::stores {
namespace {

using stores::testing::faults_in;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TransactTest : public ::testing::Test {
protected:
    stores::testing::Folder folder;
    std::unique_ptr<Store> store = open_sqlite(folder.file("jobs.db"));
    const WorkerId worker = store->add_worker("w");

    TransactTest() {
        store->transact(
            [](Transaction& tx) { tx.execute_script("create table app (n integer primary key)"); });
    }

    std::string refusal(const Transact& body) {
        try {
            store->transact(body);
        } catch (const Error& error) {
            return error.what();
        }
        return "none";
    }
    ClaimedJob claimed() {
        const NewJob one{.kind = "one"};
        store->enqueue({&one, 1});
        ClaimedJob job;
        Event answered;
        store->claim({.worker = worker, .shares = {{"default", 1}}},
                     [&](std::vector<ClaimedJob> jobs, const std::exception_ptr&) {
                         job = std::move(jobs.at(0));
                         answered.set();
                     });
        EXPECT_EQ(answered.wait(), WaitStatus::ok);
        return job;
    }
    std::int64_t count(const char* table) {
        std::int64_t rows = 0;
        store->read([&](Session& session) {
            auto counted = session.query(std::string("select count(*) from ") + table);
            counted.next();
            rows = counted.integer(0);
        });
        return rows;
    }
};

const NewJob second{.kind = "second"};

/// As a full disk does, in a body that goes on.
void roll_back(Transaction& tx) {
    tx.execute("insert into app values (1)");
    EXPECT_THROW(tx.execute("insert or rollback into app values (1)"), Error);
}

TEST_F(TransactTest, ABodyWhoseTransactionIsGoneChangesNoJob) {
    const ClaimedJob job = claimed();
    const auto ends = [&](Transaction& tx) { return tx.complete({.id = job.id, .lease = job.lease}); };
    const std::vector<Transact> verbs{
        [](Transaction& tx) { tx.enqueue({&second, 1}); },
        [&](Transaction& tx) { std::ignore = tx.checkpoint(job.id, job.lease, "[1]"); },
        [&](Transaction& tx) { std::ignore = ends(tx); },
        [&](Transaction& tx) { tx.retry(job.id); },
    };
    for (const Transact& verb : verbs) {
        EXPECT_THAT(refusal([&](Transaction& tx) {
                        roll_back(tx);
                        EXPECT_THROW(verb(tx), Error);
                    }),
                    HasSubstr("rolled the transaction back"));
        EXPECT_THAT(faults_in(*store), IsEmpty());
    }
    EXPECT_EQ(count("app"), 0);
    EXPECT_EQ(count("offstage_job"), 1);
    EXPECT_EQ(store->find(job.id)->state, JobState::running);
    store->transact([&](Transaction& tx) { EXPECT_TRUE(ends(tx)); });
    EXPECT_EQ(claimed().kind, "one") << "the store goes on";
}

TEST_F(TransactTest, WhatJobsHaveChangedIsNotRolledBackToASavepoint) {
    EXPECT_EQ(refusal([](Transaction& tx) {
                  tx.execute_script("savepoint s; insert into app values (1); rollback to s; release s");
                  tx.execute("savepoint s");
                  tx.execute("rollback to s"); // from here on it is known
                  tx.enqueue({&second, 1});
                  EXPECT_THROW(tx.execute("rollback to s"), Error);
                  EXPECT_THROW(tx.execute_script("rollback to s"), Error);
                  tx.execute("release s");
              }),
              "none");
    EXPECT_EQ(count("offstage_job"), 1);
    EXPECT_THAT(faults_in(*store), IsEmpty());
    store->transact([](Transaction& tx) {
        tx.execute_script("savepoint s; insert into app values (1); rollback to s; release s");
    });
    EXPECT_EQ(count("app"), 0);
}

TEST_F(TransactTest, ABodyThatCatchesAVerbsErrorFailsAllTheSame) {
    store->transact([](Transaction& tx) {
        tx.execute_script(
            "create trigger no before insert on offstage_job when (select count(*) from offstage_job) > 0 "
            "begin select raise(abort, 'not a second one'); end");
    });
    EXPECT_THAT(refusal([](Transaction& tx) {
                    tx.execute("insert into app values (1)");
                    const std::vector<NewJob> two(2, second);
                    EXPECT_THROW(tx.enqueue(two), Error); // the first is in
                    EXPECT_THROW(tx.enqueue(two), Error);
                }),
                HasSubstr("not a second one"));
    EXPECT_EQ(count("app"), 0);
    EXPECT_EQ(count("offstage_job"), 0);
    EXPECT_THAT(faults_in(*store), IsEmpty());
}

} // namespace
} // namespace offstage::stores
