// The disk fails at each point in turn; what was answered must be there, what was refused must not, and the
// store must go on when the disk has room again.
#include "offstage/base/error.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/stores/sqlite/testing/consistency.hpp"
#include "offstage/stores/sqlite/testing/faulty_vfs.hpp"
#include "offstage/stores/sqlite/testing/folder.hpp"
#include "offstage/sync/event.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace offstage::stores {
namespace {

using namespace std::chrono_literals;
using stores::testing::Fault;
using stores::testing::faults_in;
using stores::testing::FaultyVfs;
using stores::testing::Folder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What a workload was told.
struct Told {
    std::vector<JobId> enqueued;
    std::vector<std::string> refused; ///< arguments of jobs whose enqueue threw
    std::vector<JobId> done;
    std::vector<int> rows; ///< of transactions that committed
    std::vector<int> no_rows;
    std::vector<Errc> errors;
};

template <class Call>
bool went_well(Told& told, Call call) {
    try {
        call();
        return true;
    } catch (const Error& error) {
        told.errors.push_back(error.code());
        return false;
    }
}

/// Asks for jobs and hands in their outcomes, one way or the other.
void work_off(Store& store, WorkerId worker, Told& told) {
    Event answered;
    std::vector<ClaimedJob> jobs;
    store.claim({.worker = worker, .shares = {{"default", 3}}},
                [&](std::vector<ClaimedJob> given, auto error) {
                    jobs = std::move(given);
                    if (error) went_well(told, [&] { std::rethrow_exception(error); });
                    answered.set();
                });
    store.withdraw(worker); // where there was nothing to claim
    std::ignore = answered.wait();
    std::vector<Outcome> outcomes;
    for (const auto& job : jobs) outcomes.push_back({.id = job.id, .lease = job.lease, .text = "{}"});
    if (outcomes.empty()) return;
    Event acknowledged;
    store.acknowledge(std::move(outcomes), [&](std::vector<JobId> refused, auto error) {
        EXPECT_THAT(refused, IsEmpty());
        if (error)
            went_well(told, [&] { std::rethrow_exception(error); });
        else
            for (const auto& job : jobs) told.done.push_back(job.id);
        acknowledged.set();
    });
    std::ignore = acknowledged.wait();
}

void run_workload(Store& store, WorkerId worker, Told& told) {
    for (int i = 0; i < 4; ++i) {
        std::vector<NewJob> jobs(2, NewJob{.kind = "enqueued"});
        jobs[0].args = "[" + std::to_string(i) + "]";
        jobs[1].args = "[\"" + std::string(9000, 'x') + "\"]";
        jobs[1].unique = Unique{.key = std::to_string(i), .period = 1h};
        if (!went_well(told, [&] {
                for (const auto& one : store.enqueue(jobs)) told.enqueued.push_back(one.id);
            }))
            told.refused.push_back(jobs[0].args);
        work_off(store, worker, told);
        const bool committed = went_well(told, [&] {
            JobId id;
            store.transact([&](Transaction& tx) {
                tx.execute("insert into app values (?1, ?2)", i, std::string(5000, 'r'));
                const NewJob one{.kind = "transacted"};
                id = tx.enqueue({&one, 1}).front().id;
            });
            told.enqueued.push_back(id);
        });
        (committed ? told.rows : told.no_rows).push_back(i);
    }
}

void check(Store& store, const Told& told) {
    EXPECT_THAT(faults_in(store), IsEmpty());
    for (const JobId id : told.enqueued) EXPECT_TRUE(store.find(id)) << "lost: job " << id.value;
    for (const JobId id : told.done) EXPECT_EQ(store.find(id).value().state, JobState::done);
    store.read([&](Session& session) {
        for (const std::string& args : told.refused) {
            auto rows = session.query("select count(*) from offstage_jobs where args = ?1", args);
            rows.next();
            EXPECT_EQ(rows.integer(0), 0) << "refused, and there all the same: " << args;
        }
        std::vector<int> there;
        auto rows = session.query("select n from app order by n");
        while (rows.next()) there.push_back(static_cast<int>(rows.integer(0)));
        EXPECT_EQ(there, told.rows);
    });
}

class FaultAtEachPoint : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultAtEachPoint, NothingAnsweredIsLostAndTheStoreGoesOn) {
    const Folder folder;
    FaultyVfs vfs("faulty");
    bool reached_the_end = false;
    for (int point = 0; !reached_the_end; ++point) {
        SCOPED_TRACE("the disk fails after " + std::to_string(point) + " calls");
        const std::string name = std::to_string(point) + ".db";
        // A short log, so that checkpoints fail too.
        auto store = open_sqlite(folder.file(name), {.checkpoint_pages = 8, .vfs = vfs.name()});
        const WorkerId worker = store->add_worker("w");
        store->transact(
            [](Transaction& tx) { tx.execute_script("create table app (n integer, text text)"); });
        Told told;
        vfs.fail_after(point, GetParam());
        run_workload(*store, worker, told);
        const bool failed = vfs.failures() > 0;
        reached_the_end = !failed;
        vfs.heal();
        if (GetParam() == Fault::full) {
            for (const Errc code : told.errors) EXPECT_EQ(code, Errc::full);
        }
        check(*store, told);

        Told after;
        run_workload(*store, worker, after);
        EXPECT_THAT(after.errors, IsEmpty()) << "the store goes on";
        EXPECT_THAT(faults_in(*store), IsEmpty());

        folder.copy_database(name, "crashed.db");
        store.reset();
        const auto reopened = open_sqlite(folder.file("crashed.db"), {.vfs = vfs.name()});
        reopened->rescue({});
        EXPECT_THAT(faults_in(*reopened), IsEmpty());
        for (const JobId id : told.enqueued) EXPECT_TRUE(reopened->find(id));
        for (const JobId id : after.done) EXPECT_EQ(reopened->find(id).value().state, JobState::done);
        if (HasFailure()) break;
    }
}

