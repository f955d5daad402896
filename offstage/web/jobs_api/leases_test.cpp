#include "offstage/web/jobs_api/api_test.hpp"

namespace offstage::web::jobs_api {
namespace {

using namespace std::chrono_literals;

class Leasing : public JobsApi {
protected:
    Leasing() { post("/v1/jobs", R"({"kind":"resize","args":{"picture":"cat.png"}})"); }

    Told lease(std::string_view more = {}, std::string_view worker = "py-1") {
        return post("/v1/leases", R"({"worker":")" + std::string(worker) + R"(","queues":["images"])" +
                                      std::string(more) + "}");
    }
    /// The one job that a claim gets at once.
    boost::json::value take(std::string_view worker = "py-1") {
        const Told told = lease({}, worker);
        settle_all();
        tick();
        const auto answer = come(told).json;
        EXPECT_EQ(answer.at("jobs").as_array().size(), 1u);
        return answer.at("jobs").at(0);
    }
    static std::string name(const boost::json::value& lease) {
        return std::string(lease.at("lease").as_string());
    }
    Told say(const boost::json::value& lease, std::string_view what, std::string body = {}) {
        return post("/v1/leases/" + name(lease) + "/" + std::string(what), std::move(body));
    }
    stores::JobRecord job() { return store->list({.queue = "images"}).jobs.at(0); }
};

TEST_F(Leasing, AWorkerTakesAJobAndAcknowledgesIt) {
    const auto lease = take();
    EXPECT_EQ(lease.at("kind").as_string(), "resize");
    EXPECT_EQ(lease.at("args").at("picture").as_string(), "cat.png");
    EXPECT_EQ(lease.at("attempt").as_int64(), 1);
    EXPECT_EQ(lease.at("timeout_ms").as_int64(), 60'000);
    EXPECT_EQ(job().state, stores::JobState::running);
    EXPECT_EQ(say(lease, "ack", R"({"result":{"width":80}})").status, 204);
    EXPECT_EQ(job().state, stores::JobState::done);
    EXPECT_EQ(job().result, R"({"width":80})");
    const Told again = say(lease, "ack");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.code(), "lease_lost");
}

TEST_F(Leasing, AClaimWaitsForTheFirstJobAndHoldsNoThread) {
    take();
    const Told told = lease(R"(,"wait_ms":20000)");
    settle_all();
    tick();
    EXPECT_FALSE(told.later->is_given());
    post("/v1/jobs", R"({"kind":"resize"})");
    settle_all();
    tick();
    EXPECT_EQ(come(told).json.at("jobs").as_array().size(), 1u);
}

TEST_F(Leasing, AClaimThatDoesNotWaitGetsWhatIsReady) {
    for (int job = 0; job < 100; ++job) {
        const Told told = lease();
        tick(); // maybe before the store has looked
        settle_all();
        tick();
        ASSERT_EQ(come(told).json.at("jobs").as_array().size(), 1u) << job;
        post("/v1/jobs", R"({"kind":"resize"})");
    }
}

TEST_F(Leasing, AClaimStandsThoughAnotherOfItsWorkerIsWithdrawn) {
    take();
    const Told stays = lease(R"(,"wait_ms":20000)");
    Told goes = lease(R"(,"wait_ms":20000)");
    settle_all();
    std::ignore = goes.later->end(); // its client has gone
    tick();
    settle_all();
    tick();
    EXPECT_FALSE(stays.later->is_given());
    post("/v1/jobs", R"({"kind":"resize"})");
    settle_all();
    tick();
    EXPECT_EQ(come(stays).json.at("jobs").as_array().size(), 1u);
}

TEST_F(Leasing, AClaimWhoseTimeIsUpIsAnsweredWithNoJobs) {
    take();
    const Told told = lease(R"(,"wait_ms":20000)");
    tick(21s); // withdraws
    tick();    // hears of it
    const auto answer = come(told).json;
    EXPECT_TRUE(answer.at("jobs").as_array().empty());
    EXPECT_EQ(answer.at("heartbeat_ms").as_int64(), 10'000);
    post("/v1/jobs", R"({"kind":"resize"})");
    EXPECT_EQ(job().state, stores::JobState::ready) << "the claim stands no more";
}

TEST_F(Leasing, AClaimOfAClientThatHasGoneTakesNothing) {
    take();
    const Told told = lease(R"(,"wait_ms":20000)");
    told.later->end();
    EXPECT_TRUE(parts->work.is_set());
    tick();
    post("/v1/jobs", R"({"kind":"resize"})");
    settle_all();
    EXPECT_EQ(job().state, stores::JobState::ready);
}

TEST_F(Leasing, WhatComesForAClientThatHasGoneIsGivenBack) {
    const Told told = lease(R"(,"wait_ms":20000)");
    settle_all();
    EXPECT_EQ(job().state, stores::JobState::running);
    told.later->end();
    tick();
    settle_all();
    EXPECT_EQ(job().state, stores::JobState::ready);
    EXPECT_EQ(job().attempt, 0);
}

TEST_F(Leasing, AFailedJobIsTriedAgainByTheBackoffOfItsKindUntilItsAttemptsAreUsed) {
    auto lease = take();
    EXPECT_EQ(say(lease, "fail", R"({"error":"no such picture\nat line 7"})").status, 204);
    EXPECT_EQ(job().state, stores::JobState::scheduled);
    EXPECT_EQ(job().run_at, store->now() + 10s);
    EXPECT_EQ(job().errors, 1);
    advance(10s);
    lease = take();
    EXPECT_EQ(say(lease, "fail").status, 204);
    EXPECT_EQ(job().state, stores::JobState::failed);
}

TEST_F(Leasing, AJobMayBeDiscardedSnoozedAndReleased) {
    auto lease = take();
    EXPECT_EQ(say(lease, "release").status, 204);
    EXPECT_EQ(job().state, stores::JobState::ready);
    EXPECT_EQ(job().attempt, 0);
    lease = take();
    EXPECT_EQ(say(lease, "snooze", R"({"delay_ms":5000})").status, 204);
    EXPECT_EQ(job().run_at, store->now() + 5s);
    advance(5s);
    lease = take();
    EXPECT_EQ(say(lease, "fail", R"({"error":"never","discard":true})").status, 204);
    EXPECT_EQ(job().state, stores::JobState::failed);
    EXPECT_EQ(job().error, "never");
}

TEST_F(Leasing, ProgressLogAndCheckpointAreKept) {
    auto lease = take();
    EXPECT_EQ(
        say(lease, "progress", R"({"done":3,"total":10,"log":["begun"],"checkpoint":{"row":3}})").status,
        200);
    settle_all();
    EXPECT_EQ(job().progress_done, 3);
    EXPECT_EQ(job().progress_total, 10);
    EXPECT_EQ(store->notes(job().id).at(0).text, "begun");
    say(lease, "release");
    lease = take();
    EXPECT_EQ(lease.at("checkpoint").at("row").as_int64(), 3);
}

TEST_F(Leasing, AHeartbeatTellsThatSomebodyWantsTheJobToEnd) {
    const auto lease = take();
    EXPECT_FALSE(say(lease, "heartbeat").json.at("cancel_requested").as_bool());
    post("/v1/jobs/" + std::to_string(lease.at("id").as_int64()) + "/cancel");
    EXPECT_TRUE(say(lease, "heartbeat").json.at("cancel_requested").as_bool());
    EXPECT_EQ(say(lease, "fail", R"({"error":"stopped"})").status, 204);
    EXPECT_EQ(job().state, stores::JobState::cancelled);
}

TEST_F(Leasing, ASilentWorkerIsDeadAndItsJobIsRescued) {
    const auto lease = take();
    tick(29s);
    EXPECT_EQ(job().state, stores::JobState::running);
    tick(31s);
    EXPECT_EQ(job().state, stores::JobState::ready);
    EXPECT_EQ(job().crashes, 1);
    EXPECT_EQ(say(lease, "ack").status, 409) << "its late outcome is refused";
    const auto again = take("py-2");
    EXPECT_NE(name(again), name(lease));
    EXPECT_EQ(say(again, "ack").status, 204);
}

TEST_F(Leasing, AnOverdueJobIsTriedAgainAndItsLateOutcomeRefused) {
    const auto lease = take();
    tick(61s);
    settle_all();
    EXPECT_EQ(job().state, stores::JobState::scheduled);
    EXPECT_EQ(job().error.substr(0, 9), "timed out");
    EXPECT_EQ(say(lease, "ack").status, 409);
}

TEST_F(Leasing, OnlyWhatWasLeasedHereIsHeard) {
    enqueue();
    const stores::ClaimedJob ours = claim().at(0);
    const std::string guess = std::to_string(ours.id.value) + "-" + std::to_string(ours.lease.value);
    EXPECT_EQ(post("/v1/leases/" + guess + "/ack").status, 409);
    EXPECT_EQ(post("/v1/leases/7/ack").status, 409);
    EXPECT_EQ(post("/v1/leases/x-1/ack").status, 409);
    EXPECT_EQ(store->find(ours.id)->state, stores::JobState::running);
}

TEST_F(Leasing, WhatIsHeldWhenTheApiEndsIsGivenBackWithoutACrash) {
    take();
    const Told waiting = lease(R"(,"wait_ms":20000)", "py-2");
    router = Router();
    parts.reset();
    settle_all();
    EXPECT_EQ(job().state, stores::JobState::ready);
    EXPECT_EQ(job().crashes, 0);
    EXPECT_TRUE(store->workers().empty());
    EXPECT_EQ(waiting.later->end().value().status, 503);
}

TEST_F(Leasing, AQueueOfAKindWithAHandlerHereIsNotOpenToWorkersElsewhere) {
    const auto refused = [&](std::string_view queue, std::string_view kind) {
        const Told told =
            post("/v1/leases", R"({"worker":"thief","queues":["images",")" + std::string(queue) + "\"]}");
        EXPECT_EQ(told.status, 403);
        EXPECT_EQ(told.code(), "queue_not_open");
        EXPECT_THAT(told.body, testing::HasSubstr("Queue \\\"" + std::string(queue)));
        EXPECT_THAT(told.body, testing::HasSubstr("kind \\\"" + std::string(kind)));
    };
    const std::int64_t mail = enqueue();
    refused("post", "mail");
    refused("default", "secret");
    EXPECT_EQ(state(mail), "ready");
    EXPECT_EQ(job().state, stores::JobState::ready) << "the other queue was not asked for either";
}

TEST_F(Leasing, AJobOfAKindWithAHandlerHereIsSetAsideWhereverItLiesAndHoldsNobodyUp) {
    take(); // the only picture
    const std::int64_t mail = enqueue(R"(,"queue":"images","priority":-1)");
    const Told told = lease(R"(,"wait_ms":20000)");
    settle_all();
    EXPECT_EQ(state(mail), "running") << "the claim had it";
    tick();
    settle_all();
    EXPECT_TRUE(errors.empty());
    EXPECT_FALSE(told.later->is_given()) << "it waits for what it may have";
    EXPECT_EQ(state(mail), "scheduled");
    EXPECT_EQ(store->find(stores::JobId{mail})->run_at, store->now() + 1min) << "not taken again at once";
    EXPECT_EQ(store->find(stores::JobId{mail})->attempt, 0);
    post("/v1/jobs", R"({"kind":"resize"})");
    settle_all();
    tick();
    const auto jobs = come(told).json.at("jobs").as_array();
    ASSERT_EQ(jobs.size(), 1u);
    EXPECT_EQ(jobs.at(0).at("kind").as_string(), "resize");
}

TEST_F(Leasing, AJobThatIsSetAsideForAClaimWhoseTimeIsUpIsNotHandedOut) {
    take();
    const std::int64_t mail = enqueue(R"(,"queue":"images")");
    const Told told = lease();
    settle_all();
    tick();
    settle_all();
    tick(1s);
    EXPECT_TRUE(come(told).json.at("jobs").as_array().empty());
    EXPECT_EQ(state(mail), "scheduled");
}

TEST_F(Leasing, WhatCannotBeIsRefused) {
    const auto refused = [&](std::string body) { EXPECT_EQ(post("/v1/leases", body).status, 400) << body; };
    refused("");
    refused(R"({"worker":"","queues":["images"]})");
    refused(R"({"worker":"py","queues":[]})");
    refused(R"({"worker":"py","queues":[""]})");
    refused(R"({"worker":"py","queues":["images"],"max":0})");
    refused(R"({"worker":"py","queues":["images"],"max":101})");
    refused(R"({"worker":"py","queues":["images"],"wait_ms":60001})");
    refused(R"({"worker":"py","queues":["images"],"wait":"30s"})");
    const auto lease = take();
    EXPECT_EQ(say(lease, "snooze", R"({"delay_ms":-1})").status, 400);
    EXPECT_EQ(say(lease, "ack", R"({"result":")" + std::string(std::size_t{1} << 20, 'x') + "\"}").status,
              413);
    EXPECT_EQ(job().state, stores::JobState::running);
}

TEST_F(Leasing, MoreWorkersThanAreAllowedAreTurnedAway) {
    router = Router();
    parts = std::make_shared<Parts>(*store, registry, JobsApiOptions{.max_workers = 1});
    router = routes(parts);
    take("py-1");
    const Told told = lease({}, "py-2");
    EXPECT_EQ(told.status, 503);
    EXPECT_TRUE(told.headers.contains("Retry-After"));
}

} // namespace
} // namespace offstage::web::jobs_api
