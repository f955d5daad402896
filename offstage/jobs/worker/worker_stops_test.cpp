// Why and how handlers are asked to stop: timeouts, cancels, and the stop of their worker.
#include "offstage/jobs/worker/worker_test.hpp"

namespace offstage::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Waits as a well-behaved handler does: until it is asked to stop, which it then heeds by throwing.
void wait_for_stop(const Context& context) {
    offstage::Event never;
    never.wait(context.stop_token(), in_time());
    context.check_stop();
}

class Timeouts : public WorkerTest {
protected:
    // What hangs is let go before the runtime waits for it.
    void TearDown() override {
        let_go.set();
        worker.reset();
        runtime.reset();
    }
    Result<std::string> hang() {
        hangs.set();
        wait(let_go);
        return "late";
    }
    offstage::Event hangs, let_go;
};

TEST_F(Timeouts, AHandlerPastItsTimeoutIsAskedToStopAndCountsAsAnErrorWhenItThrows) {
    handle(
        [](const Probe&, Context& context) -> Result<std::string> {
            if (context.attempt() == 2) return "done";
            wait_for_stop(context);
            return "not reached";
        },
        {.timeout = 1ms, .backoff = constant(10s)});
    start({.timeout_grace = 1h});
    const JobId id = enqueue("x");
    const JobRecord job = wait(id, JobState::scheduled);
    EXPECT_EQ(job.errors, 1);
    EXPECT_EQ(job.error, "timed out after 1 ms");
    EXPECT_EQ(worker->stats().timed_out, 1);
    EXPECT_EQ(worker->stats().hung, 0);
}

TEST_F(Timeouts, AHandlerThatReturnsAfterItsTimeoutWasJustSlow) {
    handle(
        [](const Probe&, Context& context) -> Result<std::string> {
            offstage::Event never;
            never.wait(context.stop_token(), in_time());
            EXPECT_EQ(context.stop_reason(), StopReason::timed_out);
            return "in the end";
        },
        {.timeout = 1ms});
    start({.timeout_grace = 1h});
    const JobId id = enqueue("x");
    EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_EQ(client().result<std::string>(id), "in the end");
}

TEST_F(Timeouts, AHandlerThatHangsIsLeftBehindAndItsJobRunsOnAnotherThread) {
    handle(
        [&](const Probe&, Context& context) -> Result<std::string> {
            if (context.attempt() == 1) return hang();
            return "second attempt";
        },
        {.timeout = 200ms, .backoff = constant(0s)});
    start({.queues = {{"default", 1}}, .timeout_grace = 1ms});
    const JobId id = enqueue("x");
    const JobRecord job = ended(id);
    EXPECT_EQ(job.state, JobState::done);
    EXPECT_EQ(job.attempt, 2);
    EXPECT_EQ(client().result<std::string>(id), "second attempt");
    EXPECT_THAT(notes(id, JobNote::What::error), ElementsAre(HasSubstr("did not stop")));
    EXPECT_EQ(worker->stats().hung, 1);
    let_go.set();
    events.wait<OutcomeRefused>();
    EXPECT_EQ(worker->stats().hung, 0);
    EXPECT_EQ(worker->stats().refused, 1);
    EXPECT_EQ(client().result<std::string>(id), "second attempt") << "the late outcome changed nothing";
}

TEST_F(Timeouts, AHandlerHeldPastItsTimeoutBesideItsRetryDoublesNothing) {
    store->transact([](stores::Transaction& tx) { tx.execute_script("create table effect(attempt)"); });
    const auto write_both = [&](Context& context) {
        context.store().transact([&](stores::Transaction& tx) {
            tx.execute("insert into effect values (?1)", context.attempt());
            context.checkpoint(tx, context.attempt());
        });
        context.store().transact([&](stores::Transaction& tx) {
            tx.execute("insert into effect values (?1)", context.attempt() * 10);
            context.complete_in(tx);
        });
    };
    handle(
        [&](const Probe&, Context& context) -> Result<std::string> {
            hang();
            EXPECT_THROW(write_both(context), LeaseLost);
            EXPECT_THROW(context.check_stop(), LeaseLost);
            return "late";
        },
        {.timeout = 1ms, .backoff = constant(0s)});
    start({.queues = {{"default", 1}}, .max_hung = 0, .timeout_grace = 1ms, .claim_ahead = 0ms});
    const JobId id = enqueue("x");
    events.wait<JobLeftBehind>();

    // The retry runs in a second worker, whose handler takes its time.
    Registry others;
    others.add<Probe>([&](const Probe&, Context& context) {
        EXPECT_EQ(context.attempt(), 2);
        write_both(context);
    });
    Worker other(*store, others, *runtime, {.name = "other"});
    EXPECT_EQ(ended(id).state, JobState::done);
    let_go.set();
    events.wait<OutcomeRefused>({}, 2); // the checkpoint, then the outcome
    std::vector<std::int64_t> effects;
    store->read([&](stores::Session& session) {
        auto rows = session.query("select attempt from effect order by 1");
        while (rows.next()) effects.push_back(rows.integer(0));
    });
    EXPECT_THAT(effects, ElementsAre(2, 20));
    EXPECT_EQ(worker->stats().refused, 2);
    EXPECT_EQ(other.stats().refused, 0);
}

