// How runs end, what is kept of them, and what their handlers see.
#include "offstage/jobs/worker/worker_test.hpp"

namespace offstage::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Endings : public WorkerTest {};

TEST_F(Endings, AHandlerThatReturnsIsDoneAndItsResultIsKept) {
    handle([](const Probe& probe, Context&) -> Result<std::string> { return probe.what + "!"; });
    start();
    const JobId id = enqueue("hello");
    const JobRecord job = ended(id);
    EXPECT_EQ(job.state, JobState::done);
    EXPECT_EQ(job.attempt, 1);
    EXPECT_EQ(client().result<std::string>(id), "hello!");
}

TEST_F(Endings, AHandlerThatThrowsIsRetriedByItsBackoffUntilItIsDone) {
    std::atomic<int> runs = 0;
    handle(
        [&](const Probe&, Context& context) -> Result<std::string> {
            EXPECT_EQ(context.attempt(), runs + 1);
            EXPECT_EQ(context.errors(), runs);
            if (++runs < 3) throw std::runtime_error("attempt " + std::to_string(runs));
            return "at last";
        },
        {.backoff = constant(10s)});
    start();
    const JobId id = enqueue("x");
    JobRecord job = wait(id, JobState::scheduled);
    EXPECT_EQ(job.errors, 1);
    EXPECT_EQ(job.error, "std::runtime_error: attempt 1");
    EXPECT_EQ(job.run_at, now() + 10s);
    advance(10s);
    events.wait<JobEnded>([](const JobEnded& end) { return end.job.attempt == 2; });
    wait(id, JobState::scheduled);
    advance(10s);
    job = ended(id);
    EXPECT_EQ(job.state, JobState::done);
    EXPECT_EQ(job.attempt, 3);
    EXPECT_EQ(job.errors, 2);
    EXPECT_THAT(notes(id, JobNote::What::error),
                ElementsAre("std::runtime_error: attempt 1", "std::runtime_error: attempt 2"));
    EXPECT_EQ(worker->stats().retried, 2);
}

TEST_F(Endings, AfterMaxAttemptsAJobFailsWithItsLastError) {
    handle([](const Probe&, Context&) -> Result<std::string> { throw std::runtime_error("never"); },
           {.backoff = constant(0s)});
    start();
    const JobRecord job = ended(enqueue("x", {.max_attempts = 3}));
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_EQ(job.errors, 3);
    EXPECT_EQ(job.attempt, 3);
    EXPECT_EQ(job.error, "std::runtime_error: never");
}

TEST_F(Endings, ASnoozedJobRunsAgainLaterAndWasNoAttempt) {
    std::atomic<int> runs = 0;
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        EXPECT_EQ(context.attempt(), 1);
        if (++runs == 1) return snooze(1min);
        return "awake";
    });
    start();
    const JobId id = enqueue("x");
    EXPECT_EQ(wait(id, JobState::scheduled).run_at, now() + 1min);
    advance(1min);
    const JobRecord job = ended(id);
    EXPECT_EQ(job.state, JobState::done);
    EXPECT_EQ(job.attempt, 1);
    EXPECT_EQ(job.errors, 0);
    EXPECT_EQ(worker->stats().snoozed, 1);
}

TEST_F(Endings, AHandlerMayCancelOrDiscardItsJob) {
    handle([](const Probe& probe, Context&) -> Result<std::string> {
        if (probe.what == "cancel") return cancel("nobody wants it");
        return discard("it can never work");
    });
    start();
    const JobRecord cancelled = ended(enqueue("cancel"));
    EXPECT_EQ(cancelled.state, JobState::cancelled);
    EXPECT_EQ(cancelled.error, "nobody wants it");
    const JobRecord discarded = ended(enqueue("discard"));
    EXPECT_EQ(discarded.state, JobState::failed);
    EXPECT_EQ(discarded.error, "it can never work");
    EXPECT_EQ(discarded.attempt, 1);
}

TEST_F(Endings, AnUnknownKindIsAnErrorOfThatAttempt) {
    start();
    const JobId id = enqueue("x");
    const JobRecord job = wait(id, JobState::scheduled);
    EXPECT_EQ(job.errors, 1);
    EXPECT_THAT(job.error, HasSubstr("no handler for kind \"probe\""));
}

TEST_F(Endings, ArgumentsThatDoNotFitFailAtOnceWithTheirPath) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "must not run"; });
    start();
    const NewJob misfit{.kind = "probe", .args = R"({"what": 5})"};
    const JobRecord job = ended(store->enqueue({&misfit, 1})[0].id);
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_EQ(job.attempt, 1);
    EXPECT_THAT(job.error, HasSubstr("$.what"));
}

TEST_F(Endings, AResultOfMoreThanAMebibyteFailsTheJobWithASentence) {
    handle([](const Probe&, Context&) -> Result<std::string> { return std::string(2 << 20, 'x'); });
    start();
    const JobRecord job = ended(enqueue("x"));
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_THAT(job.error, HasSubstr("1 MiB"));
}

