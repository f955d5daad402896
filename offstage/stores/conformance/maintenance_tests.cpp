#include "offstage/stores/conformance/conformance.hpp"

#include <algorithm>

namespace offstage::stores::conformance {

using namespace std::chrono_literals;
using What = Outcome::What;

// Rescue.

TEST_P(StoreConformance, RescueTakesBackWhatDeadWorkersHeld) {
    const auto ids = enqueue_many(3, job());
    const WorkerId worker = store->add_worker("w");
    const auto claimed = claim(worker, 3);
    acknowledge({{.id = claimed[0].id, .lease = claimed[0].lease, .what = What::done}});
    EXPECT_TRUE(store->rescue({}).rescued.empty()) << "its worker lives";
    crash();
    EXPECT_EQ(find(ids[1]).state, JobState::running);
    RescueReport report = store->rescue({});
    std::ranges::sort(report.rescued);
    EXPECT_EQ(report.rescued, (std::vector{ids[1], ids[2]}));
    EXPECT_TRUE(report.quarantined.empty());
    EXPECT_EQ(find(ids[0]).state, JobState::done);
    for (const JobId id : report.rescued) {
        const JobRecord record = find(id);
        EXPECT_EQ(record.state, JobState::ready);
        EXPECT_EQ(record.crashes, 1);
        EXPECT_EQ(record.attempt, 1);
        EXPECT_EQ(record.errors, 0);
        const auto notes = store->notes(id);
        ASSERT_EQ(notes.size(), 1U);
        EXPECT_EQ(notes[0].what, JobNote::What::crash);
        EXPECT_EQ(notes[0].lease, claimed[1].lease);
    }
    EXPECT_EQ(counts().ready, 2);
    EXPECT_EQ(counts().running, 0);
    EXPECT_TRUE(store->rescue({}).rescued.empty()) << "a second rescue finds nothing";
}

TEST_P(StoreConformance, ARescuedJobsOldHolderIsRefused) {
    const JobId id = enqueue(job());
    const ClaimedJob old = claim_one(store->add_worker("w"));
    crash();
    store->rescue({});
    EXPECT_EQ(acknowledge({{.id = id, .lease = old.lease}}), std::vector{id});
    const ClaimedJob again = claim_one(store->add_worker("w"));
    EXPECT_EQ(again.id, id);
    EXPECT_GT(again.lease, old.lease);
    EXPECT_TRUE(again.is_suspect());
    EXPECT_EQ(acknowledge({{.id = id, .lease = old.lease}}), std::vector{id});
}

TEST_P(StoreConformance, ASuspectIsGivenOutAlone) {
    const JobId suspect = enqueue(job());
    claim_one(store->add_worker("w"));
    crash();
    store->rescue({});
    enqueue_many(3, job());
    const WorkerId worker = store->add_worker("w");
    Answers<ClaimAnswer> answers;
    ask({.worker = worker, .shares = {{"default", 2}}, .may_take_suspect = false}, answers);
    const auto first = answers.next().jobs;
    ASSERT_EQ(first.size(), 2U);
    for (const auto& given : first) EXPECT_NE(given.id, suspect);
    for (const auto& given : first) acknowledge({{.id = given.id, .lease = given.lease}});
    ask({.worker = worker, .shares = {{"default", 2}}, .may_take_suspect = true}, answers);
    const auto alone = answers.next().jobs;
    ASSERT_EQ(alone.size(), 1U) << "either one suspect or any number of other jobs";
    EXPECT_EQ(alone[0].id, suspect);
    EXPECT_TRUE(alone[0].is_suspect());
    ask({.worker = worker, .shares = {{"default", 2}}, .may_take_suspect = true}, answers);
    EXPECT_EQ(answers.next().jobs.size(), 1U);
}

TEST_P(StoreConformance, WhetherAWorkerMayTakeASuspectIsForTheWorkerToSay) {
    const auto suspects = enqueue_many(2, job());
    claim(store->add_worker("w"), 2);
    crash();
    store->rescue({});
    const WorkerId worker = store->add_worker("w");
    Answers<ClaimAnswer> answers;
    for (const JobId suspect : suspects) {
        ask({.worker = worker, .shares = {{"default", 2}}, .may_take_suspect = true}, answers);
        const auto held = answers.next().jobs;
        ASSERT_EQ(held.size(), 1U);
        EXPECT_EQ(held[0].id, suspect);
    }
}

TEST_P(StoreConformance, ARescueTellsOfTheSuspects) {
    const JobId id = enqueue(job());
    claim_one(store->add_worker("w"));
    crash();
    Answers<JobChange> changes;
    const auto subscription = store->subscribe([&](std::span<const JobChange> told) {
        for (const JobChange& change : told) changes.add(change);
    });
    store->rescue({});
    const JobChange change = changes.next();
    EXPECT_EQ(change.id, id);
    EXPECT_EQ(change.state, JobState::ready);
    EXPECT_TRUE(change.rescued);
}

TEST_P(StoreConformance, AJobWhoseWorkersDieTooOftenIsQuarantined) {
    const JobId id = enqueue(job());
    for (int death = 1; death <= 3; ++death) {
        claim_one(store->add_worker("w"));
        crash();
        const RescueReport report = store->rescue({.max_crashes = 3});
        EXPECT_EQ(report.rescued.size(), death < 3 ? 1U : 0U);
        EXPECT_EQ(report.quarantined.size(), death < 3 ? 0U : 1U);
    }
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::failed);
    EXPECT_EQ(record.crashes, 3);
    EXPECT_NE(record.error.find("quarantined"), std::string::npos) << record.error;
    EXPECT_EQ(counts().failed, 1);
    EXPECT_EQ(counts().ready + counts().running, 0);
    EXPECT_EQ(store->notes(id).size(), 3U);
}

