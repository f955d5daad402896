#include "offstage/stores/conformance/conformance.hpp"

namespace offstage::stores::conformance {

using namespace std::chrono_literals;
using What = Outcome::What;

TEST_P(StoreConformance, AClaimGivesWhatAWorkerNeeds) {
    NewJob given{.queue = "q", .kind = "k", .args = "[1]", .priority = 2, .max_attempts = 4};
    const JobId id = enqueue(given);
    const WorkerId worker = store->add_worker("w");
    advance(5s);
    const ClaimedJob job = claim_one(worker, "q");
    EXPECT_EQ(job.id, id);
    EXPECT_GT(job.lease, Lease{});
    EXPECT_EQ(job.queue, "q");
    EXPECT_EQ(job.kind, "k");
    EXPECT_EQ(job.args, "[1]");
    EXPECT_EQ(job.checkpoint, "");
    EXPECT_EQ(job.priority, 2);
    EXPECT_EQ(job.attempt, 1);
    EXPECT_EQ(job.max_attempts, 4);
    EXPECT_EQ(job.created_at, store->now() - 5s);
    EXPECT_EQ(job.run_at, store->now() - 5s);
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::running);
    EXPECT_EQ(record.lease, job.lease);
    EXPECT_EQ(record.worker, worker);
    EXPECT_EQ(record.attempt, 1);
    EXPECT_EQ(record.started_at, store->now());
    EXPECT_EQ(counts("q").running, 1);
    EXPECT_EQ(counts("q").ready, 0);
}

TEST_P(StoreConformance, ClaimsTakeByPriorityThenRunAtThenId) {
    NewJob low = job(), late = job(), high = job();
    low.priority = 5;
    high.priority = -5;
    const JobId first_low = enqueue(low);
    const JobId early = enqueue(job());
    advance(1s);
    const JobId late_id = enqueue(late);
    const JobId late_twin = enqueue(late);
    const JobId high_id = enqueue(high);
    const WorkerId worker = store->add_worker("w");
    std::vector<JobId> order;
    for (const auto& claimed : claim(worker, 10)) order.push_back(claimed.id);
    EXPECT_EQ(order, (std::vector{high_id, early, late_id, late_twin, first_low}));
}

TEST_P(StoreConformance, AJobIsGivenToOneHolderAtATime) {
    enqueue_many(10, job());
    const WorkerId one = store->add_worker("one"), two = store->add_worker("two");
    const auto first = claim(one, 6), second = claim(two, 6);
    EXPECT_EQ(first.size(), 6U);
    EXPECT_EQ(second.size(), 4U);
    for (const auto& a : first)
        for (const auto& b : second) EXPECT_NE(a.id, b.id);
}

TEST_P(StoreConformance, SharesAreServedInTheirOrderAndToTheirMax) {
    for (const char* queue : {"a", "b", "c"}) {
        NewJob in = job();
        in.queue = queue;
        enqueue_many(5, in);
    }
    const WorkerId worker = store->add_worker("w");
    Answers<ClaimAnswer> answers;
    ask({.worker = worker, .shares = {{"b", 2}, {"a", 1}, {"a", 1}}}, answers);
    const auto jobs = answers.next().jobs;
    ASSERT_EQ(jobs.size(), 4U);
    EXPECT_EQ(jobs[0].queue, "b");
    EXPECT_EQ(jobs[1].queue, "b");
    EXPECT_EQ(jobs[2].queue, "a");
    EXPECT_EQ(jobs[3].queue, "a");
    EXPECT_NE(jobs[2].id, jobs[3].id);
    EXPECT_EQ(counts("c").ready, 5);
}

TEST_P(StoreConformance, AClaimStandsUntilThereIsAJob) {
    const WorkerId worker = store->add_worker("w");
    Answers<ClaimAnswer> answers;
    ask({.worker = worker, .shares = {{"default", 5}}}, answers);
    settle_all();
    EXPECT_EQ(answers.count(), 0U);
    NewJob other = job();
    other.queue = "other";
    enqueue(other);
    EXPECT_EQ(answers.count(), 0U);
    const JobId id = enqueue(job());
    const ClaimAnswer answer = answers.next();
    ASSERT_EQ(answer.jobs.size(), 1U);
    EXPECT_EQ(answer.jobs[0].id, id);
    enqueue(job());
    EXPECT_EQ(answers.count(), 1U) << "done is called once";
}

