#include "offstage/executor/pipeline.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

namespace offstage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

TEST(Pipeline, PassesEveryItemThroughItsStagesInOrder) {
    std::vector<std::string> seen;
    auto line = pipeline(std::vector{1, 2, 3})
                    .stage([](int n) { return n * n; }, {.name = "square"})
                    .stage([](int n) { return std::to_string(n); })
                    .drain_into([&](std::string text) { seen.push_back(std::move(text)); });
    const PipelineReport report = line.run();
    EXPECT_EQ(report.ended, WaitStatus::ok);
    EXPECT_THAT(seen, ElementsAre("1", "4", "9"));
    ASSERT_EQ(report.stages.size(), 3u);
    EXPECT_EQ(report.stages[0].name, "square");
    EXPECT_EQ(report.stages[1].name, "stage 2");
    EXPECT_EQ(report.stages[2].passed, 3u);
    EXPECT_THAT(to_string(report.stages), HasSubstr("square: 3 taken, 3 passed, 0 left out"));
}

TEST(Pipeline, AnEmptySourceEndsAtOnce) {
    auto line = pipeline(std::vector<int>{}).drain_into([](int) { FAIL(); });
    EXPECT_EQ(line.run().ended, WaitStatus::ok);
}

TEST(Pipeline, ReadsAQueueUntilItIsClosedAndTakesWhatCanOnlyBeMoved) {
    BoundedQueue<std::unique_ptr<int>> source(8);
    for (int i = 1; i <= 3; ++i) source.push(std::make_unique<int>(i));
    source.close();
    int sum = 0;
    auto line = pipeline(source)
                    .stage([](std::unique_ptr<int> n) { return std::make_unique<int>(*n * 2); })
                    .drain_into([&](std::unique_ptr<int> n) { sum += *n; });
    line.run();
    EXPECT_EQ(sum, 12);
}

TEST(Pipeline, TakesWhatCanOnlyBeMovedOutOfARangeThatWasMovedIn) {
    std::vector<std::unique_ptr<int>> given;
    for (int i = 1; i <= 3; ++i) given.push_back(std::make_unique<int>(i));
    int sum = 0;
    pipeline(std::move(given)).drain_into([&](std::unique_ptr<int> n) { sum += *n; }).run();
    EXPECT_EQ(sum, 6);
}

TEST(Pipeline, ReadsAFunctionUntilItAnswersNothing) {
    int next = 0, sum = 0;
    auto line = pipeline([&]() -> std::optional<int> {
                    return next < 4 ? std::optional(next++) : std::nullopt;
                }).drain_into([&](int n) { sum += n; });
    line.run();
    EXPECT_EQ(sum, 6);
}

TEST(Pipeline, AnEmptyOptionalLeavesTheItemOut) {
    std::vector<int> seen;
    auto line = pipeline(std::views::iota(0, 6))
                    .stage([](int n) { return n % 2 == 0 ? std::optional(n) : std::nullopt; })
                    .drain_into([&](int n) { seen.push_back(n); });
    EXPECT_EQ(line.run().stages[0].left_out, 3u);
    EXPECT_THAT(seen, ElementsAre(0, 2, 4));
}

TEST(Pipeline, AnOrderedStageOfSeveralThreadsKeepsTheOrder) {
    Event second_done;
    std::vector<int> seen;
    auto line = pipeline(std::views::iota(0, 200))
                    .stage(
                        [&](int n) {
                            if (n == 0) second_done.wait(); // the first is the last to be done
                            if (n == 1) second_done.set();
                            return n;
                        },
                        {.threads = 3, .ordered = true})
                    .drain_into([&](int n) { seen.push_back(n); });
    line.run();
    std::vector<int> expected(200);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(seen, expected);
}

TEST(Pipeline, AnOrderedStageGoesOnPastItemsThatFailOrAreLeftOut) {
    Heard heard;
    std::vector<int> seen;
    auto line = pipeline(std::views::iota(0, 30), {.on_error = heard.handler()})
                    .stage(
                        [](int n) -> std::optional<int> {
                            if (n % 3 == 0) throw std::runtime_error("third");
                            if (n % 3 == 1) return std::nullopt;
                            return n;
                        },
                        {.threads = 3, .ordered = true, .on_error = OnError::skip})
                    .drain_into([&](int n) { seen.push_back(n); });
    line.run();
    EXPECT_THAT(seen, ElementsAre(2, 5, 8, 11, 14, 17, 20, 23, 26, 29));
    EXPECT_EQ(heard.lines().size(), 10u);
}

TEST(Pipeline, AnUnorderedStageUsesAllItsThreads) {
    std::atomic<int> inside = 0;
    Event both;
    std::vector<int> seen;
    auto line = pipeline(std::vector{1, 2})
                    .stage(
                        [&](int n) {
                            if (++inside == 2) both.set();
                            both.wait(); // needs both threads
                            return n;
                        },
                        {.threads = 2})
                    .drain_into([&](int n) { seen.push_back(n); });
    line.run();
    EXPECT_THAT(seen, UnorderedElementsAre(1, 2));
}