std::string fault_name(const ::testing::TestParamInfo<Fault>& tested) {
    constexpr const char* names[] = {"None", "Full", "FullOnce", "Sync", "ShortWrite"};
    return names[static_cast<int>(tested.param)];
}

INSTANTIATE_TEST_SUITE_P(All, FaultAtEachPoint,
                         ::testing::Values(Fault::full, Fault::full_once, Fault::sync, Fault::short_write),
                         fault_name);

TEST(FaultyDisk, OneCommitThatFailsIsToldToItsWholeGroup) {
    const Folder folder;
    FaultyVfs vfs("faulty");
    const auto store = open_sqlite(folder.file("jobs.db"), {.vfs = vfs.name()});
    const NewJob job{.kind = "work"};
    Event begun, go;
    auto first = store->transact_async([&](Transaction& tx) {
        begun.set();
        std::ignore = go.wait();
        std::ignore = tx.enqueue({&job, 1});
    });
    std::ignore = begun.wait();
    auto second = store->transact_async([&](Transaction& tx) { std::ignore = tx.enqueue({&job, 1}); });
    auto third = store->transact_async([](Transaction&) { throw std::logic_error("its own"); });
    vfs.fail_after(0, Fault::full);
    go.set();
    const auto code = [](PendingTransaction& pending) {
        try {
            pending.get();
        } catch (const Error& error) {
            return error.code();
        }
        return Errc::internal;
    };
    EXPECT_EQ(code(*first), Errc::full);
    EXPECT_EQ(code(*second), Errc::full);
    EXPECT_THROW(third->get(), std::logic_error) << "what it threw itself goes before";
    vfs.heal();
    EXPECT_TRUE(store->queues().empty()) << "names that were new are gone with their group";
    store->enqueue({&job, 1});
    EXPECT_EQ(store->queues().at(0).ready, 1);
    EXPECT_THAT(faults_in(*store), IsEmpty());
}

TEST(FaultyDisk, ABodyThatSwallowsAFullDiskStillFails) {
    const Folder folder;
    FaultyVfs vfs("faulty");
    // The cache is small: rows spill to the log before the commit, and there the disk is full.
    const auto store = open_sqlite(folder.file("jobs.db"), {.cache_kib = 100, .vfs = vfs.name()});
    store->transact([](Transaction& tx) { tx.execute_script("create table app (n integer, text text)"); });
    vfs.fail_after(5, Fault::full);
    std::vector<Errc> within;
    try {
        store->transact([&](Transaction& tx) {
            for (int i = 0; i < 200; ++i) {
                try {
                    tx.execute("insert into app values (?1, ?2)", i, std::string(3000, 'r'));
                } catch (const Error& error) {
                    within.push_back(error.code());
                }
            }
        });
        FAIL() << "the transaction was answered";
    } catch (const Error& error) {
        EXPECT_NE(error.code(), Errc::internal);
    }
    ASSERT_FALSE(within.empty());
    EXPECT_EQ(within.front(), Errc::full);
    vfs.heal();
    store->read([](Session& session) {
        auto rows = session.query("select count(*) from app");
        rows.next();
        EXPECT_EQ(rows.integer(0), 0) << "nothing was committed by itself after the rollback";
    });
}

TEST(FaultyDisk, OpeningOnAFullDiskIsToldAndCanBeTriedAgain) {
    const Folder folder;
    FaultyVfs vfs("faulty");
    for (int point = 0; point < 12; ++point) {
        const std::string path = folder.file(std::to_string(point) + ".db");
        vfs.fail_after(point, Fault::full);
        Errc code = Errc::internal;
        try {
            open_sqlite(path, {.vfs = vfs.name()});
        } catch (const Error& error) {
            code = error.code();
        }
        if (vfs.failures() > 0) {
            EXPECT_EQ(code, Errc::full) << point;
        }
        vfs.heal();
        const auto store = open_sqlite(path, {.vfs = vfs.name()});
        EXPECT_THAT(faults_in(*store), IsEmpty());
    }
}

TEST(FaultyDisk, AMessageSaysWhatToDo) {
    const Folder folder;
    FaultyVfs vfs("faulty");
    const auto store = open_sqlite(folder.file("jobs.db"), {.vfs = vfs.name()});
    vfs.fail_after(0, Fault::full);
    const NewJob job{.kind = "work"};
    try {
        store->enqueue({&job, 1});
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(),
                    ::testing::AllOf(::testing::HasSubstr("jobs.db"), ::testing::HasSubstr("full"),
                                     ::testing::HasSubstr("make room")));
    }
}

} // namespace
} // namespace offstage::stores
