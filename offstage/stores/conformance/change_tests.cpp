// What people do to jobs and queues: retry, run now, delete, cancel several, pause.
#include "offstage/stores/conformance/conformance.hpp"

namespace offstage::stores::conformance {

using namespace std::chrono_literals;
using What = Outcome::What;

namespace {

using Results = std::vector<ChangeResult>;

template <class T>
std::vector<JobId> one(const T& id) {
    return {id};
}

} // namespace

// Retry.

TEST_P(StoreConformance, AnEndedJobThatIsRetriedHasAllItsAttemptsBeforeIt) {
    NewJob fragile = job();
    fragile.max_attempts = 1;
    fragile.tags = {"nightly"};
    const JobId id = enqueue(fragile);
    const WorkerId worker = store->add_worker("w");
    const ClaimedJob first = claim_one(worker);
    store->transact([&](Transaction& tx) { ASSERT_TRUE(tx.checkpoint(id, first.lease, "half")); });
    acknowledge({{.id = id, .lease = first.lease, .what = What::failed, .text = "boom", .keep = 1h}});
    advance(1min);
    EXPECT_EQ(store->retry(one(id)), Results{ChangeResult::changed});
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::ready);
    EXPECT_EQ(record.errors, 0);
    EXPECT_EQ(record.error, "");
    EXPECT_EQ(record.checkpoint, "half");
    EXPECT_EQ(record.tags, fragile.tags);
    EXPECT_FALSE(record.ended_at);
    EXPECT_EQ(record.run_at, store->now());
    EXPECT_EQ(store->notes(id).size(), 1U) << "what happened before stays known";
    EXPECT_EQ(counts().ready, 1);
    EXPECT_EQ(counts().failed, 0);
    const ClaimedJob again = claim_one(worker);
    EXPECT_EQ(again.id, id);
    EXPECT_GT(again.lease, first.lease) << "the old holder stays fenced";
    EXPECT_EQ(again.attempt, 2);
    EXPECT_EQ(again.checkpoint, "half");
    EXPECT_EQ(acknowledge({{.id = id, .lease = first.lease}}), one(id));
    EXPECT_TRUE(acknowledge({{.id = id, .lease = again.lease}}).empty());
    EXPECT_EQ(find(id).state, JobState::done);
}

TEST_P(StoreConformance, ARetriedJobIsNoLongerPruned) {
    const JobId id = enqueue(job());
    store->cancel(id, "test", 1h);
    store->retry(one(id));
    advance(2h);
    EXPECT_EQ(store->prune(10), 0);
    EXPECT_EQ(find(id).state, JobState::ready);
}

TEST_P(StoreConformance, OnlyEndedJobsAreRetried) {
    const std::vector ids{enqueue(job()), JobId{99999}, enqueue(job())};
    store->cancel(ids[2], "test");
    EXPECT_EQ(store->retry(ids),
              (Results{ChangeResult::refused, ChangeResult::not_found, ChangeResult::changed}));
    EXPECT_EQ(counts().ready, 2);
}

TEST_P(StoreConformance, ARetriedJobTakesItsUniqueKeyAgainUnlessAnotherHoldsIt) {
    NewJob unique = job();
    unique.unique = Unique{.key = "k"};
    const JobId first = enqueue(unique);
    store->cancel(first, "test");
    EXPECT_EQ(store->retry(one(first)), Results{ChangeResult::changed});
    EXPECT_EQ(enqueue_unique(unique).id, first) << "it holds its key again";
    store->cancel(first, "test");
    const JobId second = enqueue(unique);
    ASSERT_NE(second, first);
    EXPECT_EQ(store->retry(one(first)), Results{ChangeResult::refused});
    EXPECT_EQ(find(first).state, JobState::cancelled);
}