TEST(Pipeline, ASlowStageHoldsBackTheSource) {
    Event open, full;
    std::atomic<int> read = 0;
    auto line = pipeline([&]() -> std::optional<int> {
                    if (read == 20) return std::nullopt;
                    // One in the last stage, two in its queue, one on its way: the fifth fills the first
                    // queue.
                    if (++read == 6) full.set();
                    return read.load();
                })
                    .stage([](int n) { return n; }, {.capacity = 1})
                    .drain_into([&](int) { open.wait(); }, {.capacity = 2});
    sys::Thread runner("runner", [&](const std::stop_token&) { line.run(); });
    EXPECT_EQ(full.wait(), WaitStatus::ok);
    EXPECT_LE(read, 6);
    open.set();
    runner.join();
    EXPECT_EQ(line.counters().back().passed, 20u);
}

TEST(Pipeline, AnErrorAbortsAndIsThrownByRun) {
    auto line = pipeline(std::views::iota(0))
                    .stage([](int n) {
                        if (n == 7) throw std::out_of_range("seven");
                        return n;
                    })
                    .drain_into([](int) {});
    EXPECT_THROW(line.run(), std::out_of_range);
    const auto stages = line.counters();
    EXPECT_EQ(stages[0].failed, 1u);
    EXPECT_EQ(stages[0].passed, stages[1].taken + stages[1].dropped) << to_string(stages);
}

TEST(Pipeline, AnErrorOfTheSourceIsThrownByRun) {
    auto line =
        pipeline([]() -> std::optional<int> { throw std::out_of_range("source"); }).drain_into([](int) {});
    EXPECT_THROW(line.run(), std::out_of_range);
}

TEST(Pipeline, AnErrorThatIsSkippedReachesTheHandlerWithTheStagesName) {
    Heard heard;
    int done = 0;
    auto line = pipeline(std::views::iota(0, 3), {.on_error = heard.handler()})
                    .drain_into(
                        [&](int n) {
                            if (n == 1) throw std::runtime_error("one");
                            ++done;
                        },
                        {.name = "show", .on_error = OnError::skip});
    line.run();
    EXPECT_EQ(done, 2);
    EXPECT_THAT(heard.lines(), ElementsAre(HasSubstr("show (pipeline_test.cpp:")));
}

TEST(Pipeline, AStopTakesNothingMoreAndDrainsWhatIsInside) {
    std::stop_source stop;
    std::atomic<int> read = 0, done = 0;
    auto line = pipeline([&]() -> std::optional<int> {
                    if (++read == 10) stop.request_stop();
                    return read.load();
                }).stage([](int n) {
                      return n;
                  }).drain_into([&](int) { ++done; });
    const PipelineReport report = line.run(stop.get_token());
    EXPECT_EQ(report.ended, WaitStatus::stopped);
    EXPECT_EQ(read, 10);
    EXPECT_EQ(done, 10);
    EXPECT_EQ(report.stages[1].dropped, 0u);
}

TEST(Pipeline, AStopEndsTheWaitForTheSource) {
    BoundedQueue<int> source(4);
    std::stop_source stop;
    Event got;
    auto line = pipeline(source).drain_into([&](int) { got.set(); });
    source.push(1);
    sys::Thread stopper("stopper", [&](const std::stop_token&) {
        got.wait();
        stop.request_stop();
    });
    EXPECT_EQ(line.run(stop.get_token()).ended, WaitStatus::stopped);
}

TEST(Pipeline, ADeadlineAbortsAndCountsWhatItDropped) {
    Event never;
    auto line = pipeline(std::views::iota(0))
                    .stage([](int n) { return n; })
                    .drain_into([&](const std::stop_token& abort, int) { never.wait(abort); });
    const PipelineReport report = line.run({}, sys::deadline_after(20ms));
    EXPECT_EQ(report.ended, WaitStatus::timed_out);
    EXPECT_EQ(report.stages[0].passed, report.stages[1].taken + report.stages[1].dropped);
}

TEST(Pipeline, AStageWithoutThreadsOrCapacityIsRefused) {
    EXPECT_THROW(pipeline(std::vector{1}).drain_into([](int) {}, {.threads = 0}), Error);
    EXPECT_THROW(pipeline(std::vector{1}).drain_into([](int) {}, {.capacity = 0}), Error);
}

TEST(PipelineDeathTest, RunningItTwiceIsAProgrammersError) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            auto line = pipeline(std::vector<int>{}).drain_into([](int) {});
            line.run();
            line.run();
        },
        "a pipeline runs once");
}

TEST(Pipeline, ADeadlineEndsASourceThatNeverWaits) {
    auto line = pipeline(std::views::iota(0)).drain_into([](int) {}, {.capacity = 1000});
    EXPECT_EQ(line.run({}, sys::deadline_after(20ms)).ended, WaitStatus::timed_out);
}

} // namespace
} // namespace offstage
