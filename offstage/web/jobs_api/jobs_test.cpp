#include "offstage/web/jobs_api/api_test.hpp"

namespace offstage::web::jobs_api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::vector<std::int64_t> ids(const boost::json::value& list) {
    std::vector<std::int64_t> all;
    for (const auto& job : list.at("jobs").as_array()) all.push_back(job.at("id").to_number<std::int64_t>());
    return all;
}

// Put in.

TEST_F(JobsApi, AnEnqueuedJobHasTheDefaultsOfItsKindAndWhatWasAskedFor) {
    const Told told = post(
        "/v1/jobs", R"({"kind":"mail","args":{"to":"ada","copies":2},"priority":-5,"tags":["nightly"]})");
    EXPECT_EQ(told.status, 201);
    EXPECT_EQ(told.headers.get("Location"), "/v1/jobs/" + std::to_string(told.id()));
    const auto job = store->find(stores::JobId{told.id()});
    ASSERT_TRUE(job);
    EXPECT_EQ(job->queue, "post");
    EXPECT_EQ(job->max_attempts, 3);
    EXPECT_EQ(job->priority, -5);
    EXPECT_EQ(job->tags, std::vector<std::string>{"nightly"});
    EXPECT_EQ(from_json<Mail>(job->args).copies, 2);
}

TEST_F(JobsApi, AJobMayRunLater) {
    EXPECT_EQ(state(enqueue(R"(,"delay_ms":60000)")), "scheduled");
    const std::int64_t id = enqueue(R"(,"run_at":"2033-11-21T09:30:00Z")");
    EXPECT_EQ(get("/v1/jobs/" + std::to_string(id)).json.at("run_at").as_string(),
              "2033-11-21T09:30:00.000000Z");
}

TEST_F(JobsApi, SeveralJobsArePutInAllOrNone) {
    const Told told = post("/v1/jobs", R"({"jobs":[{"kind":"mail"},{"kind":"mail"}]})");
    EXPECT_EQ(told.status, 201);
    EXPECT_EQ(told.json.at("jobs").as_array().size(), 2u);
    const Told bad = post("/v1/jobs", R"({"jobs":[{"kind":"mail"},{"kind":"mail","args":{"to":7}}]})");
    EXPECT_EQ(bad.status, 400);
    EXPECT_THAT(bad.body, HasSubstr("job 1: "));
    EXPECT_THAT(bad.body, HasSubstr("$.to"));
    EXPECT_EQ(ids(get("/v1/jobs").json).size(), 2u);
}

TEST_F(JobsApi, OnlyKindsThatSaySoAreOpenToHttp) {
    const Told told = post("/v1/jobs", R"({"kind":"secret"})");
    EXPECT_EQ(told.status, 403);
    EXPECT_EQ(told.code(), "kind_not_open");
    EXPECT_EQ(post("/v1/jobs", R"({"kind":"unheard of"})").status, 400);
    EXPECT_TRUE(ids(get("/v1/jobs").json).empty());
}

TEST_F(JobsApi, AJobForWorkersElsewhereIsNotTakenIntoAQueueOfThisProgram) {
    const Told told = post("/v1/jobs", R"({"kind":"resize","queue":"post"})");
    EXPECT_EQ(told.status, 400);
    EXPECT_THAT(told.json.at("detail").as_string().c_str(),
                AllOf(HasSubstr("queue \"post\""), HasSubstr("kind \"mail\""), HasSubstr("resize")));
    const Told second =
        post("/v1/jobs", R"({"jobs":[{"kind":"resize"},{"kind":"resize","queue":"default"}]})");
    EXPECT_EQ(second.status, 400);
    EXPECT_THAT(second.body, HasSubstr("job 1: "));
    EXPECT_TRUE(ids(get("/v1/jobs").json).empty());
    EXPECT_EQ(post("/v1/jobs", R"({"kind":"resize","queue":"large images"})").status, 201);
}

