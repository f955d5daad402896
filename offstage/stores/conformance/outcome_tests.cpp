#include "offstage/stores/conformance/conformance.hpp"

namespace offstage::stores::conformance {

using namespace std::chrono_literals;
using What = Outcome::What;

TEST_P(StoreConformance, ADoneJobIsInHistoryWithItsResult) {
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    const ClaimedJob claimed = claim_one(worker);
    advance(3s);
    acknowledge({{.id = id, .lease = claimed.lease, .what = What::done, .text = R"({"n":1})"}});
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::done);
    EXPECT_EQ(record.result, R"({"n":1})");
    EXPECT_EQ(record.error, "");
    EXPECT_EQ(record.lease, claimed.lease) << "ended jobs keep their lease";
    EXPECT_EQ(record.started_at, store->now() - 3s);
    EXPECT_EQ(record.ended_at, store->now());
    EXPECT_EQ(counts().running, 0);
    EXPECT_EQ(counts().done, 1);
    EXPECT_TRUE(store->notes(id).empty());
}

TEST_P(StoreConformance, ARetryCountsAnErrorAndRunsAgainAfterItsDelay) {
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    const ClaimedJob first = claim_one(worker);
    acknowledge({{.id = id, .lease = first.lease, .what = What::retry, .text = "boom", .delay = 10s}});
    JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::scheduled);
    EXPECT_EQ(record.errors, 1);
    EXPECT_EQ(record.error, "boom");
    EXPECT_EQ(record.run_at, store->now() + 10s);
    const auto notes = store->notes(id);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].what, JobNote::What::error);
    EXPECT_EQ(notes[0].text, "boom");
    EXPECT_EQ(notes[0].lease, first.lease);
    EXPECT_EQ(notes[0].at, store->now());
    advance(10s);
    const ClaimedJob second = claim_one(worker);
    EXPECT_EQ(second.id, id);
    EXPECT_EQ(second.attempt, 2);
    EXPECT_EQ(second.errors, 1);
}

TEST_P(StoreConformance, ARetryWithoutDelayIsReadyAtOnce) {
    const JobId id = enqueue(job());
    run(store->add_worker("w"), {.what = What::retry, .text = "boom"});
    EXPECT_EQ(find(id).state, JobState::ready);
}

TEST_P(StoreConformance, ASnoozeIsNotCountedAsAnAttempt) {
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    run(worker, {.what = What::snooze, .delay = 10s});
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::scheduled);
    EXPECT_EQ(record.attempt, 0);
    EXPECT_EQ(record.errors, 0);
    EXPECT_TRUE(store->notes(id).empty());
    advance(10s);
    EXPECT_EQ(claim_one(worker).attempt, 1);
}

TEST_P(StoreConformance, AReleasedJobIsReadyAtOnceAndNotCountedAndWhatItThrewIsNoted) {
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    run(worker, {.what = What::release, .text = "thrown as it stopped", .delay = 10s});
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::ready);
    EXPECT_EQ(record.attempt, 0);
    EXPECT_EQ(record.errors, 0);
    EXPECT_EQ(record.error, "");
    ASSERT_EQ(store->notes(id).size(), 1U);
    EXPECT_EQ(store->notes(id)[0].what, JobNote::What::error);
    EXPECT_EQ(store->notes(id)[0].text, "thrown as it stopped");
    EXPECT_EQ(claim_one(worker).id, id);
}

TEST_P(StoreConformance, AFailedJobKeepsItsError) {
    const JobId id = enqueue(job());
    run(store->add_worker("w"), {.what = What::failed, .text = "hopeless"});
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::failed);
    EXPECT_EQ(record.errors, 1);
    EXPECT_EQ(record.error, "hopeless");
    ASSERT_EQ(store->notes(id).size(), 1U);
    EXPECT_EQ(counts().failed, 1);
}

TEST_P(StoreConformance, ACancelledOutcomeKeepsWhy) {
    const JobId id = enqueue(job());
    run(store->add_worker("w"), {.what = What::cancelled, .text = "no need"});
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::cancelled);
    EXPECT_EQ(record.error, "no need");
    EXPECT_EQ(record.errors, 0);
    EXPECT_EQ(counts().cancelled, 1);
}

TEST_P(StoreConformance, AnErrorThatIsTooLongIsCutAndSaysSo) {
    const JobId id = enqueue(job());
    run(store->add_worker("w"), {.what = What::failed, .text = std::string(max_payload_bytes + 10, 'x')});
    const JobRecord record = find(id);
    EXPECT_LE(record.error.size(), max_payload_bytes);
    EXPECT_NE(record.error.find("cut"), std::string::npos);
}

TEST_P(StoreConformance, AResultThatIsTooLargeIsRefusedAtOnce) {
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    const std::string large(max_payload_bytes + 1, 'x');
    EXPECT_EQ(code_of([&] { acknowledge({{.id = id, .lease = claimed.lease, .text = large}}); }),
              Errc::too_large);
    EXPECT_EQ(find(id).state, JobState::running);
}

// Cancel.

