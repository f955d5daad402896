// Processes that really die: this program starts itself again as a worker, whose handlers kill it with
// SIGKILL.
#include "offstage/jobs/worker/worker_test.hpp"

#include <csignal>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace offstage::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* database_variable = "OFFSTAGE_CRASH_TEST_DATABASE";
constexpr int batches = 14;

[[noreturn]] void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

void write_batches(Context& context) {
    for (int batch = context.checkpoint<int>().value_or(0); batch < batches; ++batch) {
        context.store().transact([&](stores::Transaction& tx) {
            tx.execute("insert into effect values (?1)", batch);
            if (batch + 1 < batches)
                context.checkpoint(tx, batch + 1);
            else
                context.complete_in(tx);
        });
        if (batch % 2 == 0) die();
    }
}

/// What the child runs, by the name of the job.
void run_child(const std::string& database) {
    std::atomic<int> innocents = 0;
    offstage::Event all_run, never;
    Registry kinds;
    kinds.add<Probe>(
        [&](const Probe& probe, Context& context) {
            const bool first = context.lease().value <= 1;
            if (probe.what == "dies once" && first) die();
            if (probe.what == "batches") write_batches(context);
            if (probe.what == "innocent" && first) {
                if (++innocents == 3) all_run.set();
                never.wait();
            }
            if (probe.what == "guilty") {
                if (first) all_run.wait();
                die();
            }
        },
        {.timeout = 0s});
    const auto store = stores::open_sqlite(database);
    Runtime runtime({.workers = 1});
    Worker worker(*store, kinds, runtime, {.queues = {{"default", 4}}, .name = "child"});
    Client client(*store);
    for (const JobRecord& job : store->list({}).jobs) client.wait(job.id);
    worker.stop(in_time());
}

// Run by the other tests, in a process of its own.
TEST(CrashChild, DISABLED_Works) {
    const char* const database = std::getenv(database_variable);
    ASSERT_NE(database, nullptr);
    run_child(database);
}

class Crashes : public WorkerTest {
protected:
    Crashes() {
        store->transact([](stores::Transaction& tx) { tx.execute_script("create table effect(batch)"); });
    }

    /// Runs a child until it dies or has ended all jobs. Whether it was killed.
    bool child_dies() {
        store.reset();
        const std::string variable = std::string(database_variable) + "=" + (folder / "jobs.db").string();
        std::array<std::string, 4> words = {"child", "--gtest_filter=CrashChild.*",
                                            "--gtest_also_run_disabled_tests", "--gtest_brief=1"};
        std::array<char*, 5> arguments{};
        for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
        std::vector<char*> environment;
        for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
        environment.push_back(const_cast<char*>(variable.c_str()));
        environment.push_back(nullptr);
        pid_t child = 0;
        EXPECT_EQ(
            ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments.data(), environment.data()),
            0);
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        reopen_store();
        if (WIFSIGNALED(status)) {
            EXPECT_EQ(WTERMSIG(status), SIGKILL);
            return true;
        }
        EXPECT_EQ(WEXITSTATUS(status), 0);
        return false;
    }
    void reopen_store() {
        // The child judges by the time of day.
        store = stores::open_sqlite((folder / "jobs.db").string());
        poker = store->add_worker("the test");
    }
    int deaths() {
        int deaths = 0;
        while (child_dies() && deaths < 50) ++deaths;
        return deaths;
    }
};

TEST_F(Crashes, AJobWhoseProcessWasKilledGoesOnAtOnce) {
    const JobId id = enqueue("dies once");
    EXPECT_TRUE(child_dies());
    EXPECT_EQ(find(id).state, JobState::running);
    handle([](const Probe&, Context&) -> Result<std::string> { return "rescued"; });
    start();
    const JobRecord job = ended(id);
    EXPECT_EQ(job.state, JobState::done);
    EXPECT_EQ(job.errors, 0) << "a crash is no error";
    EXPECT_THAT(notes(id, JobNote::What::crash), ElementsAre(HasSubstr("child")));
    events.wait<JobsRescued>([](const JobsRescued& rescue) { return rescue.rescued == 1; });
}

TEST_F(Crashes, AGuiltyJobIsQuarantinedAfterFiveDeathsAndNobodyElseIsBlamed) {
    std::vector<JobId> innocents;
    for (int i = 0; i < 3; ++i) innocents.push_back(enqueue("innocent"));
    const JobId guilty = enqueue("guilty");
    std::vector<JobId> bystanders;
    for (int i = 0; i < 5; ++i) bystanders.push_back(enqueue("bystander"));
    EXPECT_EQ(deaths(), 5);
    const JobRecord job = find(guilty);
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_EQ(job.crashes, 5);
    EXPECT_THAT(job.error, HasSubstr("quarantined"));
    for (const JobId id : innocents) {
        EXPECT_EQ(find(id).state, JobState::done);
        EXPECT_THAT(notes(id, JobNote::What::crash), SizeIs(1))
            << "the first death, where they ran beside it";
    }
    for (const JobId id : bystanders) {
        EXPECT_EQ(find(id).state, JobState::done);
        EXPECT_THAT(notes(id, JobNote::What::crash), IsEmpty());
    }
}

TEST_F(Crashes, AJobThatCheckpointsWritesEachBatchOnceHoweverOftenItsProcessDies) {
    const JobId id = enqueue("batches");
    EXPECT_EQ(deaths(), batches / 2) << "more than quarantine allows: each death came after a new checkpoint";
    EXPECT_EQ(find(id).state, JobState::done);
    std::vector<std::int64_t> written;
    store->read([&](stores::Session& session) {
        auto rows = session.query("select batch from effect order by batch");
        while (rows.next()) written.push_back(rows.integer(0));
    });
    ASSERT_THAT(written, SizeIs(batches));
    for (int batch = 0; batch < batches; ++batch) EXPECT_EQ(written[static_cast<std::size_t>(batch)], batch);
}

} // namespace
} // namespace offstage::jobs
