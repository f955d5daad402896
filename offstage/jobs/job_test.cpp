#include "offstage/jobs/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offstage::jobs {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct Plain {
    static constexpr std::string_view kind = "plain";
    int number = 7;
};
BOOST_DESCRIBE_STRUCT(Plain, (), (number))

struct Mail {
    static constexpr std::string_view kind = "mail";
    static InsertOptions defaults() {
        return {.queue = "mails",
                .priority = 3,
                .max_attempts = 5,
                .delay = 10s,
                .unique = {.key = "same", .period = 1h},
                .tags = {"post", "slow"}};
    }
    std::string to;
};
BOOST_DESCRIBE_STRUCT(Mail, (), (to))

struct Nothing {
    static constexpr std::string_view kind = "nothing";
};

TEST(MakeJob, WithoutOptionsHasTheValuesThatTheHeaderNames) {
    const NewJob job = make_job(Plain{});
    EXPECT_EQ(job.kind, "plain");
    EXPECT_EQ(job.args, R"({"number":7})");
    EXPECT_EQ(job.queue, "default");
    EXPECT_EQ(job.priority, 0);
    EXPECT_EQ(job.max_attempts, 20);
    EXPECT_EQ(job.delay, 0s);
    EXPECT_FALSE(job.run_at);
    EXPECT_FALSE(job.unique);
    EXPECT_TRUE(job.tags.empty());
}

TEST(MakeJob, TakesTheDefaultsOfItsKind) {
    const NewJob job = make_job(Mail{});
    EXPECT_EQ(job.queue, "mails");
    EXPECT_EQ(job.priority, 3);
    EXPECT_EQ(job.max_attempts, 5);
    EXPECT_EQ(job.delay, 10s);
    EXPECT_EQ(job.unique->key, "same");
    EXPECT_EQ(job.unique->period, 1h);
    EXPECT_THAT(job.tags, ElementsAre("post", "slow"));
}

TEST(MakeJob, PutsTheOptionsOfOneEnqueueBeforeTheDefaults) {
    InsertOptions options;
    options.queue = "now";
    options.priority = -1;
    options.max_attempts = 1;
    options.delay = 1s;
    options.unique.key = "other";
    options.unique.whatever_became = true;
    options.tags = {"slow", "mine"};
    const NewJob job = make_job(Mail{}, options);
    EXPECT_EQ(job.queue, "now");
    EXPECT_EQ(job.priority, -1);
    EXPECT_EQ(job.max_attempts, 1);
    EXPECT_EQ(job.delay, 1s);
    EXPECT_EQ(job.unique->key, "other");
    EXPECT_TRUE(job.unique->whatever_became);
    EXPECT_EQ(job.unique->period, 1h) << "what is not given comes from the kind";
    EXPECT_THAT(job.tags, ElementsAre("post", "slow", "mine")) << "each once";
}

TEST(MakeJob, ARunAtStandsForTheDelayOfItsKind) {
    const NewJob job = make_job(Mail{}, {.run_at = from_micros(5)});
    EXPECT_EQ(job.run_at, from_micros(5));
    EXPECT_EQ(job.delay, 0s);
}

TEST(MakeJob, TakesAStructWithoutFields) {
    EXPECT_EQ(make_job(Nothing{}).args, "{}");
}

} // namespace
} // namespace offstage::jobs
