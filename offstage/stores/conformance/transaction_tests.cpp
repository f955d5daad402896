#include "offstage/stores/conformance/conformance.hpp"

#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

namespace offstage::stores::conformance {

using namespace std::chrono_literals;
using What = Outcome::What;

namespace {

void make_table(Store& store) {
    store.transact([](Transaction& tx) { tx.execute_script("create table note (id bigint, text text)"); });
}

std::int64_t rows_of(Store& store) {
    std::int64_t count = 0;
    store.read([&](Session& session) {
        auto rows = session.query("select count(*) from note");
        rows.next();
        count = rows.integer(0);
    });
    return count;
}

} // namespace

TEST_P(StoreConformance, ATransactionsRowsAndEnqueuesAreAllThere) {
    make_table(*store);
    JobId id;
    store->transact([&](Transaction& tx) {
        EXPECT_EQ(tx.execute("insert into note values (?1, ?2), (2, 'b')", 1, "a"), 2);
        const NewJob one = job();
        id = tx.enqueue({&one, 1}).front().id;
        const auto record = tx.find(id);
        ASSERT_TRUE(record) << "find sees what this transaction did";
        EXPECT_EQ(record->kind, "work");
    });
    EXPECT_EQ(rows_of(*store), 2);
    EXPECT_EQ(find(id).state, JobState::ready);
    EXPECT_EQ(counts().ready, 1);
}

TEST_P(StoreConformance, WhatABodyThrowsRollsItBackAndIsThrownHere) {
    make_table(*store);
    NewJob fresh{.queue = "never seen", .kind = "never seen"};
    fresh.unique = Unique{.key = "k"};
    EXPECT_THROW(store->transact([&](Transaction& tx) {
        tx.execute("insert into note values (1, 'a')");
        std::ignore = tx.enqueue({&fresh, 1});
        throw std::logic_error("changed my mind");
    }),
                 std::logic_error);
    EXPECT_EQ(rows_of(*store), 0);
    EXPECT_TRUE(store->list({}).jobs.empty());
    EXPECT_EQ(counts("never seen").ready, 0);
    EXPECT_FALSE(enqueue_unique(fresh).existed) << "its key was not taken";
    EXPECT_EQ(counts("never seen").ready, 1);
    crash();
    EXPECT_EQ(counts("never seen").ready, 1);
}

TEST_P(StoreConformance, ACheckpointIsThereExactlyWhenItsRowsAre) {
    make_table(*store);
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    store->transact([&](Transaction& tx) {
        tx.execute("insert into note values (1, 'a')");
        ASSERT_TRUE(tx.checkpoint(id, claimed.lease, "first"));
    });
    EXPECT_THROW(store->transact([&](Transaction& tx) {
        tx.execute("insert into note values (2, 'b')");
        ASSERT_TRUE(tx.checkpoint(id, claimed.lease, "second"));
        throw std::runtime_error("no");
    }),
                 std::runtime_error);
    EXPECT_EQ(find(id).checkpoint, "first");
    EXPECT_EQ(rows_of(*store), 1);
    acknowledge({{.id = id, .lease = claimed.lease, .what = What::retry, .text = "boom"}});
    EXPECT_EQ(claim_one(store->add_worker("w")).checkpoint, "first") << "the next run gets it";
}

TEST_P(StoreConformance, ACheckpointThatIsTooLargeIsRefused) {
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    EXPECT_EQ(code_of([&] {
                  store->transact([&](Transaction& tx) {
                      std::ignore = tx.checkpoint(id, claimed.lease, std::string(max_payload_bytes + 1, 'x'));
                  });
              }),
              Errc::too_large);
}

TEST_P(StoreConformance, ACompletionIsThereExactlyWhenItsRowsAre) {
    make_table(*store);
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    const auto complete = [&](bool then_throw) {
        store->transact([&](Transaction& tx) {
            tx.execute("insert into note values (1, 'a')");
            ASSERT_TRUE(tx.complete({.id = id, .lease = claimed.lease, .what = What::done, .text = "7"}));
            if (then_throw) throw std::runtime_error("no");
        });
    };
    EXPECT_THROW(complete(true), std::runtime_error);
    EXPECT_EQ(find(id).state, JobState::running);
    EXPECT_EQ(counts().running, 1);
    complete(false);
    EXPECT_EQ(find(id).state, JobState::done);
    EXPECT_EQ(find(id).result, "7");
    EXPECT_EQ(rows_of(*store), 1);
    EXPECT_EQ(counts().running, 0);
    EXPECT_EQ(counts().done, 1);
    EXPECT_EQ(acknowledge({{.id = id, .lease = claimed.lease}}), std::vector{id}) << "it ended already";
}

TEST_P(StoreConformance, ABodyThatFailsHarmsNoOtherOfItsGroup) {
    make_table(*store);
    // All of these are queued while the first one runs, so that they share a group.
    Event begun, all_queued;
    auto first = store->transact_async([&](Transaction& tx) {
        begun.set();
        std::ignore = all_queued.wait();
        tx.execute("insert into note values (1, 'first')");
    });
    std::ignore = begun.wait();
    auto bad = store->transact_async([&](Transaction& tx) {
        tx.execute("insert into note values (2, 'bad')");
        const NewJob one = job("bad");
        std::ignore = tx.enqueue({&one, 1});
        tx.execute("insert into nowhere values (1)");
    });
    auto last = store->transact_async([&](Transaction& tx) {
        tx.execute("insert into note values (3, 'last')");
        const NewJob one = job("good");
        std::ignore = tx.enqueue({&one, 1});
    });
    all_queued.set();
    first->get();
    EXPECT_EQ(code_of([&] { bad->get(); }), Errc::invalid_argument);
    last->get();
    EXPECT_EQ(rows_of(*store), 2);
    EXPECT_EQ(counts().ready, 1);
    const auto jobs = store->list({}).jobs;
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].kind, "good");
}