TEST_F(Timeouts, BeyondMaxHungAQueueIsNarrowerUntilAHandlerComesBack) {
    handle([&](const Probe& probe,
               Context&) -> Result<std::string> { return probe.what == "hang" ? hang() : "x"; },
           {.timeout = 200ms, .backoff = constant(1h)});
    start({.queues = {{"default", 1}}, .max_hung = 1, .timeout_grace = 1ms, .claim_ahead = 0ms});
    enqueue("hang");
    events.wait<JobLeftBehind>([](const JobLeftBehind& left) { return left.replaced; });
    EXPECT_EQ(ended(enqueue("beside it")).state, JobState::done);
    enqueue("hang");
    events.wait<JobLeftBehind>([](const JobLeftBehind& left) { return !left.replaced; });
    const JobId waits = enqueue("with no thread left");
    advance(0s);
    EXPECT_EQ(find(waits).state, JobState::ready);
    EXPECT_EQ(worker->stats().hung, 2);
    let_go.set();
    EXPECT_EQ(ended(waits).state, JobState::done) << "a thread has come back";
    events.wait<OutcomeRefused>({}, 2);
    EXPECT_EQ(worker->stats().hung, 0);
}

TEST_F(Timeouts, TheRuntimesShutdownNamesAThreadThatHangs) {
    handle([&](const Probe&, Context&) -> Result<std::string> { return hang(); },
           {.timeout = 1ms, .backoff = constant(1h)});
    start({.queues = {{"default", 1}}, .timeout_grace = 1ms});
    enqueue("x");
    events.wait<JobLeftBehind>();
    const StopReport stopped = worker->stop(in_time());
    ASSERT_EQ(stopped.still_running.size(), 1U);
    EXPECT_THAT(stopped.still_running[0], HasSubstr("probe 1, since "));
    const ShutdownReport report = runtime->shutdown(sys::deadline_after(0s));
    ASSERT_EQ(report.still_running.size(), 1U);
    EXPECT_EQ(report.still_running[0].name, "test/default-1");
}

class Cancels : public Timeouts {};

TEST_F(Cancels, AQueuedJobIsCancelledAtOnce) {
    const JobId id = enqueue("x");
    EXPECT_EQ(client().cancel(id, "too late"), CancelResult::cancelled);
    handle([](const Probe&, Context&) -> Result<std::string> { return "must not run"; });
    start();
    EXPECT_EQ(find(id).state, JobState::cancelled);
    EXPECT_EQ(find(id).error, "too late");
}

TEST_F(Cancels, ARunningJobIsAskedToStopAndEndsCancelledWithWhatItKept) {
    offstage::Event running;
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        running.set();
        try {
            wait_for_stop(context);
        } catch (const Error& stop) {
            EXPECT_EQ(stop.code(), Errc::stopped);
            EXPECT_EQ(context.stop_reason(), StopReason::cancelled);
            context.log("300 rows were kept");
            throw;
        }
        return "not reached";
    });
    start();
    const JobId id = enqueue("x");
    wait(running);
    EXPECT_EQ(client().cancel(id, "not wanted any more"), CancelResult::requested);
    const JobRecord job = ended(id);
    EXPECT_EQ(job.state, JobState::cancelled);
    EXPECT_EQ(job.error, "not wanted any more");
    EXPECT_EQ(job.errors, 0);
    EXPECT_THAT(notes(id, JobNote::What::log), ElementsAre("300 rows were kept"));
}

TEST_F(Cancels, AHandlerMaySayWhyWhenItsJobIsCancelled) {
    offstage::Event running;
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        running.set();
        offstage::Event never;
        never.wait(context.stop_token(), in_time());
        return cancel("after 300 rows");
    });
    start();
    const JobId id = enqueue("x");
    wait(running);
    client().cancel(id);
    EXPECT_EQ(ended(id).error, "after 300 rows");
}

