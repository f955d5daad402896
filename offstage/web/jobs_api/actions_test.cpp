#include "offstage/web/jobs_api/api_test.hpp"

namespace offstage::web::jobs_api {
namespace {

using testing::HasSubstr;

std::string path(std::int64_t id, std::string_view action) {
    return "/v1/jobs/" + std::to_string(id) + "/" + std::string(action);
}

TEST_F(JobsApi, OneJobIsCancelledRetriedRunAndDeleted) {
    const std::int64_t id = enqueue(R"(,"delay_ms":60000)");
    EXPECT_EQ(post(path(id, "run")).json.at("result").as_string(), "changed");
    EXPECT_EQ(state(id), "ready");
    EXPECT_EQ(post(path(id, "cancel")).status, 200);
    EXPECT_EQ(state(id), "cancelled");
    EXPECT_EQ(post(path(id, "retry")).status, 200);
    EXPECT_EQ(state(id), "ready");
    EXPECT_EQ(post(path(id, "delete")).status, 200);
    EXPECT_EQ(state(id), "none");
}

TEST_F(JobsApi, ARunningJobIsAskedToEndAndNotDeleted) {
    const std::int64_t id = enqueue();
    claim();
    EXPECT_EQ(post(path(id, "delete")).status, 409);
    const Told told = post(path(id, "cancel"));
    EXPECT_EQ(told.status, 202);
    EXPECT_EQ(told.json.at("result").as_string(), "requested");
    EXPECT_FALSE(get("/v1/jobs/" + std::to_string(id)).json.at("cancel_requested_at").is_null());
}

TEST_F(JobsApi, WhatAStateDoesNotAllowIsRefusedWithASentence) {
    const std::int64_t id = enqueue();
    const Told retry = post(path(id, "retry"));
    EXPECT_EQ(retry.status, 409);
    EXPECT_THAT(retry.body, HasSubstr("has not ended"));
    EXPECT_EQ(post(path(id, "run")).status, 409);
    store->cancel(stores::JobId{id}, "test");
    EXPECT_EQ(post(path(id, "cancel")).status, 409);
    EXPECT_EQ(post(path(99999, "cancel")).status, 404);
    EXPECT_EQ(post("/v1/jobs/x/cancel").status, 400);
}

TEST_F(JobsApi, AJobThatItsProgramLooksUpIsNotDeleted) {
    const auto put_in = [&] {
        return store->enqueue(std::vector{stores::NewJob{.queue = "ledger", .kind = "record"}})
            .at(0)
            .id.value;
    };
    const std::int64_t one = put_in(), two = put_in(), mail = enqueue();
    store->cancel(stores::JobId{one}, "test"); // however it ended, and while it waits
    for (const std::int64_t id : {one, two}) {
        const Told told = post(path(id, "delete"));
        EXPECT_EQ(told.status, 409);
        EXPECT_THAT(told.body, HasSubstr("Job " + std::to_string(id) +
                                         " is kept: its program looks it up (kind record)"));
        EXPECT_TRUE(get("/v1/jobs/" + std::to_string(id)).json.at("kept").as_bool());
    }
    EXPECT_FALSE(get("/v1/jobs/" + std::to_string(mail)).json.at("kept").as_bool());
    const Told many =
        post("/v1/jobs/delete", "{\"ids\":[" + std::to_string(one) + "," + std::to_string(mail) + "," +
                                    std::to_string(two) + ",99999]}");
    EXPECT_EQ(many.json.at("changed").as_int64(), 1);
    EXPECT_EQ(many.json.at("refused").as_int64(), 2);
    EXPECT_EQ(many.json.at("not_found").as_int64(), 1);
    EXPECT_EQ(post("/v1/jobs/delete", R"({"filter":{"queue":"ledger"}})").json.at("refused").as_int64(), 2);
    EXPECT_EQ(state(one), "cancelled");
    EXPECT_EQ(state(two), "ready");
    EXPECT_EQ(state(mail), "none");
}

TEST_F(JobsApi, SeveralJobsAreChangedByTheirIds) {
    const std::int64_t one = enqueue(), two = enqueue();
    claim(); // the first
    const std::string ids = "{\"ids\":[" + std::to_string(one) + "," + std::to_string(two) + ",99999]}";
    const Told told = post("/v1/jobs/cancel", ids);
    EXPECT_EQ(told.status, 200);
    EXPECT_EQ(told.json.at("changed").as_int64(), 1);
    EXPECT_EQ(told.json.at("requested").as_int64(), 1);
    EXPECT_EQ(told.json.at("not_found").as_int64(), 1);
    EXPECT_EQ(post("/v1/jobs/delete", ids).json.at("refused").as_int64(), 1);
    EXPECT_EQ(state(two), "none");
}

TEST_F(JobsApi, AllThatAFilterFindsAreChangedPartByPart) {
    std::vector<stores::NewJob> many(1500, stores::NewJob{.queue = "post", .kind = "mail"});
    store->enqueue(many);
    const std::int64_t other = post("/v1/jobs", R"({"kind":"resize"})").id();
    const Told first = post("/v1/jobs/cancel", R"({"filter":{"queue":"post"}})");
    EXPECT_EQ(first.json.at("changed").as_int64(), 1000);
    ASSERT_FALSE(first.json.at("next").is_null());
    const Told second = post("/v1/jobs/cancel", R"({"filter":{"queue":"post"},"before":)" +
                                                    std::to_string(first.json.at("next").as_int64()) + "}");
    EXPECT_EQ(second.json.at("changed").as_int64(), 500);
    EXPECT_TRUE(second.json.at("next").is_null());
    EXPECT_EQ(state(other), "ready");
}

TEST_F(JobsApi, AnActionNamesItsJobsAndDoesNotMeanAllByMistake) {
    enqueue();
    EXPECT_EQ(post("/v1/jobs/delete", "{}").status, 400);
    EXPECT_EQ(post("/v1/jobs/delete", R"({"filter":{}})").status, 400);
    EXPECT_EQ(post("/v1/jobs/delete", R"({"filter":{"stat":"ready"}})").status, 400);
    EXPECT_EQ(post("/v1/jobs/delete", R"({"ids":[1],"filter":{"state":"ready"}})").status, 400);
    EXPECT_EQ(post("/v1/jobs/delete", R"({"ids":[1,1]})").status, 400);
    std::string ids = "{\"ids\":[1";
    for (int i = 2; i <= 1001; ++i) ids += "," + std::to_string(i);
    EXPECT_EQ(post("/v1/jobs/delete", ids + "]}").status, 413);
    EXPECT_EQ(get("/v1/jobs").json.at("jobs").as_array().size(), 1u);
}

// Queues, workers, kinds.

TEST_F(JobsApi, AQueueIsPausedAndResumed) {
    enqueue();
    EXPECT_TRUE(post("/v1/queues/post/pause").json.at("paused").as_bool());
    Told told = get("/v1/queues");
    EXPECT_EQ(told.json.at("queues").at(0).at("name").as_string(), "post");
    EXPECT_EQ(told.json.at("queues").at(0).at("ready").as_int64(), 1);
    EXPECT_TRUE(told.json.at("queues").at(0).at("paused").as_bool());
    EXPECT_FALSE(post("/v1/queues/post/resume").json.at("paused").as_bool());
    EXPECT_EQ(claim().size(), 1u);
    enqueue(R"(,"queue":"of odd/name")");
    EXPECT_EQ(post("/v1/queues/of%20odd%2Fname/pause").json.at("name").as_string(), "of odd/name");
}

TEST_F(JobsApi, AQueueThatNobodyKnowsIsNotMadeByItsPause) {
    for (const char* action : {"pause", "resume"}) {
        const Told told = post("/v1/queues/ANY/" + std::string(action));
        EXPECT_EQ(told.status, 404);
        EXPECT_THAT(told.body, HasSubstr("There is no queue \\\"ANY\\\""));
    }
    EXPECT_TRUE(get("/v1/queues").json.at("queues").as_array().empty());
    EXPECT_EQ(post("/v1/queues/images/pause").status, 200) << "a kind has it, though no job came yet";
}

TEST_F(JobsApi, WorkersAndKindsAreKnown) {
    enqueue();
    claim();
    const Told workers = get("/v1/workers");
    EXPECT_EQ(workers.json.at("workers").at(0).at("name").as_string(), "test");
    EXPECT_EQ(workers.json.at("workers").at(0).at("running").as_int64(), 1);
    const Told kinds = get("/v1/kinds");
    ASSERT_EQ(kinds.json.at("kinds").as_array().size(), 4u);
    EXPECT_EQ(kinds.json.at("kinds").at(0).at("name").as_string(), "mail");
    EXPECT_EQ(kinds.json.at("kinds").at(0).at("timeout_ms").as_int64(), 60'000);
    EXPECT_FALSE(kinds.json.at("kinds").at(3).at("over_http").as_bool());
}

} // namespace
} // namespace offstage::web::jobs_api