TEST_P(StoreConformance, ACheckpointClearsCrashes) {
    const JobId id = enqueue(job());
    claim_one(store->add_worker("w"));
    crash();
    store->rescue({.max_crashes = 2});
    EXPECT_EQ(find(id).crashes, 1);
    const ClaimedJob again = claim_one(store->add_worker("w"));
    store->transact([&](Transaction& tx) { ASSERT_TRUE(tx.checkpoint(id, again.lease, "x")); });
    EXPECT_EQ(find(id).crashes, 0);
    crash();
    EXPECT_EQ(store->rescue({.max_crashes = 2}).rescued, std::vector{id}) << "counted from one again";
    EXPECT_EQ(find(id).checkpoint, "x");
}

TEST_P(StoreConformance, ARunThatItsWorkerOutlivesEndsARowOfCrashes) {
    const JobId id = enqueue(job());
    claim_one(store->add_worker("w"));
    crash();
    store->rescue({});
    const WorkerId worker = store->add_worker("w");
    ClaimedJob again = claim_one(worker);
    acknowledge({{.id = id, .lease = again.lease, .what = What::release}});
    EXPECT_EQ(find(id).crashes, 1) << "one given back may not have begun";
    again = claim_one(worker);
    acknowledge({{.id = id, .lease = again.lease, .what = What::retry, .text = "boom"}});
    EXPECT_EQ(find(id).crashes, 0);
    again = claim_one(worker);
    EXPECT_FALSE(again.is_suspect());
}

TEST_P(StoreConformance, ARescuedJobWhoseCancelWasRequestedEndsCancelled) {
    const JobId id = enqueue(job());
    claim_one(store->add_worker("w"));
    store->cancel(id, "stop it");
    crash();
    EXPECT_EQ(store->rescue({}).cancelled, std::vector{id});
    EXPECT_EQ(find(id).state, JobState::cancelled);
    EXPECT_EQ(find(id).error, "stop it");
}

TEST_P(StoreConformance, ARemovedWorkersJobsAreRescuedAsAfterACrash) {
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    claim_one(worker);
    store->remove_worker(worker);
    EXPECT_EQ(find(id).state, JobState::ready);
    EXPECT_EQ(find(id).crashes, 1);
    EXPECT_EQ(code_of([&] { store->heartbeat(worker); }), Errc::not_found);
}

TEST_P(StoreConformance, AWorkerIdIsNeverUsedAgain) {
    const WorkerId one = store->add_worker("w");
    store->remove_worker(one);
    const WorkerId two = store->add_worker("w");
    EXPECT_GT(two, one);
    crash();
    store->rescue({});
    EXPECT_GT(store->add_worker("w"), two);
}