TEST_F(Cancels, AJobThatIsDoneAllTheSameIsDone) {
    offstage::Event running;
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        running.set();
        offstage::Event never;
        never.wait(context.stop_token(), in_time());
        return "it was the last row";
    });
    start();
    const JobId id = enqueue("x");
    wait(running);
    client().cancel(id);
    EXPECT_EQ(ended(id).state, JobState::done);
}

TEST_F(Cancels, AJobThatWaitsInTheWorkersMemoryIsCancelledUnstarted) {
    std::atomic<int> runs = 0;
    handle([&](const Probe& probe, Context&) -> Result<std::string> {
        if (probe.what == "hang") return hang();
        ++runs;
        return "x";
    });
    // Short jobs teach the worker to claim ahead; then one holds the only handler.
    start({.queues = {{"default", 1}}, .claim_ahead = 1min});
    for (int i = 0; i < 3; ++i) ended(enqueue("short"));
    std::vector<NewJob> jobs = {make_job(Probe{"hang"}), make_job(Probe{"ahead"}), make_job(Probe{"ahead"})};
    const auto ids = client().enqueue_all(jobs);
    wait(hangs);
    wait(ids[1].id, JobState::running);
    EXPECT_EQ(client().cancel(ids[1].id, "no"), CancelResult::requested);
    EXPECT_EQ(ended(ids[1].id).state, JobState::cancelled);
    let_go.set();
    EXPECT_EQ(ended(ids[2].id).state, JobState::done);
    EXPECT_EQ(runs, 4);
}

TEST_F(Cancels, ARequestThatWasMeantForARunElsewhereDoesNotCancelTheNextOneHere) {
    offstage::Event looked_at; // by the watch, which then sends the report and has compared the requests
    const auto subscription = store->subscribe([&](std::span<const stores::JobChange> changes) {
        for (const auto& change : changes)
            if (change.reported) looked_at.set();
    });
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        context.log("here");
        wait(looked_at);
        context.check_stop();
        return "x";
    });
    const JobId id = enqueue("x");
    stores::Lease lease;
    offstage::Event claimed, settled;
    store->claim({.worker = poker, .shares = {{"default", 1}}},
                 [&](const std::vector<stores::ClaimedJob>& jobs, const std::exception_ptr&) {
                     lease = jobs.at(0).lease;
                     claimed.set();
                 });
    wait(claimed);
    start();
    EXPECT_EQ(client().cancel(id, "not there"), CancelResult::requested);
    store->acknowledge({{.id = id, .lease = lease, .what = stores::Outcome::What::cancelled}},
                       [&](const std::vector<JobId>& refused, const std::exception_ptr&) {
                           EXPECT_THAT(refused, IsEmpty());
                           settled.set();
                       });
    wait(settled);
    EXPECT_THAT(store->retry({&id, 1}), ElementsAre(stores::ChangeResult::changed));
    EXPECT_EQ(ended(id).state, JobState::done);
}

class Stops : public Timeouts {
protected:
    static Deadline soon() { return sys::deadline_after(1ms); }
};

TEST_F(Stops, AnIdleWorkerStopsAndItsStoreGivesItsJobsToOthers) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "x"; });
    start();
    ended(enqueue("x"));
    const StopReport report = worker->stop(in_time());
    EXPECT_EQ(report.finished, 0);
    EXPECT_EQ(report.released, 0);
    EXPECT_THAT(report.still_running, IsEmpty());
    const JobId id = enqueue("y");
    EXPECT_EQ(find(id).state, JobState::ready);
    start();
    EXPECT_EQ(ended(id).state, JobState::done);
}

TEST_F(Stops, AHandlerThatReturnsWhenAskedToStopIsDone) {
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        hangs.set();
        offstage::Event never;
        never.wait(context.stop_token(), in_time());
        EXPECT_EQ(context.stop_reason(), StopReason::shutdown);
        return "finished";
    });
    start();
    const JobId id = enqueue("x");
    wait(hangs);
    const StopReport report = worker->stop(in_time());
    EXPECT_EQ(report.finished, 1);
    EXPECT_EQ(report.released, 0);
    EXPECT_EQ(find(id).state, JobState::done);
}

