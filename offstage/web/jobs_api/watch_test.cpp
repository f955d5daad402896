#include "offstage/web/jobs_api/api_test.hpp"
#include "offstage/web/jobs_api/prometheus.hpp"

namespace offstage::web::jobs_api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string read(const Told& told) {
    std::string text;
    if (told.stream) told.stream->take(text);
    return text;
}

// Events.

TEST_F(JobsApi, ChangesAreToldTogetherWithTheLastStateOfEachJob) {
    const Told told = get("/v1/events");
    EXPECT_EQ(told.headers.get("Content-Type"), "text/event-stream");
    EXPECT_THAT(read(told), HasSubstr("event: hello"));
    const std::int64_t id = enqueue();
    store->cancel(stores::JobId{id}, "test");
    settle_all();
    tick();
    EXPECT_THAT(read(told), HasSubstr("event: jobs\ndata: {\"jobs\":[{\"id\":" + std::to_string(id) +
                                      ",\"state\":\"cancelled\"}],\"more\":false}\n\n"));
    store->remove(std::vector{stores::JobId{id}});
    settle_all();
    tick(1s);
    EXPECT_THAT(read(told), HasSubstr("\"state\":\"deleted\""));
}

TEST_F(JobsApi, ChangesAreToldAtMostFourTimesASecond) {
    const Told told = get("/v1/events");
    const SteadyTime now = sys::steady_now();
    enqueue();
    settle_all();
    parts->events.tick(now);
    read(told);
    enqueue();
    settle_all();
    EXPECT_EQ(parts->events.tick(now + 100ms), now + 250ms);
    EXPECT_EQ(read(told), "");
    parts->events.tick(now + 250ms);
    EXPECT_THAT(read(told), HasSubstr("event: jobs"));
}

TEST_F(JobsApi, MoreChangesThanAMessageHoldsAreToldAsMore) {
    const Told told = get("/v1/events");
    store->enqueue(std::vector<stores::NewJob>(500, {.queue = "post", .kind = "mail"}));
    settle_all();
    tick();
    const std::string text = read(told);
    EXPECT_THAT(text, HasSubstr("\"more\":true"));
    EXPECT_LT(text.size(), 20'000u);
}

TEST_F(JobsApi, WhenNobodyLooksOnNothingGathers) {
    enqueue();
    settle_all();
    const Told told = get("/v1/events");
    read(told);
    tick();
    EXPECT_THAT(read(told), Not(HasSubstr("event: jobs")));
}

TEST_F(JobsApi, MoreWatchersThanAreAllowedAreTurnedAway) {
    router = Router();
    parts = std::make_shared<Parts>(*store, registry, JobsApiOptions{.max_watchers = 1});
    router = routes(parts);
    const Told one = get("/v1/events");
    EXPECT_TRUE(one.stream);
    EXPECT_EQ(get("/v1/events").status, 503);
    one.stream->abandon();
    EXPECT_TRUE(get("/v1/events").stream);
}

// Statistics.

TEST_F(JobsApi, SamplesHaveRatesAndLatencies) {
    const SteadyTime start = sys::steady_now();
    parts->tick(start);
    EXPECT_TRUE(get("/v1/stats").json.at("samples").as_array().empty()) << "a rate needs two readings";
    for (int i = 0; i < 4; ++i) enqueue();
    advance(1s);
    for (const stores::ClaimedJob& job : claim("post", 3)) {
        advance(2s);
        acknowledge({.id = job.id, .lease = job.lease});
    }
    const Told watcher = get("/v1/events");
    parts->tick(start + 2s);
    const Told told = get("/v1/stats");
    EXPECT_EQ(told.json.at("interval_ms").as_int64(), 2000);
    const auto& sample = told.json.at("samples").at(0);
    EXPECT_DOUBLE_EQ(sample.at("enqueued").as_double(), 2.0);
    EXPECT_DOUBLE_EQ(sample.at("done").as_double(), 1.5);
    EXPECT_NEAR(sample.at("waited_p50_ms").as_double(), 1000, 300);
    EXPECT_NEAR(sample.at("ran_p99_ms").as_double(), 6000, 2000);
    EXPECT_EQ(sample.at("ready").as_int64(), 1);
    EXPECT_THAT(read(watcher), HasSubstr("event: stats"));
    parts->tick(start + 4s);
    EXPECT_TRUE(get("/v1/stats").json.at("samples").at(1).at("waited_p50_ms").is_null()) << "nothing began";
}

TEST_F(JobsApi, SamplesAreKeptForAWhileOnly) {
    Samples samples(*store, 3);
    SteadyTime now = sys::steady_now();
    for (int i = 0; i < 10; ++i) samples.take(now += 1s);
    EXPECT_EQ(samples.all().size(), 3u);
}

// Metrics and health.

TEST_F(JobsApi, MetricsAreInPrometheusFormat) {
    enqueue();
    const stores::ClaimedJob job = claim().at(0);
    advance(1s);
    acknowledge({.id = job.id, .lease = job.lease});
    const Told told = get("/metrics");
    EXPECT_THAT(told.body, HasSubstr("# TYPE offstage_jobs gauge\n"));
    EXPECT_THAT(told.body, HasSubstr("offstage_jobs{queue=\"post\",state=\"done\"} 1\n"));
    EXPECT_THAT(told.body, HasSubstr("offstage_jobs_enqueued_total{queue=\"post\"} 1\n"));
    EXPECT_THAT(told.body, HasSubstr("offstage_job_run_seconds_bucket{queue=\"post\",le=\"+Inf\"} 1\n"));
    EXPECT_THAT(told.body, HasSubstr("offstage_job_run_seconds_sum{queue=\"post\"} 1\n"));
    EXPECT_THAT(told.body, HasSubstr("offstage_queue_paused{queue=\"post\"} 0\n"));
    EXPECT_THAT(told.body, HasSubstr("offstage_workers 1\n"));
}

TEST(Prometheus, LabelValuesAreEscaped) {
    Prometheus text;
    text.family("x", "gauge", "X.");
    text.sample({{"queue", "a\"b\\c\nd"}}, 1);
    EXPECT_THAT(text.text(), HasSubstr("x{queue=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(Prometheus, TheBucketsOfAHistogramAddUp) {
    stores::Durations durations;
    for (const auto each : {10us, 100us, 1'000'000us}) durations.add(each);
    Prometheus text;
    text.family("x", "histogram", "X.");
    text.durations({}, durations);
    EXPECT_THAT(text.text(), HasSubstr("x_bucket{le=\"1.6e-05\"} 1\n"));
    EXPECT_THAT(text.text(), HasSubstr("x_bucket{le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text.text(), HasSubstr("x_count 3\n"));
}

TEST_F(JobsApi, HealthAndReadinessAreToldWithoutAToken) {
    EXPECT_EQ(get("/healthz").status, 200);
    EXPECT_EQ(get("/readyz").status, 200);
}

} // namespace
} // namespace offstage::web::jobs_api