// Prune.

TEST_P(StoreConformance, PruneDeletesEndedJobsWhoseKeepHasPassed) {
    const WorkerId worker = store->add_worker("w");
    const JobId soon = enqueue(job());
    run(worker, {.what = What::failed, .text = "no", .keep = 1h});
    const JobId later = enqueue(job());
    run(worker, {.what = What::done, .keep = 2h});
    const JobId always = enqueue(job());
    run(worker, {.what = What::done});
    const JobId live = enqueue(job());
    EXPECT_EQ(store->prune(100), 0);
    advance(1h);
    EXPECT_EQ(store->prune(100), 1);
    EXPECT_FALSE(store->find(soon));
    EXPECT_TRUE(store->notes(soon).empty()) << "with their notes";
    EXPECT_EQ(counts().failed, 0);
    advance(100h);
    EXPECT_EQ(store->prune(100), 1);
    EXPECT_FALSE(store->find(later));
    EXPECT_TRUE(store->find(always));
    EXPECT_TRUE(store->find(live));
    EXPECT_EQ(counts().done, 1);
}

TEST_P(StoreConformance, PruneDeletesAtMostItsLimit) {
    const auto ids = enqueue_many(10, job());
    for (const JobId id : ids) store->cancel(id, "test", 0us);
    EXPECT_EQ(store->prune(4), 4);
    EXPECT_EQ(store->prune(4), 4);
    EXPECT_EQ(store->prune(4), 2);
    EXPECT_EQ(store->prune(4), 0);
    EXPECT_EQ(counts().cancelled, 0);
}

// Counts.

TEST_P(StoreConformance, CountsAreKeptThroughACrash) {
    enqueue_many(5, job());
    const WorkerId worker = store->add_worker("w");
    run(worker, {.what = What::done});
    run(worker, {.what = What::failed, .text = "no"});
    claim_one(worker);
    NewJob later = job();
    later.delay = 1h;
    enqueue(later);
    store->cancel(enqueue(job()), "test");
    const auto check = [&] {
        const QueueCounts now = counts();
        EXPECT_EQ(now.scheduled, 1);
        EXPECT_EQ(now.ready, 2);
        EXPECT_EQ(now.running, 1);
        EXPECT_EQ(now.waiting, 0);
        EXPECT_EQ(now.done, 1);
        EXPECT_EQ(now.failed, 1);
        EXPECT_EQ(now.cancelled, 1);
    };
    check();
    crash();
    check();
}

TEST_P(StoreConformance, TotalsGrowWithWhatHappens) {
    const auto totals = [&] {
        for (const QueueTotals& queue : store->totals())
            if (queue.queue == "default") return queue;
        return QueueTotals{};
    };
    const WorkerId worker = store->add_worker("w");
    enqueue_many(4, job());
    advance(1s);
    const auto claimed = claim(worker, 3);
    advance(2s);
    acknowledge({{.id = claimed[0].id, .lease = claimed[0].lease},
                 {.id = claimed[1].id, .lease = claimed[1].lease, .what = What::retry, .text = "no"},
                 {.id = claimed[2].id, .lease = claimed[2].lease, .what = What::failed, .text = "no"}});
    store->cancel(claimed[1].id, "test");
    const QueueTotals now = totals();
    EXPECT_EQ(now.enqueued, 4);
    EXPECT_EQ(now.done, 1);
    EXPECT_EQ(now.retried, 1);
    EXPECT_EQ(now.failed, 1);
    EXPECT_EQ(now.cancelled, 1);
    EXPECT_EQ(now.waited.count, 3);
    EXPECT_EQ(now.waited.sum, 3s);
    EXPECT_EQ(now.ran.count, 3);
    EXPECT_EQ(now.ran.sum, 6s);
    EXPECT_THROW(store->transact([&](Transaction& tx) {
        const NewJob one = job();
        std::ignore = tx.enqueue({&one, 1});
        throw std::runtime_error("no");
    }),
                 std::runtime_error);
    EXPECT_EQ(totals().enqueued, 4) << "what was rolled back has not happened";
}