TEST_P(StoreConformance, ARetryWithinATransactionIsThereExactlyWhenItCommits) {
    const JobId id = enqueue(job());
    store->cancel(id, "test");
    EXPECT_THROW(store->transact([&](Transaction& tx) {
        EXPECT_EQ(tx.retry(id), ChangeResult::changed);
        EXPECT_EQ(tx.find(id)->state, JobState::ready);
        throw std::runtime_error("no");
    }),
                 std::runtime_error);
    EXPECT_EQ(find(id).state, JobState::cancelled);
    EXPECT_EQ(counts().ready, 0);
    store->transact([&](Transaction& tx) {
        EXPECT_EQ(tx.retry(id), ChangeResult::changed);
        EXPECT_EQ(tx.retry(id), ChangeResult::refused);
    });
    EXPECT_EQ(counts().ready, 1);
    EXPECT_EQ(claim_one(store->add_worker("w")).id, id);
}

TEST_P(StoreConformance, ARetryServesAStandingClaim) {
    const JobId id = enqueue(job());
    store->cancel(id, "test");
    Answers<ClaimAnswer> answers;
    ask({.worker = store->add_worker("w"), .shares = {{"default", 1}}}, answers);
    store->retry(one(id));
    EXPECT_EQ(answers.next().jobs.at(0).id, id);
}

// Run now.

TEST_P(StoreConformance, AScheduledJobCanBeRunNow) {
    NewJob later = job();
    later.delay = 1h;
    const std::vector ids{enqueue(later), enqueue(job()), JobId{99999}};
    EXPECT_EQ(store->run_now(ids),
              (Results{ChangeResult::changed, ChangeResult::refused, ChangeResult::not_found}));
    EXPECT_EQ(find(ids[0]).state, JobState::ready);
    EXPECT_EQ(find(ids[0]).run_at, store->now());
    EXPECT_EQ(counts().ready, 2);
    EXPECT_EQ(counts().scheduled, 0);
    advance(2h);
    EXPECT_EQ(counts().ready, 2) << "once";
}

// Delete.

TEST_P(StoreConformance, ADeletedJobIsGoneWithItsNotesAndItsKey) {
    NewJob unique = job();
    unique.unique = Unique{.key = "k"};
    const JobId ready = enqueue(unique);
    const JobId ended = enqueue(job("other"));
    store->cancel(ended, "test");
    EXPECT_EQ(store->remove(std::vector{ready, ended}),
              (Results{ChangeResult::changed, ChangeResult::changed}));
    EXPECT_FALSE(store->find(ready));
    EXPECT_FALSE(store->find(ended));
    EXPECT_TRUE(store->notes(ended).empty());
    EXPECT_EQ(counts().ready + counts().cancelled, 0);
    const Enqueued again = enqueue_unique(unique);
    EXPECT_FALSE(again.existed);
    EXPECT_GT(again.id, ended) << "no id is used again";
    EXPECT_EQ(store->remove(one(ready)), Results{ChangeResult::not_found});
}

TEST_P(StoreConformance, ADeletedNewestIdIsNotUsedAgainAfterACrash) {
    const JobId id = enqueue(job());
    store->remove(one(id));
    crash();
    EXPECT_GT(enqueue(job()), id);
}

TEST_P(StoreConformance, ARunningJobIsNotDeleted) {
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    EXPECT_EQ(store->remove(one(id)), Results{ChangeResult::refused});
    EXPECT_TRUE(acknowledge({{.id = id, .lease = claimed.lease}}).empty());
}

TEST_P(StoreConformance, ADeletedSuspectIsNotWaitedFor) {
    const JobId id = enqueue(job());
    claim_one(store->add_worker("w"));
    crash();
    store->rescue({});
    EXPECT_EQ(store->remove(one(id)), Results{ChangeResult::changed});
    const JobId other = enqueue(job());
    EXPECT_EQ(claim_one(store->add_worker("w")).id, other);
    EXPECT_EQ(counts().ready, 0);
}

// Cancel.