TEST_F(Stops, AHandlerThatThrowsWhenAskedToStopIsGivenBackAndWasNoError) {
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        hangs.set();
        wait_for_stop(context);
        return "not reached";
    });
    start();
    const JobId id = enqueue("x");
    wait(hangs);
    const StopReport report = worker->stop(in_time());
    EXPECT_EQ(report.finished, 0);
    EXPECT_EQ(report.released, 1);
    const JobRecord job = find(id);
    EXPECT_EQ(job.state, JobState::ready);
    EXPECT_EQ(job.errors, 0);
    EXPECT_EQ(job.attempt, 0) << "not counted as an attempt";
    EXPECT_EQ(job.crashes, 0);
    EXPECT_THAT(notes(id, JobNote::What::error), IsEmpty());
}

TEST_F(Stops, WhatAHandlerThrowsInsteadOfStoppingIsKeptAsANoteAndWasNoError) {
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        hangs.set();
        offstage::Event never;
        never.wait(context.stop_token(), in_time());
        throw std::runtime_error("disk on fire");
    });
    start();
    const JobId id = enqueue("x");
    wait(hangs);
    EXPECT_EQ(worker->stop(in_time()).released, 1);
    EXPECT_EQ(find(id).state, JobState::ready);
    EXPECT_EQ(find(id).errors, 0);
    EXPECT_THAT(notes(id, JobNote::What::error), ElementsAre("std::runtime_error: disk on fire"));
}

TEST_F(Stops, WhatWaitsInMemoryIsGivenBack) {
    handle([&](const Probe& probe, Context& context) -> Result<std::string> {
        if (probe.what != "hang") return "x";
        hangs.set();
        wait_for_stop(context);
        return "not reached";
    });
    start({.queues = {{"default", 1}}, .claim_ahead = 1min});
    for (int i = 0; i < 3; ++i) ended(enqueue("short"));
    std::vector<NewJob> jobs(20, make_job(Probe{"ahead"}));
    jobs.insert(jobs.begin(), make_job(Probe{"hang"}));
    const auto ids = client().enqueue_all(jobs);
    wait(hangs);
    wait(ids[20].id, JobState::running);
    EXPECT_EQ(worker->stop(in_time()).released, 21);
    for (const auto& [id, existed] : ids) EXPECT_EQ(find(id).state, JobState::ready);
}

TEST_F(Stops, AtTheDeadlineWhatHangsIsGivenBackAndNamed) {
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        if (context.lease().value > 1) return "elsewhere";
        return hang();
    });
    start();
    const JobId id = enqueue("x");
    wait(hangs);
    const StopReport report = worker->stop(soon());
    EXPECT_EQ(report.released, 1);
    ASSERT_EQ(report.still_running.size(), 1U);
    EXPECT_THAT(report.still_running[0], HasSubstr("probe " + std::to_string(id.value) + ", since "));
    const JobRecord job = find(id);
    EXPECT_EQ(job.state, JobState::ready) << "it runs at once elsewhere";
    EXPECT_EQ(job.errors, 0);
    start();
    EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_EQ(client().result<std::string>(id), "elsewhere");
}

TEST_F(Stops, AHandlerLeftBehindAtTheStopIsRefusedWhenItComesBack) {
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        hang();
        context.store().transact([&](stores::Transaction& tx) { context.complete_in(tx); });
        return "not reached";
    });
    start();
    const JobId id = enqueue("x");
    wait(hangs);
    worker->stop(soon());
    worker.reset();
    let_go.set();
    events.wait<OutcomeRefused>({}, 2); // the completion, then the outcome
    EXPECT_EQ(find(id).state, JobState::ready);
}

TEST_F(Stops, ASecondStopWaitsForTheFirstAndAnswersTheSame) {
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        hangs.set();
        wait_for_stop(context);
        return "not reached";
    });
    start();
    enqueue("x");
    wait(hangs);
    auto first = runtime->submit([&] { return worker->stop(in_time()); });
    EXPECT_EQ(worker->stop(in_time()).released, 1);
    EXPECT_EQ(first.get().released, 1);
}

TEST_F(Stops, AWorkerWhoseRuntimeIsShutDownFirstLosesNothing) {
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        hangs.set();
        wait_for_stop(context);
        return "not reached";
    });
    start();
    const JobId id = enqueue("x");
    wait(hangs);
    EXPECT_TRUE(runtime->shutdown(in_time()).complete());
    worker->stop(in_time());
    EXPECT_EQ(find(id).state, JobState::ready);
    EXPECT_EQ(find(id).crashes, 0);
}

} // namespace
} // namespace offstage::jobs