TEST_F(Endings, AContextKnowsItsJob) {
    handle([](const Probe&, Context& context) -> Result<std::string> {
        EXPECT_GT(context.id().value, 0);
        EXPECT_GT(context.lease().value, 0);
        EXPECT_EQ(context.kind(), "probe");
        EXPECT_EQ(context.queue(), "other");
        EXPECT_EQ(context.max_attempts(), 7);
        EXPECT_EQ(context.stop_reason(), StopReason::none);
        EXPECT_NO_THROW(context.check_stop());
        EXPECT_FALSE(context.checkpoint<std::string>());
        return std::to_string(context.client().enqueue(Probe{"child"}, {.queue = "nobody's"}).id.value);
    });
    start({.queues = {{"other", 1}}});
    const JobId id = enqueue("x", {.queue = "other", .max_attempts = 7});
    EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_EQ(find({std::stoll(*client().result<std::string>(id))}).state, JobState::ready);
}

TEST_F(Endings, ProgressAndLogLinesOfARunAreKeptWhenItHasEnded) {
    handle([](const Probe&, Context& context) -> Result<std::string> {
        for (int i = 1; i <= 1000; ++i) context.progress(i, 1000);
        context.log("first");
        context.log("second");
        return "x";
    });
    start();
    const JobId id = enqueue("x");
    const JobRecord job = ended(id);
    EXPECT_EQ(job.progress_done, 1000);
    EXPECT_EQ(job.progress_total, 1000);
    EXPECT_THAT(notes(id, JobNote::What::log), ElementsAre("first", "second"));
}

TEST_F(Endings, ProgressIsSeenWhileTheHandlerRuns) {
    offstage::Event seen;
    handle([&](const Probe&, Context& context) -> Result<std::string> {
        context.progress(3, 10);
        wait(seen);
        return "x";
    });
    start();
    const JobId id = enqueue("x");
    // The store does not tell of progress: it is looked for, a commit each time, until it is there.
    for (int commits = 0; find(id).progress_done != 3 && commits < 1'000'000; ++commits) advance(0s);
    EXPECT_EQ(find(id).progress_total, 10);
    EXPECT_EQ(find(id).state, JobState::running);
    seen.set();
    EXPECT_EQ(ended(id).state, JobState::done);
}

TEST_F(Endings, ALogIsCutAtAThousandLinesAndFourKibibytes) {
    handle([](const Probe&, Context& context) -> Result<std::string> {
        context.log(std::string(10000, 'x') + "\xFF");
        for (int i = 0; i < 2000; ++i) context.log("line \xFF");
        return "x";
    });
    start();
    const JobId id = enqueue("x");
    ended(id);
    const auto lines = notes(id, JobNote::What::log);
    ASSERT_LE(lines.size(), static_cast<std::size_t>(stores::max_log_lines) + 1);
    ASSERT_GE(lines.size(), static_cast<std::size_t>(stores::max_log_lines));
    EXPECT_LE(lines.front().size(), stores::max_log_line_bytes);
    EXPECT_THAT(lines.front(), HasSubstr("cut"));
    EXPECT_EQ(lines[1], "line \uFFFD");
    EXPECT_THAT(lines.back(), HasSubstr("cut"));
}

TEST_F(Endings, ACheckpointIsThereForTheNextAttempt) {
    handle(
        [](const Probe&, Context& context) -> Result<std::string> {
            const auto position = context.checkpoint<int>();
            if (position) return std::to_string(*position);
            context.store().transact([&](stores::Transaction& tx) { context.checkpoint(tx, 42); });
            throw std::runtime_error("after the checkpoint");
        },
        {.backoff = constant(0s)});
    start();
    const JobId id = enqueue("x");
    EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_EQ(client().result<std::string>(id), "42");
}

TEST_F(Endings, ACheckpointThatIsRolledBackIsNotThere) {
    handle(
        [](const Probe&, Context& context) -> Result<std::string> {
            if (context.attempt() == 2) return context.checkpoint<int>() ? "kept" : "gone";
            context.store().transact([&](stores::Transaction& tx) {
                context.checkpoint(tx, 42);
                throw std::runtime_error("rolled back");
            });
            return "not reached";
        },
        {.backoff = constant(0s)});
    start();
    const JobId id = enqueue("x");
    ended(id);
    EXPECT_EQ(client().result<std::string>(id), "gone");
}

TEST_F(Endings, AJobCompletedInATransactionIsDoneWithWhatItWrote) {
    store->transact([](stores::Transaction& tx) { tx.execute_script("create table effect(job)"); });
    handle([](const Probe&, Context& context) -> Result<std::string> {
        context.store().transact([&](stores::Transaction& tx) {
            tx.execute("insert into effect values (?1)", context.id().value);
            context.complete_in(tx, std::string("from within"));
        });
        return "not used";
    });
    start();
    const JobId id = enqueue("x");
    EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_EQ(client().result<std::string>(id), "from within");
    events.wait<JobEnded>();
    worker->stop(in_time());
    EXPECT_EQ(worker->stats().refused, 0) << "that its own outcome comes too late is no refusal";
    EXPECT_EQ(worker->stats().done, 1);
}