TEST_P(StoreConformance, CancelEndsAJobThatHasNotStarted) {
    NewJob later = job();
    later.delay = 1h;
    const JobId ready = enqueue(job()), scheduled = enqueue(later);
    EXPECT_EQ(store->cancel(ready, "not needed"), CancelResult::cancelled);
    EXPECT_EQ(store->cancel(scheduled, "not needed"), CancelResult::cancelled);
    for (const JobId id : {ready, scheduled}) {
        EXPECT_EQ(find(id).state, JobState::cancelled);
        EXPECT_EQ(find(id).error, "not needed");
        EXPECT_EQ(find(id).ended_at, store->now());
    }
    EXPECT_EQ(counts().cancelled, 2);
    EXPECT_EQ(counts().ready + counts().scheduled, 0);
    EXPECT_EQ(store->cancel(ready, "again"), CancelResult::ended);
    EXPECT_EQ(find(ready).error, "not needed");
    EXPECT_EQ(store->cancel({987654}, "who"), CancelResult::not_found);
}

TEST_P(StoreConformance, CancelAsksTheHolderOfARunningJob) {
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    EXPECT_EQ(store->cancel(id, "stop it"), CancelResult::requested);
    const JobRecord record = find(id);
    EXPECT_EQ(record.state, JobState::running);
    EXPECT_EQ(record.cancel_requested_at, store->now());
    EXPECT_EQ(record.error, "stop it");
    acknowledge({{.id = id, .lease = claimed.lease, .what = What::cancelled}});
    EXPECT_EQ(find(id).state, JobState::cancelled);
    EXPECT_EQ(find(id).error, "stop it");
}

TEST_P(StoreConformance, AJobWhoseCancelWasRequestedDoesNotRunAgain) {
    for (const What what : {What::retry, What::snooze, What::release}) {
        const JobId id = enqueue(job());
        const ClaimedJob claimed = claim_one(store->add_worker("w"));
        store->cancel(id, "stop it");
        acknowledge({{.id = id, .lease = claimed.lease, .what = what, .text = "late", .delay = 1s}});
        EXPECT_EQ(find(id).state, JobState::cancelled);
        EXPECT_EQ(find(id).error, "stop it");
    }
    EXPECT_EQ(counts().cancelled, 3);
}

TEST_P(StoreConformance, AJobThatEndsDoneBeforeItHeedsACancelIsDone) {
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    store->cancel(id, "stop it");
    acknowledge({{.id = id, .lease = claimed.lease, .what = What::done}});
    EXPECT_EQ(find(id).state, JobState::done);
    EXPECT_EQ(find(id).error, "");
}

// Reports.

TEST_P(StoreConformance, ProgressAndLogLinesOfARunningJobAreKept) {
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    store->report({{.id = id, .lease = claimed.lease, .progress = std::pair(5, 10), .log = {"one", "two"}}});
    settle_all();
    EXPECT_EQ(find(id).progress_done, 5);
    EXPECT_EQ(find(id).progress_total, 10);
    acknowledge({{.id = id, .lease = claimed.lease, .what = What::done}});
    EXPECT_EQ(find(id).progress_done, 5);
    const auto notes = store->notes(id);
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_EQ(notes[0].text, "one");
    EXPECT_EQ(notes[1].text, "two");
    EXPECT_EQ(notes[1].what, JobNote::What::log);
    store->report({{.id = id, .lease = claimed.lease, .log = {"late"}}});
    settle_all();
    EXPECT_EQ(store->notes(id).size(), 2U) << "late ones are dropped without harm";
}

TEST_P(StoreConformance, AJobsLogIsCutAtItsBoundAndSaysSo) {
    const JobId id = enqueue(job());
    const WorkerId worker = store->add_worker("w");
    ClaimedJob claimed = claim_one(worker);
    const std::vector<std::string> lines(600, "line");
    store->report({{.id = id, .lease = claimed.lease, .log = lines}});
    acknowledge({{.id = id, .lease = claimed.lease, .what = What::retry, .text = "boom"}});
    claimed = claim_one(worker);
    store->report({{.id = id, .lease = claimed.lease, .log = lines}});
    store->report({{.id = id, .lease = claimed.lease, .log = lines}});
    settle_all();
    const auto notes = store->notes(id);
    ASSERT_EQ(notes.size(), static_cast<std::size_t>(max_log_lines) + 1) << "with the error between";
    EXPECT_EQ(notes[max_log_lines - 1].text, "line");
    EXPECT_NE(notes.back().text.find("cut"), std::string::npos);
}

TEST_P(StoreConformance, ALogLineThatIsTooLongIsCutBetweenCharacters) {
    const JobId id = enqueue(job());
    const ClaimedJob claimed = claim_one(store->add_worker("w"));
    std::string line;
    while (line.size() <= max_log_line_bytes) line += "ä";
    store->report({{.id = id, .lease = claimed.lease, .log = {line}}});
    settle_all();
    const std::string kept = store->notes(id).at(0).text;
    EXPECT_LE(kept.size(), max_log_line_bytes);
    const std::size_t mark = kept.find("…");
    ASSERT_NE(mark, std::string::npos);
    EXPECT_EQ(mark % 2, 0U);
}

} // namespace offstage::stores::conformance