TEST_P(StoreConformance, SeveralJobsAreCancelledAtOnce) {
    const JobId running = enqueue(job());
    claim_one(store->add_worker("w"));
    const std::vector ids{running, enqueue(job()), JobId{99999}};
    EXPECT_EQ(store->cancel(ids, "stop"),
              (std::vector{CancelResult::requested, CancelResult::cancelled, CancelResult::not_found}));
    EXPECT_EQ(store->cancel(one(ids[1]), "stop"), std::vector{CancelResult::ended});
    EXPECT_EQ(find(ids[1]).error, "stop");
}

TEST_P(StoreConformance, TooManyJobsOrOneTwiceAreRefused) {
    const JobId id = enqueue(job());
    const std::vector twice{id, id};
    EXPECT_EQ(code_of([&] { store->remove(twice); }), Errc::invalid_argument);
    std::vector<JobId> many;
    for (std::int64_t i = 1; i <= 1001; ++i) many.push_back({i});
    EXPECT_EQ(code_of([&] { store->cancel(many, "test"); }), Errc::invalid_argument);
    EXPECT_TRUE(store->find(id));
}

// Pause.

TEST_P(StoreConformance, APausedQueueGivesNoJobsUntilItIsResumed) {
    store->set_paused("default", true);
    const JobId id = enqueue(job());
    const JobId elsewhere = enqueue({.queue = "other", .kind = "work"});
    EXPECT_TRUE(counts().paused);
    EXPECT_FALSE(counts("other").paused);
    Answers<ClaimAnswer> answers;
    ask({.worker = store->add_worker("w"), .shares = {{"default", 1}, {"other", 1}}}, answers);
    const auto given = answers.next().jobs;
    ASSERT_EQ(given.size(), 1U);
    EXPECT_EQ(given[0].id, elsewhere);
    ask({.worker = store->add_worker("w"), .shares = {{"default", 1}}}, answers);
    settle_all();
    EXPECT_EQ(answers.count(), 1U);
    store->set_paused("default", false);
    EXPECT_EQ(answers.next().jobs.at(0).id, id) << "a claim that stood is served";
    EXPECT_FALSE(counts().paused);
}

TEST_P(StoreConformance, WhatRunsInAQueueThatIsPausedGoesOn) {
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    const ClaimedJob claimed = claim_one(worker);
    store->set_paused("default", true);
    EXPECT_TRUE(acknowledge({{.id = id, .lease = claimed.lease}}).empty());
    EXPECT_EQ(find(id).state, JobState::done);
}

TEST_P(StoreConformance, APauseOutlivesACrash) {
    enqueue(job());
    store->set_paused("default", true);
    crash();
    EXPECT_TRUE(counts().paused);
    Answers<ClaimAnswer> answers;
    ask({.worker = store->add_worker("w"), .shares = {{"default", 1}}, .may_take_suspect = true}, answers);
    settle_all();
    EXPECT_EQ(answers.count(), 0U);
    store->set_paused("default", false);
    EXPECT_EQ(answers.next().jobs.size(), 1U);
}

TEST_P(StoreConformance, AQueueCanBePausedBeforeItIsThere) {
    store->set_paused("soon", true);
    EXPECT_TRUE(counts("soon").paused);
    EXPECT_EQ(code_of([&] { store->set_paused("", true); }), Errc::invalid_argument);
}

TEST_P(StoreConformance, WhatIsRetriedAndDeletedIsTold) {
    const JobId id = enqueue(job());
    store->cancel(id, "test");
    Answers<JobChange> changes;
    const auto subscription = store->subscribe([&](std::span<const JobChange> told) {
        for (const JobChange& change : told) changes.add(change);
    });
    store->retry(one(id));
    JobChange change = changes.next();
    EXPECT_EQ(change.id, id);
    EXPECT_EQ(change.state, JobState::ready);
    EXPECT_FALSE(change.removed);
    store->remove(one(id));
    change = changes.next();
    EXPECT_EQ(change.id, id);
    EXPECT_TRUE(change.removed);
}

} // namespace offstage::stores::conformance