TEST_P(StoreConformance, AStandingClaimIsServedWhenAScheduledJobComesDue) {
    const WorkerId worker = store->add_worker("w");
    Answers<ClaimAnswer> answers;
    ask({.worker = worker, .shares = {{"default", 5}}}, answers);
    NewJob later = job();
    later.delay = 1h;
    const JobId id = enqueue(later);
    settle_all();
    EXPECT_EQ(answers.count(), 0U);
    advance(1h);
    const ClaimAnswer answer = answers.next();
    ASSERT_EQ(answer.jobs.size(), 1U);
    EXPECT_EQ(answer.jobs[0].id, id);
}

TEST_P(StoreConformance, StandingClaimsAreServedInTheOrderTheyCame) {
    const WorkerId one = store->add_worker("one"), two = store->add_worker("two");
    Answers<ClaimAnswer> first, second;
    ask({.worker = one, .shares = {{"default", 1}}}, first);
    ask({.worker = two, .shares = {{"default", 5}}}, second);
    const auto ids = enqueue_many(2, job());
    const auto given_first = first.next().jobs, given_second = second.next().jobs;
    ASSERT_EQ(given_first.size(), 1U);
    ASSERT_EQ(given_second.size(), 1U);
    EXPECT_EQ(given_first[0].id, ids[0]);
    EXPECT_EQ(given_second[0].id, ids[1]);
}

TEST_P(StoreConformance, AWithdrawnClaimIsAnsweredWithNoJobs) {
    const WorkerId one = store->add_worker("one"), two = store->add_worker("two");
    Answers<ClaimAnswer> first, second;
    ask({.worker = one, .shares = {{"default", 1}}}, first);
    ask({.worker = two, .shares = {{"default", 1}}}, second);
    store->withdraw(one);
    ASSERT_EQ(first.count(), 1U) << "when withdraw returns, its claims have been told";
    const ClaimAnswer answer = first.next();
    EXPECT_TRUE(answer.jobs.empty());
    EXPECT_FALSE(answer.error);
    enqueue(job());
    EXPECT_EQ(second.next().jobs.size(), 1U);
    EXPECT_EQ(first.count(), 1U);
}

TEST_P(StoreConformance, StandingClaimsEndClosedWhenTheStoreCloses) {
    const WorkerId worker = store->add_worker("w");
    Answers<ClaimAnswer> answers;
    ask({.worker = worker, .shares = {{"default", 1}}}, answers);
    store.reset();
    ASSERT_EQ(answers.count(), 1U);
    const ClaimAnswer answer = answers.next();
    EXPECT_TRUE(answer.jobs.empty());
    EXPECT_EQ(code_of([&] { std::rethrow_exception(answer.error); }), Errc::closed);
}

TEST_P(StoreConformance, AClaimThatDoesNotStandIsAnsweredOnceItWasLookedAt) {
    const WorkerId worker = store->add_worker("w");
    Answers<ClaimAnswer> answers;
    ask({.worker = worker, .shares = {{"default", 5}}, .stands = false}, answers);
    EXPECT_TRUE(answers.next().jobs.empty());
    const JobId id = enqueue(job());
    ask({.worker = worker, .shares = {{"default", 5}}, .stands = false}, answers);
    const ClaimAnswer answer = answers.next();
    ASSERT_EQ(answer.jobs.size(), 1U);
    EXPECT_EQ(answer.jobs[0].id, id);
    enqueue(job());
    EXPECT_EQ(answers.count(), 2U) << "done is called once";
}

TEST_P(StoreConformance, AClaimOutOfRangeIsRefused) {
    const WorkerId worker = store->add_worker("w");
    const auto refused = [&](ClaimRequest request) {
        return code_of([&] { store->claim(std::move(request), [](auto, auto) {}); }) ==
               Errc::invalid_argument;
    };
    EXPECT_TRUE(refused({.worker = worker, .shares = {}}));
    EXPECT_TRUE(refused({.worker = worker, .shares = {{"", 1}}}));
    EXPECT_TRUE(refused({.worker = worker, .shares = {{"q", 0}}}));
    EXPECT_TRUE(refused({.worker = worker, .shares = {{"q", max_claim + 1}}}));
}