TEST_P(StoreConformance, TransactionsOfOneThreadRunInOrder) {
    make_table(*store);
    std::vector<std::unique_ptr<PendingTransaction>> pending;
    for (int i = 0; i < 50; ++i)
        pending.push_back(store->transact_async([i](Transaction& tx) {
            tx.execute("insert into note select ?1, cast(count(*) as text) from note", i);
        }));
    for (auto& one : pending) one->get();
    store->read([](Session& session) {
        auto rows = session.query("select id, text from note order by id");
        while (rows.next()) EXPECT_EQ(std::to_string(rows.integer(0)), rows.text(1));
    });
}

TEST_P(StoreConformance, ADroppedPendingTransactionGoesOn) {
    make_table(*store);
    store->transact_async([](Transaction& tx) { tx.execute("insert into note values (1, 'a')"); }).reset();
    settle_all();
    EXPECT_EQ(rows_of(*store), 1);
}

TEST_P(StoreConformance, AWaitForAPendingTransactionEndsEarlyAndTheTransactionGoesOn) {
    make_table(*store);
    Event go;
    auto pending = store->transact_async([&](Transaction& tx) {
        std::ignore = go.wait();
        tx.execute("insert into note values (1, 'a')");
    });
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(code_of([&] { pending->get(stop.get_token()); }), Errc::stopped);
    EXPECT_EQ(code_of([&] { pending->get({}, Deadline::past()); }), Errc::timed_out);
    EXPECT_FALSE(pending->is_done());
    go.set();
    pending->get();
    EXPECT_TRUE(pending->is_done());
    EXPECT_EQ(rows_of(*store), 1);
}