TEST_P(StoreConformance, LiveWorkersAreKnownWithWhatTheyHold) {
    enqueue_many(3, job());
    const WorkerId busy = store->add_worker("busy");
    advance(1s);
    const WorkerId idle = store->add_worker("idle");
    claim(busy, 2);
    advance(1s);
    store->heartbeat(idle);
    const auto workers = store->workers();
    ASSERT_EQ(workers.size(), 2U);
    EXPECT_EQ(workers[0].id, busy);
    EXPECT_EQ(workers[0].name, "busy");
    EXPECT_EQ(workers[0].running, 2);
    EXPECT_EQ(workers[0].started_at + 2s, store->now());
    EXPECT_EQ(workers[1].id, idle);
    EXPECT_EQ(workers[1].running, 0);
    EXPECT_EQ(workers[1].heartbeat_at, store->now());
    store->remove_worker(idle);
    crash();
    EXPECT_TRUE(store->workers().empty()) << "the dead are not alive";
}

// Subscriptions.

TEST_P(StoreConformance, ProgressAndLogLinesAreToldAsReported) {
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    Answers<JobChange> changes;
    const auto subscription = store->subscribe([&](std::span<const JobChange> told) {
        for (const JobChange& change : told) changes.add(change);
    });
    store->report({{.id = id, .lease = claimed.lease, .progress = {{1, 2}}}});
    JobChange change = changes.next();
    EXPECT_EQ(change.id, id);
    EXPECT_EQ(change.state, JobState::running);
    EXPECT_TRUE(change.reported);
    store->report({{.id = id, .lease = claimed.lease, .log = {"half"}}});
    EXPECT_TRUE(changes.next().reported);
    store->report({{.id = id, .lease = {claimed.lease.value + 1}, .progress = {{2, 2}}}});
    acknowledge({{.id = id, .lease = claimed.lease}});
    change = changes.next();
    EXPECT_EQ(change.state, JobState::done) << "a stale report is dropped";
    EXPECT_FALSE(change.reported);
}

TEST_P(StoreConformance, CommittedChangesAreToldInOrder) {
    Answers<JobChange> changes;
    const auto subscription = store->subscribe([&](std::span<const JobChange> told) {
        for (const JobChange& change : told) changes.add(change);
    });
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    const ClaimedJob claimed = claim_one(worker);
    store->cancel(id, "stop");
    acknowledge({{.id = id, .lease = claimed.lease, .what = What::cancelled}});
    const auto expect = [&](JobState state, bool cancel_requested) {
        const JobChange change = changes.next();
        EXPECT_EQ(change.id, id);
        EXPECT_EQ(change.state, state);
        EXPECT_EQ(change.cancel_requested, cancel_requested);
        EXPECT_EQ(change.lease, cancel_requested ? claimed.lease : Lease{});
    };
    expect(JobState::ready, false);
    expect(JobState::running, false);
    expect(JobState::running, true);
    expect(JobState::cancelled, false);
}

TEST_P(StoreConformance, ASubscriptionHearsNothingOfWhatWasRolledBackAndNothingAfterItsEnd) {
    Answers<JobChange> changes;
    auto subscription = store->subscribe([&](std::span<const JobChange> told) {
        for (const JobChange& change : told) changes.add(change);
    });
    EXPECT_THROW(store->transact([&](Transaction& tx) {
        const NewJob one = job();
        std::ignore = tx.enqueue({&one, 1});
        throw std::runtime_error("no");
    }),
                 std::runtime_error);
    const JobId id = enqueue(job());
    EXPECT_EQ(changes.next().id, id);
    subscription.reset();
    enqueue(job());
    EXPECT_EQ(changes.count(), 1U);
}

TEST_P(StoreConformance, TwoStoresOfOnePlaceShareIt) {
    const auto other = place->open();
    const JobId id = enqueue(job());
    ASSERT_TRUE(other->find(id));
    const WorkerId worker = other->add_worker("w");
    Answers<ClaimAnswer> answers;
    other->claim({.worker = worker, .shares = {{"default", 1}}},
                 [&](auto jobs, auto error) { answers.add({std::move(jobs), std::move(error)}); });
    EXPECT_EQ(answers.next().jobs.at(0).id, id);
}

} // namespace offstage::stores::conformance