// Leases.

TEST_P(StoreConformance, EachClaimGivesALargerLease) {
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    Lease last;
    for (int i = 0; i < 3; ++i) {
        const ClaimedJob job = claim_one(worker);
        EXPECT_EQ(job.id, id);
        EXPECT_GT(job.lease, last);
        last = job.lease;
        acknowledge({{.id = job.id, .lease = job.lease, .what = What::release}});
    }
    crash();
    const ClaimedJob after = claim_one(store->add_worker("w"));
    EXPECT_GT(after.lease, last);
}

TEST_P(StoreConformance, AnOldLeaseIsRefusedEverywhere) {
    enqueue(job());
    const WorkerId worker = store->add_worker("w");
    const ClaimedJob old = claim_one(worker);
    acknowledge({{.id = old.id, .lease = old.lease, .what = What::release}});
    const ClaimedJob now = claim_one(worker);
    for (const What what :
         {What::done, What::retry, What::snooze, What::release, What::failed, What::cancelled})
        EXPECT_EQ(acknowledge({{.id = old.id, .lease = old.lease, .what = what}}), std::vector{old.id});
    const std::vector<std::function<bool(Transaction&)>> verbs{
        [&](Transaction& tx) { return tx.checkpoint(old.id, old.lease, "x"); },
        [&](Transaction& tx) { return tx.complete({.id = old.id, .lease = old.lease}); },
    };
    for (const auto& verb : verbs) {
        const auto goes_on = [&](Transaction& tx) {
            const NewJob more = job();
            tx.enqueue({&more, 1});
            EXPECT_FALSE(verb(tx));
        };
        EXPECT_EQ(code_of([&] { store->transact(goes_on); }), Errc::lease_lost);
        EXPECT_EQ(counts().ready, 0) << "nothing of it stands, though the body went on";
    }
    store->report({{.id = old.id, .lease = old.lease, .progress = std::pair(1, 2), .log = {"late"}}});
    settle_all();
    const JobRecord record = find(old.id);
    EXPECT_EQ(record.state, JobState::running);
    EXPECT_EQ(record.lease, now.lease);
    EXPECT_EQ(record.checkpoint, "");
    EXPECT_EQ(record.progress_done, 0);
    EXPECT_TRUE(store->notes(old.id).empty());
    EXPECT_TRUE(acknowledge({{.id = now.id, .lease = now.lease}}).empty());
    EXPECT_EQ(acknowledge({{.id = now.id, .lease = now.lease}}), std::vector{now.id}) << "it has ended";
}

TEST_P(StoreConformance, OneRefusedOutcomeDoesNotKeepTheOthersFromBeingWritten) {
    enqueue_many(3, job());
    const WorkerId worker = store->add_worker("w");
    const auto jobs = claim(worker, 3);
    const auto refused = acknowledge({{.id = jobs[0].id, .lease = jobs[0].lease},
                                      {.id = jobs[1].id, .lease = {jobs[1].lease.value - 1}},
                                      {.id = jobs[2].id, .lease = jobs[2].lease}});
    EXPECT_EQ(refused, std::vector{jobs[1].id});
    EXPECT_EQ(counts().done, 2);
    EXPECT_EQ(counts().running, 1);
}

TEST_P(StoreConformance, AClaimGivesAtMostItsMaxOfAllQueuesTogether) {
    enqueue_many(3, {.queue = "first", .kind = "work"});
    enqueue_many(3, {.queue = "second", .kind = "work"});
    Answers<ClaimAnswer> answers;
    const WorkerId worker = store->add_worker("w");
    ask({.worker = worker, .shares = {{"first", 2}, {"second", 2}}, .max = 3}, answers);
    const auto jobs = answers.next().jobs;
    ASSERT_EQ(jobs.size(), 3U);
    EXPECT_EQ(jobs[1].queue, "first");
    EXPECT_EQ(jobs[2].queue, "second");
    const ClaimRequest none{.worker = worker, .shares = {{"first", 1}}, .max = 0};
    EXPECT_EQ(code_of([&] { ask(none, answers); }), Errc::invalid_argument);
}

} // namespace offstage::stores::conformance