TEST_F(JobsApi, WhatCannotBeIsRefusedWithWhereAndWhy) {
    const auto refused = [&](std::string body, std::string_view why) {
        const Told told = post("/v1/jobs", body);
        EXPECT_EQ(told.status, 400) << body;
        EXPECT_THAT(told.body, HasSubstr(why)) << body;
    };
    refused("", "kind");
    refused("{", "JSON");
    refused("[]", "object");
    refused(R"({"kind":"mail","prioritty":1})", "prioritty");
    refused(R"({"kind":"mail","priority":1001})", "-1000 to 1000");
    refused(R"({"kind":"mail","args":[]})", "args");
    refused(R"({"kind":"mail","delay_ms":-1})", "delay_ms");
    refused(R"({"kind":"mail","run_at":"tomorrow"})", "run_at");
    refused(R"({"kind":"mail","delay_ms":1,"run_at":"2033-11-21T09:30:00Z"})", "not both");
    refused(R"({"kind":"mail","unique":{"key":""}})", "unique");
    refused(R"({"jobs":[]})", "empty");
    Request form = Request::make(Method::post, "/v1/jobs", "kind=mail", "application/x-www-form-urlencoded");
    EXPECT_EQ(router.handle(form).status, 400) << "a foreign page could send a form";
}

TEST_F(JobsApi, AUniqueKeyGivesTheJobThatHoldsIt) {
    const Told first = post("/v1/jobs", R"({"kind":"mail","unique":{"key":"k"}})");
    const Told second = post("/v1/jobs", R"({"kind":"mail","unique":{"key":"k"}})");
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(second.id(), first.id());
    EXPECT_TRUE(second.json.at("existed").as_bool());
}

TEST_F(JobsApi, AnIdempotencyKeyGivesTheSameJobWhateverBecameOfIt) {
    const auto again = [&](std::string_view body) {
        return post("/v1/jobs", std::string(body), {{"Idempotency-Key", "abc"}});
    };
    const Told first = again(R"({"kind":"mail","args":{"to":"ada"}})");
    EXPECT_EQ(first.status, 201);
    const stores::ClaimedJob claimed = claim().at(0);
    acknowledge(
        {.id = claimed.id, .lease = claimed.lease, .what = stores::Outcome::What::failed, .text = "no"});
    const Told second = again(R"({"kind":"mail","args":{"to":"ada"}})");
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(second.id(), first.id());
    const Told other = again(R"({"kind":"mail","args":{"to":"bob"}})");
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.code(), "idempotency_key_reused");
    EXPECT_EQ(again(R"({"kind":"mail","unique":{"key":"k"}})").status, 400);
    advance(25h);
    EXPECT_EQ(again(R"({"kind":"mail","args":{"to":"ada"}})").status, 201)
        << "after a day it is a new request";
}

TEST_F(JobsApi, AnIdempotencyKeyIsOfSeveralJobsToo) {
    const auto again = [&] {
        return post("/v1/jobs", R"({"jobs":[{"kind":"mail"},{"kind":"mail"}]})",
                    {{"Idempotency-Key", "abc"}});
    };
    const Told first = again();
    EXPECT_EQ(ids(again().json), ids(first.json));
    EXPECT_NE(ids(first.json).at(0), ids(first.json).at(1));
}

TEST_F(JobsApi, AnIdempotencyKeyThatWasUsedForSomethingElsePutsNothingIn) {
    const auto with_key = [&](std::string_view body) {
        return post("/v1/jobs", std::string(body), {{"Idempotency-Key", "abc"}});
    };
    EXPECT_EQ(with_key(R"({"kind":"mail","args":{"to":"ada","cc":"bob"}})").status, 201);
    EXPECT_EQ(with_key(R"({"kind":"mail","args":{"cc":"bob","to":"ada"}})").status, 200) << "the same object";
    EXPECT_EQ(with_key(R"({"kind":"mail","queue":"mail","args":{"to":"ada","cc":"bob"}})").status, 422);
    EXPECT_EQ(with_key(R"({"jobs":[{"kind":"mail","args":{"to":"eve"}},{"kind":"mail"}]})").status, 422);
    EXPECT_EQ(store->list({}).jobs.size(), 1u);
}