TEST_F(Endings, ACompletionThatIsRolledBackDoesNotLoseTheJob) {
    handle([](const Probe&, Context& context) -> Result<std::string> {
        try {
            context.store().transact([&](stores::Transaction& tx) {
                context.complete_in(tx);
                throw std::runtime_error("rolled back");
            });
        } catch (const std::runtime_error&) {
        }
        return "returned";
    });
    start();
    const JobId id = enqueue("x");
    EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_EQ(client().result<std::string>(id), "returned");
}

TEST_F(Endings, WhatIsKeptForAJobThatIsCompletedIsAnError) {
    handle(
        [](const Probe& probe, Context& context) -> Result<std::string> {
            context.store().transact([&](stores::Transaction& tx) {
                context.complete_in(tx);
                if (probe.what == "completed twice") context.complete_in(tx);
                if (probe.what == "kept after") context.checkpoint(tx, 1);
            });
            context.store().transact([&](stores::Transaction& tx) { context.complete_in(tx); });
            return "not reached";
        },
        {.timeout = 0s, .backoff = constant(0s)});
    start();
    for (const char* what : {"completed twice", "kept after"}) {
        const JobId id = enqueue(what, {.max_attempts = 2});
        const JobRecord job = ended(id);
        EXPECT_EQ(job.state, JobState::failed) << what;
        EXPECT_EQ(job.errors, 2);
        EXPECT_THAT(job.error, HasSubstr("complete_in was called for it before")) << what;
        EXPECT_EQ(client().cancel(id), CancelResult::ended);
    }
    EXPECT_EQ(ended(enqueue("in two transactions")).state, JobState::done);
}

TEST_F(Endings, JobsRunByPriorityThenInTheirOrder) {
    std::vector<std::string> order;
    handle([&](const Probe& probe, Context&) -> Result<std::string> {
        order.push_back(probe.what);
        return "x";
    });
    const std::vector<JobId> ids = {enqueue("c", {.priority = 5}), enqueue("a", {.priority = -1}),
                                    enqueue("b1"), enqueue("b2")};
    start({.queues = {{"default", 1}}});
    for (const JobId id : ids) ended(id);
    worker->stop(in_time());
    EXPECT_THAT(order, ElementsAre("a", "b1", "b2", "c"));
}

TEST_F(Endings, ADelayedJobStartsWhenItsTimeHasCome) {
    std::atomic<bool> ran = false;
    handle([&](const Probe&, Context&) -> Result<std::string> {
        ran = true;
        return "x";
    });
    start();
    const JobId late = enqueue("late", {.delay = 1h});
    ended(enqueue("now"));
    ran = false;
    advance(59min);
    ended(enqueue("now"));
    EXPECT_EQ(find(late).state, JobState::scheduled);
    advance(1min);
    EXPECT_EQ(ended(late).state, JobState::done);
}

TEST_F(Endings, AUniqueJobIsEnqueuedOnce) {
    offstage::Event go;
    handle([&](const Probe&, Context&) -> Result<std::string> {
        wait(go);
        return "x";
    });
    start();
    const Enqueued first = client().enqueue(Probe{"x"}, {.unique = {.key = "same"}});
    const Enqueued second = client().enqueue(Probe{"y"}, {.unique = {.key = "same"}});
    EXPECT_FALSE(first.existed);
    EXPECT_TRUE(second.existed);
    EXPECT_EQ(first.id, second.id);
    go.set();
    ended(first.id);
    const Enqueued third = client().enqueue(Probe{"z"}, {.unique = {.key = "same"}});
    EXPECT_FALSE(third.existed) << "the first has ended";
    ended(third.id);
}

TEST_F(Endings, EachQueueRunsAtMostItsConcurrency) {
    std::atomic<int> running = 0, most = 0;
    handle([&](const Probe&, Context&) -> Result<std::string> {
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        --running;
        return "x";
    });
    start({.queues = {{"default", 3}}});
    std::vector<NewJob> jobs(500, make_job(Probe{"x"}));
    std::vector<JobId> ids;
    for (const auto& [id, existed] : client().enqueue_all(jobs)) ids.push_back(id);
    for (const JobId id : ids) EXPECT_EQ(ended(id).state, JobState::done);
    EXPECT_LE(most, 3);
    EXPECT_EQ(worker->stats().done, 500);
}

TEST_F(Endings, EventsTellWhatHappens) {
    handle([](const Probe&, Context&) -> Result<std::string> { return "x"; });
    start();
    const JobId id = enqueue("x");
    ended(id);
    worker->stop(in_time());
    const std::string name = "probe " + std::to_string(id.value);
    EXPECT_THAT(events.lines(),
                ElementsAre(HasSubstr(name + " started: attempt 1"), HasSubstr(name + " ended: done")));
}

} // namespace
} // namespace offstage::jobs
