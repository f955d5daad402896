#include "offstage/stores/conformance/conformance.hpp"

#include <algorithm>

namespace offstage::stores::conformance {

using namespace std::chrono_literals;

TEST_P(StoreConformance, AnEnqueuedJobIsFoundAsItWasGiven) {
    const NewJob given{.queue = "mail",
                       .kind = "send",
                       .args = R"({"to":"a@b.c"})",
                       .priority = -3,
                       .max_attempts = 7,
                       .tags = {"one", "two words"}};
    const JobRecord job = find(enqueue(given));
    EXPECT_EQ(job.queue, "mail");
    EXPECT_EQ(job.kind, "send");
    EXPECT_EQ(job.args, R"({"to":"a@b.c"})");
    EXPECT_EQ(job.priority, -3);
    EXPECT_EQ(job.max_attempts, 7);
    EXPECT_EQ(job.tags, (std::vector<std::string>{"one", "two words"}));
    EXPECT_EQ(job.state, JobState::ready);
    EXPECT_EQ(job.attempt, 0);
    EXPECT_EQ(job.lease, Lease{});
    EXPECT_EQ(job.created_at, store->now());
    EXPECT_EQ(job.run_at, store->now());
    EXPECT_FALSE(job.started_at || job.ended_at || job.cancel_requested_at);
}

TEST_P(StoreConformance, IdsComeInTheOrderGivenAndGrow) {
    const auto ids = enqueue_many(100, job());
    ASSERT_EQ(ids.size(), 100U);
    EXPECT_GT(ids.front(), JobId{});
    EXPECT_TRUE(std::ranges::is_sorted(ids));
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

TEST_P(StoreConformance, EnqueuedJobsAreAllInOrNone) {
    std::vector<NewJob> jobs(3, job());
    jobs[2].kind = "";
    EXPECT_EQ(code_of([&] { store->enqueue(jobs); }), Errc::invalid_argument);
    EXPECT_EQ(counts().ready, 0);
    EXPECT_TRUE(store->list({}).jobs.empty());
}

TEST_P(StoreConformance, WhatIsTooLargeIsRefused) {
    NewJob large = job();
    large.args.assign(max_payload_bytes, ' ');
    EXPECT_EQ(find(enqueue(large)).args.size(), max_payload_bytes);
    large.args += ' ';
    EXPECT_EQ(code_of([&] { enqueue(large); }), Errc::too_large);
    const std::vector<NewJob> many(10'001, job());
    EXPECT_EQ(code_of([&] { store->enqueue(many); }), Errc::too_large);
}

TEST_P(StoreConformance, NamesKeysAndNumbersOutOfRangeAndWhatIsNotUtf8AreRefused) {
    const auto refused = [&](auto change) {
        NewJob bad = job();
        change(bad);
        return code_of([&] { enqueue(bad); }) == Errc::invalid_argument;
    };
    EXPECT_TRUE(refused([](NewJob& j) { j.queue = ""; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.queue = std::string(max_name_bytes + 1, 'q'); }));
    EXPECT_TRUE(refused([](NewJob& j) { j.kind = "a\nb"; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.priority = 1001; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.max_attempts = 0; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.delay = -1us; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.unique = Unique{.key = ""}; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.unique = Unique{.key = std::string(501, 'k')}; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.unique = Unique{.key = "k", .period = -1us}; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.tags.assign(21, "t"); }));
    EXPECT_TRUE(refused([](NewJob& j) { j.queue = "q\xFF"; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.tags = {"t\xFF"}; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.unique = Unique{.key = "k\xFF"}; }));
    EXPECT_TRUE(refused([](NewJob& j) { j.args = "\"\xFF\""; }));
}

TEST_P(StoreConformance, WhatIsNotUtf8InAnErrorIsMarked) {
    const JobId id = enqueue(job());
    run(store->add_worker("w"), {.what = Outcome::What::failed, .text = "no such file: \xFF.csv"});
    EXPECT_EQ(find(id).error, "no such file: \uFFFD.csv");
    EXPECT_EQ(store->notes(id).at(0).text, "no such file: \uFFFD.csv");
}

TEST_P(StoreConformance, AnEnqueuedJobOutlivesACrash) {
    const JobId id = enqueue(job());
    crash();
    EXPECT_EQ(find(id).state, JobState::ready);
    EXPECT_EQ(counts().ready, 1);
}

TEST_P(StoreConformance, AnIdIsNeverUsedAgainEvenWhenAllJobsArePruned) {
    const auto ids = enqueue_many(3, job());
    for (const JobId id : ids) store->cancel(id, "test", 0us);
    EXPECT_EQ(store->prune(100), 3);
    EXPECT_FALSE(store->find(ids.back()));
    crash();
    EXPECT_GT(enqueue(job()), ids.back());
}

TEST_P(StoreConformance, ADelayedJobIsScheduledUntilItsTime) {
    NewJob later = job();
    later.delay = 10s;
    const JobId id = enqueue(later);
    EXPECT_EQ(find(id).state, JobState::scheduled);
    EXPECT_EQ(counts().scheduled, 1);
    advance(9s);
    EXPECT_EQ(find(id).state, JobState::scheduled);
    advance(1s);
    EXPECT_EQ(find(id).state, JobState::ready);
    EXPECT_EQ(find(id).run_at, store->now());
    EXPECT_EQ(counts().scheduled, 0);
    EXPECT_EQ(counts().ready, 1);
}

TEST_P(StoreConformance, ARunAtInThePastIsNowAndOneInTheFutureIsKept) {
    NewJob past = job(), future = job();
    past.run_at = store->now() - 1h;
    future.run_at = store->now() + 1h;
    EXPECT_EQ(find(enqueue(past)).state, JobState::ready);
    const JobRecord kept = find(enqueue(future));
    EXPECT_EQ(kept.state, JobState::scheduled);
    EXPECT_EQ(kept.run_at, *future.run_at);
}

TEST_P(StoreConformance, AScheduledJobComesDueAfterACrashToo) {
    NewJob later = job();
    later.delay = 10s;
    const JobId id = enqueue(later);
    crash();
    advance(10s);
    EXPECT_EQ(find(id).state, JobState::ready);
}

TEST_P(StoreConformance, ManyJobsThatAreDueAtOnceAllBecomeReady) {
    NewJob later = job();
    later.delay = 10s;
    enqueue_many(3500, later);
    const WorkerId worker = store->add_worker("w");
    Answers<ClaimAnswer> answers;
    advance(10s);
    int claimed = 0;
    while (claimed < 3500) claimed += static_cast<int>(claim(worker, 1000).size());
    EXPECT_EQ(claimed, 3500);
    EXPECT_EQ(counts().scheduled, 0);
}

// Unique keys.

TEST_P(StoreConformance, WhileAKeyIsHeldAnEnqueueGivesTheFirstJob) {
    NewJob one = job();
    one.unique = Unique{.key = "k"};
    const Enqueued first = enqueue_unique(one);
    EXPECT_FALSE(first.existed);
    const Enqueued second = enqueue_unique(one);
    EXPECT_TRUE(second.existed);
    EXPECT_EQ(second.id, first.id);
    EXPECT_EQ(counts().ready, 1);
}

TEST_P(StoreConformance, AKeyIsOfOneKind) {
    NewJob one = job("one"), two = job("two");
    one.unique = two.unique = Unique{.key = "k"};
    EXPECT_NE(enqueue(one), enqueue(two));
}

TEST_P(StoreConformance, AKeyIsHeldWithinOneEnqueueToo) {
    NewJob one = job();
    one.unique = Unique{.key = "k"};
    const std::vector<NewJob> jobs(2, one);
    const auto answer = store->enqueue(jobs);
    EXPECT_EQ(answer[0].id, answer[1].id);
    EXPECT_TRUE(answer[1].existed);
}

TEST_P(StoreConformance, AKeyWithoutPeriodIsHeldUntilTheJobEnds) {
    NewJob one = job();
    one.unique = Unique{.key = "k"};
    const JobId first = enqueue(one);
    const WorkerId worker = store->add_worker("w");
    const ClaimedJob running = claim_one(worker);
    EXPECT_TRUE(enqueue_unique(one).existed);
    acknowledge({{.id = running.id, .lease = running.lease, .what = Outcome::What::retry, .text = "no"}});
    EXPECT_TRUE(enqueue_unique(one).existed);
    run(worker, {.what = Outcome::What::done});
    EXPECT_EQ(find(first).state, JobState::done);
    EXPECT_FALSE(enqueue_unique(one).existed);
}

TEST_P(StoreConformance, AKeyWithAPeriodIsHeldAtLeastThatLongFromItsEnqueue) {
    NewJob one = job();
    one.unique = Unique{.key = "k", .period = 1h};
    const JobId first = enqueue(one);
    const WorkerId worker = store->add_worker("w");
    run(worker, {.what = Outcome::What::done, .keep = 0us});
    advance(59min);
    EXPECT_EQ(enqueue_unique(one).id, first);
    crash();
    EXPECT_EQ(enqueue_unique(one).id, first);
    EXPECT_EQ(store->prune(100), 0) << "the job that a key names can be found";
    EXPECT_TRUE(store->find(first));
    advance(1min);
    EXPECT_FALSE(enqueue_unique(one).existed);
    EXPECT_EQ(store->prune(100), 1);
    EXPECT_TRUE(enqueue_unique(one).existed) << "pruning the first job leaves the second one's key";
}

TEST_P(StoreConformance, AKeyWithAPeriodIsHeldLongerWhileTheJobLives) {
    NewJob one = job();
    one.unique = Unique{.key = "k", .period = 1h};
    const JobId first = enqueue(one);
    advance(2h);
    EXPECT_EQ(enqueue_unique(one).id, first);
}

TEST_P(StoreConformance, AKeyMayBeHeldWhateverBecameOfItsJob) {
    NewJob asked = job();
    asked.unique = Unique{.key = "k", .whatever_became = true, .period = 1h};
    const JobId id = enqueue(asked);
    run(store->add_worker("w"), {.what = Outcome::What::failed, .text = "no", .keep = 1s});
    EXPECT_EQ(enqueue_unique(asked).id, id);
    advance(30min);
    EXPECT_EQ(store->prune(10), 0) << "who holds a key can be found";
    advance(31min);
    EXPECT_FALSE(enqueue_unique(asked).existed);
}

TEST_P(StoreConformance, AJobThatEndsFailedOrCancelledFreesItsKeyAtOnce) {
    NewJob one = job();
    one.unique = Unique{.key = "k", .period = 1h};
    enqueue(one);
    const WorkerId worker = store->add_worker("w");
    run(worker, {.what = Outcome::What::failed, .text = "no"});
    const Enqueued second = enqueue_unique(one);
    EXPECT_FALSE(second.existed);
    store->cancel(second.id, "test");
    EXPECT_FALSE(enqueue_unique(one).existed);
}

} // namespace offstage::stores::conformance
