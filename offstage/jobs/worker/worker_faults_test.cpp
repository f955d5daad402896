// A store that fails loses nothing; several workers share one; ended jobs are pruned.
#include "offstage/jobs/maintenance/pruner.hpp"
#include "offstage/jobs/worker/faulty_store.hpp"
#include "offstage/jobs/worker/worker_test.hpp"

namespace offstage::jobs {
namespace {

using testing::HasSubstr;

class Faults : public WorkerTest {
protected:
    Worker& start_faulty(WorkerOptions options = {}) {
        options.name = "test";
        options.on_event = [this](const Event& event) { events.hear(event); };
        return worker.emplace(faulty, kinds, *runtime, std::move(options));
    }
    void TearDown() override {
        faulty.fails_to_claim = faulty.fails_to_acknowledge = faulty.fails_to_beat = false;
        worker.reset();
        runtime.reset();
    }
    static auto doing(std::string_view what) {
        return [what](const StoreFailed& failed) { return failed.doing == what; };
    }
    FaultyStore faulty{*store};
};

TEST_F(Faults, AnOutcomeThatCannotBeWrittenIsKeptAndTriedAgain) {
    std::atomic<int> runs = 0;
    handle([&](const Probe&, Context&) -> Result<std::string> {
        ++runs;
        return "x";
    });
    faulty.fails_to_acknowledge = true;
    start_faulty();
    const JobId id = enqueue("x");
    events.wait<StoreFailed>(doing("acknowledge"), 2);
    EXPECT_EQ(find(id).state, JobState::running);
    EXPECT_THAT(events.lines(),
                testing::Contains(HasSubstr("the store failed at acknowledge: offstage::Error: the disk")));
    faulty.fails_to_acknowledge = false;
    EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_EQ(runs, 1) << "what was done is not done again";
}

TEST_F(Faults, WhileOutcomesCannotBeWrittenNothingIsClaimed) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "x"; });
    faulty.fails_to_acknowledge = true;
    start_faulty({.queues = {{"default", 2}}});
    const JobId first = enqueue("first");
    events.wait<StoreFailed>(doing("acknowledge"));
    // What the standing claim still brings is run; then no other claim is made.
    const JobId second = enqueue("second");
    events.wait<JobEnded>({}, 2);
    const JobId third = enqueue("third");
    events.wait<StoreFailed>(doing("acknowledge"), 3);
    EXPECT_EQ(find(third).state, JobState::ready);
    faulty.fails_to_acknowledge = false;
    for (const JobId id : {first, second, third}) EXPECT_EQ(ended(id).state, JobState::done);
}

TEST_F(Faults, AClaimThatFailsIsMadeAgain) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "x"; });
    faulty.fails_to_claim = true;
    start_faulty();
    const JobId id = enqueue("x");
    events.wait<StoreFailed>(doing("claim"), 2);
    faulty.fails_to_claim = false;
    EXPECT_EQ(ended(id).state, JobState::done);
}

TEST_F(Faults, AHeartbeatThatFailsIsToldAndTheWorkerGoesOn) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "x"; });
    faulty.fails_to_beat = true;
    start_faulty({.heartbeat = 1ms});
    events.wait<StoreFailed>(doing("heartbeat"), 2);
    EXPECT_EQ(ended(enqueue("x")).state, JobState::done);
}

TEST_F(Faults, AStopWhileTheStoreFailsKeepsItsDeadlineAndTheNextWorkerGoesOn) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "x"; });
    faulty.fails_to_acknowledge = true;
    start_faulty();
    const JobId id = enqueue("x");
    events.wait<StoreFailed>(doing("acknowledge"));
    worker->stop(sys::deadline_after(1ms));
    events.wait<StoreFailed>(doing("stop"));
    faulty.fails_to_acknowledge = false;
    worker.reset();
    start();
    EXPECT_EQ(ended(id).state, JobState::done) << "rescued: at least once";
}

TEST_F(Faults, TwoWorkersOnOneStoreRunEachJobOnce) {
    store->transact([](stores::Transaction& tx) { tx.execute_script("create table effect(job)"); });
    handle([](const Probe&, Context& context) -> Result<std::string> {
        context.store().transact([&](stores::Transaction& tx) {
            tx.execute("insert into effect values (?1)", context.id().value);
        });
        return "x";
    });
    const std::vector<NewJob> jobs(300, make_job(Probe{"x"}));
    const auto ids = client().enqueue_all(jobs);
    start();
    Worker other(*store, kinds, *runtime, {.name = "other"});
    for (const auto& [id, existed] : ids) EXPECT_EQ(ended(id).state, JobState::done);
    store->read([&](stores::Session& session) {
        auto rows = session.query("select count(*), count(distinct job) from effect");
        ASSERT_TRUE(rows.next());
        EXPECT_EQ(rows.integer(0), 300);
        EXPECT_EQ(rows.integer(1), 300);
    });
    other.stop(in_time());
    worker->stop(in_time());
    EXPECT_EQ(other.stats().done + worker->stats().done, 300);
}

TEST_F(Faults, EndedJobsArePrunedWhenTheirKeepHasPassed) {
    handle(
        [](const Probe& probe, Context&) -> Result<std::string> {
            if (probe.what == "fails") return discard("no");
            return "x";
        },
        {.keep_done = 1h, .keep_failed = 2h});
    start({.prune_every = 1ms});
    const JobId done = enqueue("x"), failed = enqueue("fails");
    ended(done);
    ended(failed);
    const auto until_gone = [&](JobId id) {
        for (int commits = 0; store->find(id) && commits < 1'000'000; ++commits) advance(0s);
        EXPECT_FALSE(store->find(id));
    };
    advance(59min);
    EXPECT_TRUE(store->find(done));
    advance(1min + 1us);
    until_gone(done);
    EXPECT_TRUE(store->find(failed));
    advance(1h);
    until_gone(failed);
}

TEST_F(Faults, OptionsThatCannotBeAreRefusedWhole) {
    const auto refused = [&](WorkerOptions options) {
        EXPECT_THROW(Worker(*store, kinds, *runtime, std::move(options)), Error);
    };
    refused({.queues = {}});
    refused({.queues = {{"a", 0}}});
    refused({.queues = {{"a", 1001}}});
    refused({.queues = {{"", 1}}});
    refused({.queues = {{"a", 1}, {"a", 2}}});
    refused({.max_crashes = 0});
    refused({.max_hung = -1});
    refused({.timeout_grace = -1s});
    refused({.claim_ahead = -1s});
    refused({.heartbeat = 0s});
    refused({.rescue_every = 0s});
    refused({.prune_every = -1s});
}

TEST_F(Faults, AClientWaitsForTheEndOfItsJobOrUntilItIsStopped) {
    const JobId id = enqueue("x");
    const auto code = [&](auto... how) {
        try {
            client().wait(how...);
        } catch (const Error& error) {
            return error.code();
        }
        return Errc::internal;
    };
    EXPECT_EQ(code(JobId{4711}), Errc::not_found);
    EXPECT_EQ(code(id, std::stop_token(), sys::deadline_after(0s)), Errc::timed_out);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(code(id, stop.get_token()), Errc::stopped);
    client().cancel(id);
    EXPECT_EQ(client().wait(id).state, JobState::cancelled);
}

} // namespace
} // namespace offstage::jobs
