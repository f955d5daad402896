#include "offstage/jobs/worker/lane.hpp"

#include <gtest/gtest.h>

namespace offstage::jobs::detail {
namespace {

using namespace std::chrono_literals;

std::vector<stores::ClaimedJob> jobs(int first, int count) {
    std::vector<stores::ClaimedJob> jobs(static_cast<std::size_t>(count));
    for (auto& job : jobs) job.id = {first++};
    return jobs;
}

constexpr SteadyTime start{};

void run(Lane& lane, std::chrono::nanoseconds each, int times = 1) {
    for (; times > 0; --times) {
        lane.put(jobs(1, 1), start);
        lane.take();
        lane.finished(each);
    }
}

TEST(Lane, AsksForItsFreeHandlersWhileItKnowsNothingOfItsJobs) {
    Lane lane("default", 4, 5ms);
    EXPECT_EQ(lane.wanted(), 4);
    lane.put(jobs(1, 2), start);
    EXPECT_EQ(lane.wanted(), 2);
    EXPECT_EQ(lane.take().id.value, 1);
    EXPECT_EQ(lane.wanted(), 2) << "one runs, one waits";
}

TEST(Lane, ClaimsShortJobsAheadForTheTimeGiven) {
    Lane lane("default", 4, 5ms);
    run(lane, 1ms);
    EXPECT_EQ(lane.wanted(), 4 + 20);
}

TEST(Lane, ClaimsAtMostAThousandAhead) {
    Lane lane("default", 4, 5ms);
    run(lane, 100ns);
    EXPECT_EQ(lane.wanted(), 1004);
}

TEST(Lane, ClaimsLongJobsNotAhead) {
    Lane lane("default", 4, 5ms);
    run(lane, 1s);
    EXPECT_EQ(lane.wanted(), 4);
    Lane never("default", 4, 0ms);
    run(never, 1us);
    EXPECT_EQ(never.wanted(), 4);
}

TEST(Lane, AsksAgainWhenHalfOfWhatIsAheadIsGone) {
    Lane lane("default", 1, 5ms);
    run(lane, 50us);
    ASSERT_EQ(lane.wanted(), 101);
    lane.put(jobs(1, 101), start);
    while (lane.wanted() == 0) {
        lane.take();
        lane.finished(50us);
    }
    EXPECT_EQ(lane.buffered(), 50U);
    EXPECT_EQ(lane.wanted(), 51);
}

TEST(Lane, AJobThatTakesLongEndsTheClaimingAhead) {
    Lane lane("default", 1, 5ms);
    run(lane, 1us, 3);
    run(lane, 10s);
    EXPECT_EQ(lane.wanted(), 1);
    run(lane, 1us, 200);
    EXPECT_GT(lane.wanted(), 100) << "until short ones have shown that it is over";
}

TEST(Lane, GivesBackWhatWaitsTooLongAndClaimsNothingAheadThen) {
    Lane lane("default", 1, 5ms);
    run(lane, 1us);
    lane.put(jobs(1, 3), start);
    lane.put(jobs(4, 1), start + 50ms);
    lane.take();
    EXPECT_EQ(lane.next_late(), start + 100ms);
    EXPECT_TRUE(lane.take_late(start + 99ms).empty());
    const auto late = lane.take_late(start + 100ms);
    ASSERT_EQ(late.size(), 2U);
    EXPECT_EQ(late[0].id.value, 2);
    EXPECT_EQ(lane.buffered(), 1U);
    EXPECT_EQ(lane.wanted(), 0);
    lane.take_all();
    EXPECT_EQ(lane.wanted(), 0) << "its handler is busy";
}

TEST(Lane, TakesOutAJobByItsIdAndLease) {
    Lane lane("default", 1, 5ms);
    lane.put(jobs(1, 2), start);
    lane.put(jobs(3, 1), start);
    EXPECT_FALSE(lane.take_out({3}, {7})) << "another run of it";
    EXPECT_EQ(lane.take_out({3}, {})->id.value, 3);
    EXPECT_FALSE(lane.take_out({3}, {}));
    EXPECT_EQ(lane.take().id.value, 1);
    EXPECT_FALSE(lane.take_out({1}, {})) << "it was taken";
    EXPECT_EQ(lane.take_out({2}, {})->id.value, 2);
    EXPECT_EQ(lane.buffered(), 0U);
}

TEST(Lane, ALaneWithoutHandlersAsksForNothing) {
    Lane lane("default", 1, 5ms);
    run(lane, 1us);
    lane.resize(-1);
    EXPECT_EQ(lane.wanted(), 0);
}

} // namespace
} // namespace offstage::jobs::detail