TEST_F(JobsApi, ANumberThatNoDoubleHoldsIsRefused) {
    const Told told = post("/v1/jobs", R"({"kind":"mail","args":{"to":"ada","list":[{"n":1e999}]}})");
    EXPECT_EQ(told.status, 400);
    EXPECT_THAT(told.body, testing::HasSubstr("too large"));
    EXPECT_TRUE(store->list({}).jobs.empty());
}

// Listed.

TEST_F(JobsApi, AListIsNewestFirstAndTellsWhereItGoesOn) {
    std::vector<std::int64_t> put_in;
    for (int i = 0; i < 5; ++i) put_in.push_back(enqueue());
    const Told first = get("/v1/jobs?limit=3");
    EXPECT_EQ(ids(first.json), (std::vector{put_in[4], put_in[3], put_in[2]}));
    const Told second = get("/v1/jobs?limit=3&before=" + std::to_string(first.json.at("next").as_int64()));
    EXPECT_EQ(ids(second.json), (std::vector{put_in[1], put_in[0]}));
    EXPECT_TRUE(second.json.at("next").is_null());
}

TEST_F(JobsApi, AListIsNarrowedByStateKindQueueTagAndText) {
    const std::int64_t tagged = enqueue(R"(,"tags":["nightly"])");
    const std::int64_t later = enqueue(R"(,"delay_ms":1000)");
    const std::int64_t image = post("/v1/jobs", R"({"kind":"resize","args":{"picture":"Cat.png"}})").id();
    EXPECT_EQ(ids(get("/v1/jobs?state=scheduled").json), std::vector{later});
    EXPECT_EQ(ids(get("/v1/jobs?kind=resize").json), std::vector{image});
    EXPECT_EQ(ids(get("/v1/jobs?queue=post").json), (std::vector{later, tagged}));
    EXPECT_EQ(ids(get("/v1/jobs?tag=nightly").json), std::vector{tagged});
    EXPECT_EQ(ids(get("/v1/jobs?text=cat.PNG").json), std::vector{image});
    EXPECT_TRUE(ids(get("/v1/jobs?state=failed").json).empty());
    EXPECT_EQ(get("/v1/jobs?state=lost").status, 400);
    EXPECT_EQ(get("/v1/jobs?limit=501").status, 400);
    EXPECT_EQ(get("/v1/jobs?before=x").status, 400);
}

TEST_F(JobsApi, AParameterThatNobodyKnowsOrThatComesTwiceIsNamed) {
    const std::int64_t id = enqueue();
    for (const std::string path : {"/v1/jobs", "/v1/queues", "/v1/workers", "/v1/kinds"}) {
        const Told told = get(path + "?bogus=1");
        EXPECT_EQ(told.status, 400) << path;
        EXPECT_THAT(told.body, HasSubstr("no parameter \\\"bogus\\\"")) << path;
    }
    EXPECT_EQ(get("/v1/jobs/" + std::to_string(id) + "?Wait=30s").status, 400);
    EXPECT_THAT(get("/v1/jobs?state=done&state=failed").body,
                HasSubstr("\\\"state\\\" comes more than once"));
}

TEST_F(JobsApi, AListKeepsPayloadsShort) {
    post("/v1/jobs", R"({"kind":"mail","args":{"to":")" + std::string(5000, 'x') + R"("}})");
    const stores::ClaimedJob claimed = claim().at(0);
    acknowledge({.id = claimed.id,
                 .lease = claimed.lease,
                 .what = stores::Outcome::What::failed,
                 .text = "boom\nat main.cpp:7\n" + std::string(5000, 'y')});
    const Told told = get("/v1/jobs");
    EXPECT_LT(told.body.size(), 1000u);
    EXPECT_EQ(told.json.at("jobs").at(0).at("error").as_string(), "boom");
    EXPECT_THAT(std::string(told.json.at("jobs").at(0).at("preview").as_string()), HasSubstr("…"));
}

// Shown.