TEST_P(StoreConformance, WhatHasNotBegunEndsEarlyWithNothingChanged) {
    Event begun, go;
    auto blocker = store->transact_async([&](Transaction&) {
        begun.set();
        std::ignore = go.wait();
    });
    std::ignore = begun.wait();
    const NewJob one = job();
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_EQ(code_of([&] { store->enqueue({&one, 1}, stopped.get_token()); }), Errc::stopped);
    EXPECT_EQ(code_of([&] { store->enqueue({&one, 1}, {}, Deadline::past()); }), Errc::timed_out);
    // A stop that comes while it waits.
    std::stop_source later;
    Errc code{};
    sys::Thread caller("caller", [&](std::stop_token) {
        code = code_of([&] { store->transact([](Transaction&) { FAIL(); }, later.get_token()); });
    });
    later.request_stop();
    caller.join();
    EXPECT_EQ(code, Errc::stopped);
    go.set();
    blocker->get();
    EXPECT_EQ(counts().ready, 0);
}

TEST_P(StoreConformance, WhatHasBegunIsWaitedFor) {
    make_table(*store);
    std::stop_source stop;
    store->transact(
        [&](Transaction& tx) {
            stop.request_stop();
            tx.execute("insert into note values (1, 'a')");
        },
        stop.get_token());
    EXPECT_EQ(rows_of(*store), 1);
}

TEST_P(StoreConformance, ABodyThatCallsTheStoreItselfIsTold) {
    const NewJob one = job();
    EXPECT_EQ(code_of([&] { store->transact([&](Transaction&) { store->enqueue({&one, 1}); }); }),
              Errc::conflict);
    EXPECT_EQ(counts().ready, 0);
}

TEST_P(StoreConformance, AReaderSeesASnapshotBesideAllWriting) {
    make_table(*store);
    const auto count = [](Session& session) {
        auto rows = session.query("select count(*) from note");
        rows.next();
        return rows.integer(0);
    };
    store->read([&](Session& session) {
        EXPECT_EQ(count(session), 0);
        store->transact([](Transaction& tx) { tx.execute("insert into note values (1, 'a')"); });
        EXPECT_EQ(count(session), 0);
    });
    EXPECT_EQ(rows_of(*store), 1) << "what was answered is seen by the next snapshot";
}

TEST_P(StoreConformance, AReaderCannotWrite) {
    make_table(*store);
    EXPECT_THROW(store->read([](Session& session) { session.execute("insert into note values (1, 'a')"); }),
                 Error);
    EXPECT_EQ(rows_of(*store), 0);
}

TEST_P(StoreConformance, AnApplicationCannotEndTheTransactionOrWriteTheStoresTables) {
    for (const char* sql : {"commit", "rollback", "begin", "delete from offstage_job"})
        EXPECT_EQ(code_of([&] { store->transact([&](Transaction& tx) { tx.execute(sql); }); }),
                  Errc::invalid_argument)
            << sql;
}

TEST_P(StoreConformance, SqlErrorsSayWhatIsWrong) {
    make_table(*store);
    try {
        store->transact([](Transaction& tx) { tx.execute("insert into nowhere values (1)"); });
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid_argument);
        EXPECT_NE(std::string(error.what()).find("nowhere"), std::string::npos) << error.what();
    }
}

TEST_P(StoreConformance, ValuesOfAllTypesGoInAndComeBack) {
    store->transact([](Transaction& tx) {
        tx.execute_script("create table v (a bigint, b double precision, c text, d text, e bigint)");
        tx.execute("insert into v values (?1, ?2, ?3, ?4, ?5)", std::int64_t{1} << 60, 1.5, "tëxt", nullptr,
                   std::optional<int>());
    });
    store->read([](Session& session) {
        auto rows = session.query("select a, b, c, d, e from v");
        ASSERT_TRUE(rows.next());
        EXPECT_EQ(rows.columns(), 5);
        EXPECT_EQ(rows.integer(0), std::int64_t{1} << 60);
        EXPECT_EQ(rows.real(1), 1.5);
        EXPECT_EQ(rows.text(2), "tëxt");
        EXPECT_TRUE(rows.is_null(3));
        EXPECT_EQ(rows.maybe_integer(4), std::nullopt);
        EXPECT_FALSE(rows.next());
    });
}

} // namespace offstage::stores::conformance
