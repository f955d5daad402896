// What happens to jobs whose worker died with them. Deaths are made here by closing the
// store through which a worker holds jobs; worker_crash_test.cpp kills real processes.
#include "offstage/jobs/worker/worker_test.hpp"

namespace offstage::jobs {
namespace {

using testing::SizeIs;

class Suspects : public WorkerTest {
protected:
    /// A worker that holds jobs of a queue, and dies with them when die() is called.
    class Doomed {
    public:
        Doomed(const std::string& path, const std::string& queue, int count)
            : store_(stores::open_sqlite(path)) {
            offstage::Event claimed;
            store_->claim({.worker = store_->add_worker("doomed"),
                           .shares = {{queue, count}},
                           .may_take_suspect = true},
                          [&](const std::vector<stores::ClaimedJob>& held, const std::exception_ptr&) {
                              EXPECT_THAT(held, SizeIs(static_cast<std::size_t>(count)));
                              claimed.set();
                          });
            wait(claimed);
        }
        void die() { store_.reset(); }

    private:
        std::unique_ptr<stores::Store> store_;
    };
    Doomed doomed(const std::string& queue, int count) {
        return Doomed((folder / "jobs.db").string(), queue, count);
    }

    /// Enqueues jobs whose worker dies with them.
    std::vector<JobId> suspects(int count) {
        const auto ids = enqueue_many(count, "suspect");
        doomed("default", count).die();
        return ids;
    }
    void expect_all_ready(const std::vector<JobId>& ids) {
        advance(0s); // a commit, which would have served a claim
        for (const JobId id : ids) EXPECT_EQ(find(id).state, JobState::ready);
    }
    std::vector<JobId> enqueue_many(int count, const std::string& what) {
        std::vector<JobId> ids;
        for (int i = 0; i < count; ++i) ids.push_back(enqueue(what));
        return ids;
    }
};

TEST_F(Suspects, ASuspectRunsAloneUntilItEnds) {
    offstage::Event running, go;
    handle([&](const Probe& probe, Context&) -> Result<std::string> {
        if (probe.what == "suspect") {
            running.set();
            wait(go);
        }
        return "x";
    });
    const JobId suspect = suspects(1)[0];
    const auto others = enqueue_many(5, "other");
    start();
    wait(running);
    expect_all_ready(others);
    const JobId later = enqueue("later");
    expect_all_ready({later});
    go.set();
    EXPECT_EQ(ended(suspect).state, JobState::done);
    for (const JobId id : others) EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_EQ(ended(later).state, JobState::done);
}

TEST_F(Suspects, OthersRunBesideASuspectThatHasCheckpointed) {
    offstage::Event running, go, beside;
    handle([&](const Probe& probe, Context& context) -> Result<std::string> {
        if (probe.what == "other") {
            beside.set();
            return "x";
        }
        running.set();
        wait(go);
        context.store().transact([&](stores::Transaction& tx) { context.checkpoint(tx, 1); });
        wait(beside);
        return "x";
    });
    const JobId suspect = suspects(1)[0];
    const auto others = enqueue_many(1, "other");
    start();
    wait(running);
    expect_all_ready(others);
    go.set();
    EXPECT_EQ(ended(suspect).state, JobState::done);
}

TEST_F(Suspects, SuspectsThatCheckpointAreSoonAllAtWorkAgain) {
    std::atomic<int> proven = 0;
    offstage::Event all;
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        context.store().transact([&](stores::Transaction& tx) { context.checkpoint(tx, 1); });
        if (++proven == 3) all.set();
        wait(all);
        return "x";
    });
    const auto ids = suspects(3);
    start();
    for (const JobId id : ids) EXPECT_EQ(ended(id).state, JobState::done);
}

TEST_F(Suspects, ASuspectHasItsTurnUnderASteadyLoad) {
    std::atomic<bool> rescued = false;
    std::atomic<int> running = 0;
    handle([&](const Probe& probe, Context& context) -> Result<std::string> {
        const int beside = running++;
        if (probe.what == "suspect") {
            EXPECT_EQ(beside, 0) << "it runs alone";
            rescued = true;
        } else if (!rescued) {
            context.client().enqueue(Probe{"load"}, {.priority = -1});
        }
        --running;
        return "x";
    });
    const JobId suspect = enqueue("suspect", {.queue = "aside"});
    Doomed other = doomed("aside", 1);
    start({.queues = {{"default", 2}, {"aside", 1}}, .rescue_every = 1ms});
    enqueue_many(4, "load");
    other.die();
    EXPECT_EQ(ended(suspect).state, JobState::done);
    EXPECT_TRUE(rescued);
    worker->stop(in_time());
    EXPECT_EQ(events.count<JobsRescued>(), 1U);
}

TEST_F(Suspects, AnIdleWorkerTakesASuspectThatAnotherWorkerLeft) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "x"; });
    const JobId suspect = enqueue("suspect", {.queue = "aside"});
    Doomed other = doomed("aside", 1);
    start({.queues = {{"default", 2}, {"aside", 1}}, .rescue_every = 1ms});
    ended(enqueue("x"));
    other.die();
    EXPECT_EQ(ended(suspect).state, JobState::done);
}

TEST_F(Suspects, NothingIsTakenBesideASuspectThatMayCome) {
    // "b" holds a proven suspect while the worker asks for suspects of "a"; then "b" has room.
    offstage::Event proven, end_proven, other_runs, end_other;
    std::atomic<int> beside = 0;
    handle([&](const Probe& probe, Context& context) -> Result<std::string> {
        if (probe.what == "proven") {
            context.store().transact([&](stores::Transaction& tx) { context.checkpoint(tx, 1); });
            proven.set();
            wait(end_proven);
        } else if (probe.what == "other") {
            ++beside;
            other_runs.set();
            wait(end_other);
            --beside;
        } else {
            EXPECT_EQ(beside, 0);
        }
        return "x";
    });
    enqueue("proven", {.queue = "b"});
    doomed("b", 1).die();
    const JobId suspect = enqueue("suspect", {.queue = "a"});
    Doomed dies = doomed("a", 1);
    start({.queues = {{"a", 1}, {"b", 1}}, .rescue_every = 1h});
    wait(proven);
    const JobId other = enqueue("other", {.queue = "b"});
    end_proven.set();
    wait(other_runs); // and does not wait for a suspect to come to "a"
    dies.die();
    store->rescue({});
    advance(0s);
    EXPECT_EQ(find(suspect).state, JobState::ready);
    end_other.set();
    EXPECT_EQ(ended(suspect).state, JobState::done);
    EXPECT_EQ(ended(other).state, JobState::done);
}

TEST_F(Suspects, AQuarantinedJobIsTold) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "x"; });
    const JobId id = enqueue("x");
    doomed("default", 1).die();
    store->rescue({});
    doomed("default", 1).die();
    start({.max_crashes = 2});
    EXPECT_EQ(find(id).state, JobState::failed);
    events.wait<JobsRescued>([](const JobsRescued& rescue) { return rescue.quarantined == 1; });
}

} // namespace
} // namespace offstage::jobs