TEST_F(JobsApi, AJobIsShownWholeWithWhatHappenedToIt) {
    const std::int64_t id = enqueue();
    stores::ClaimedJob claimed = claim().at(0);
    store->report({{.id = claimed.id, .lease = claimed.lease, .progress = {{3, 10}}, .log = {"begun"}}});
    acknowledge({.id = claimed.id,
                 .lease = claimed.lease,
                 .what = stores::Outcome::What::retry,
                 .text = "boom\nat main.cpp:7"});
    claimed = claim().at(0);
    acknowledge({.id = claimed.id, .lease = claimed.lease, .text = R"({"sent":true})"});
    const Told told = get("/v1/jobs/" + std::to_string(id));
    EXPECT_EQ(told.status, 200);
    EXPECT_EQ(told.json.at("state").as_string(), "done");
    EXPECT_EQ(told.json.at("args").at("to").as_string(), "ada");
    EXPECT_TRUE(told.json.at("result").at("sent").as_bool());
    EXPECT_EQ(told.json.at("progress").at("done").as_int64(), 3);
    EXPECT_EQ(told.json.at("attempt").as_int64(), 2);
    EXPECT_EQ(told.json.at("notes").at(0).at("what").as_string(), "log");
    EXPECT_EQ(told.json.at("notes").at(1).at("text").as_string(), "boom\nat main.cpp:7");
}

TEST_F(JobsApi, AJobThatIsNotThereIsNotFound) {
    EXPECT_EQ(get("/v1/jobs/12345").status, 404);
    EXPECT_EQ(get("/v1/jobs/twelve").status, 400);
    EXPECT_EQ(get("/v1/jobs/0").status, 400);
}

// Waited for.

TEST_F(JobsApi, AWaitIsAnsweredWhenTheJobEnds) {
    const std::int64_t id = enqueue();
    const Told told = get("/v1/jobs/" + std::to_string(id) + "?wait=30s");
    ASSERT_TRUE(told.later);
    tick();
    EXPECT_FALSE(told.later->is_given());
    const stores::ClaimedJob claimed = claim().at(0);
    tick();
    acknowledge({.id = claimed.id, .lease = claimed.lease});
    EXPECT_TRUE(parts->work.is_set()) << "a tick is asked for";
    tick();
    EXPECT_EQ(come(told).json.at("state").as_string(), "done");
}

TEST_F(JobsApi, AWaitIsAnsweredWhenItsTimeIsUp) {
    const std::int64_t id = enqueue();
    const Told told = get("/v1/jobs/" + std::to_string(id) + "?wait=30s");
    tick(29s);
    EXPECT_FALSE(told.later->is_given());
    tick(31s);
    EXPECT_EQ(come(told).json.at("state").as_string(), "ready");
}

TEST_F(JobsApi, AJobThatHasEndedIsNotWaitedFor) {
    const std::int64_t id = enqueue();
    store->cancel(stores::JobId{id}, "test");
    EXPECT_FALSE(get("/v1/jobs/" + std::to_string(id) + "?wait=30s").later);
    EXPECT_EQ(get("/v1/jobs/" + std::to_string(id) + "?wait=2min").status, 400);
    EXPECT_EQ(get("/v1/jobs/" + std::to_string(id) + "?wait=soon").status, 400);
}

TEST_F(JobsApi, AJobThatEndedBeforeItsWaitWasKnownIsToldAtTheFirstTick) {
    const std::int64_t id = enqueue();
    store->cancel(stores::JobId{id}, "test");
    const auto later = parts->waits.wait(stores::JobId{id}, sys::steady_now() + 30s);
    tick();
    EXPECT_TRUE(later->is_given());
}

TEST_F(JobsApi, AWaitForAJobThatIsDeletedIsToldSo) {
    const std::int64_t id = enqueue();
    const Told told = get("/v1/jobs/" + std::to_string(id) + "?wait=30s");
    tick();
    store->remove(std::vector{stores::JobId{id}});
    tick(31s);
    const Told come_to = come(told);
    EXPECT_EQ(come_to.status, 404);
    EXPECT_EQ(come_to.code(), "not_found");
}

} // namespace
} // namespace offstage::web::jobs_api
