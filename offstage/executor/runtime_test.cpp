#include "offstage/executor/runtime.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

namespace offstage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Background, RunsUntilItIsStopped) {
    Event never;
    Runtime runtime{{.workers = 1}};
    auto camera = runtime.background("camera", [&](const std::stop_token& stop) { never.wait(stop); });
    EXPECT_TRUE(camera.running());
    EXPECT_EQ(camera.name(), "camera");
    EXPECT_EQ(camera.join({}, sys::deadline_after(1ms)), WaitStatus::timed_out);
    camera.stop();
    EXPECT_EQ(camera.join(), WaitStatus::ok);
    EXPECT_FALSE(camera.running());
}

TEST(Background, MayBeStartedAgainWithTheSameArguments) {
    Event never;
    Runtime runtime{{.workers = 1}};
    std::atomic<int> sum = 0;
    const auto add = [&](const std::stop_token& stop, int n, std::string text) {
        sum += n + static_cast<int>(text.size());
        never.wait(stop);
    };
    auto counter = runtime.background("counter", add, 2, std::string("four"));
    EXPECT_THROW(counter.start(), Error);
    counter.stop();
    counter.join();
    counter.start();
    counter.stop();
    counter.join();
    EXPECT_EQ(sum, 12);
}

TEST(Background, TakesMoveOnlyArguments) {
    int seen = 0;
    Runtime runtime{{.workers = 1}};
    auto reader = runtime.background(
        "reader", [&](const std::unique_ptr<int>& n) { seen = *n; }, std::make_unique<int>(9));
    reader.join();
    EXPECT_EQ(seen, 9);
}

TEST(Background, AThrowReachesTheSinkAndEndsIt) {
    Heard heard;
    Runtime runtime{{.workers = 1, .on_error = heard.handler()}};
    auto bad = runtime.background("bad", [] { throw std::runtime_error("no camera"); });
    const unsigned line = std::source_location::current().line() - 1;
    bad.join();
    EXPECT_THAT(heard.lines(), ElementsAre("bad (runtime_test.cpp:" + std::to_string(line) + "): no camera"));
    bad.start();
    bad.join();
    EXPECT_EQ(heard.lines().size(), 2u);
}

TEST(Background, DroppingTheHandleStopsNothing) {
    Event ran, never;
    Runtime runtime{{.workers = 1}};
    std::ignore = runtime.background("kept", [&](const std::stop_token& stop) {
        never.wait(stop);
        ran.set();
    });
    EXPECT_FALSE(ran.is_set());
    EXPECT_EQ(runtime.shutdown(Deadline::never()).finished, 1u);
    EXPECT_TRUE(ran.is_set());
}

TEST(Background, MayOutliveItsRuntimeButNotStartThen) {
    Background handle;
    {
        Runtime runtime{{.workers = 1}};
        handle = runtime.background("short", [] {});
    }
    EXPECT_FALSE(handle.running());
    handle.stop();
    EXPECT_EQ(handle.join(), WaitStatus::ok);
    EXPECT_THROW(handle.start(), Error);
}

TEST(BackgroundDeathTest, AnEmptyOneIsAProgrammersError) {
    Background none;
    EXPECT_DEATH(std::ignore = none.running(), "stands for no thread");
    EXPECT_DEATH(none.stop(), "stands for no thread");
}

TEST(Background, JoinEndsByStop) {
    Event never;
    Runtime runtime{{.workers = 1}};
    auto thread = runtime.background("thread", [&](const std::stop_token& stop) { never.wait(stop); });
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(thread.join(stop.get_token()), WaitStatus::stopped);
}

TEST(Runtime, ShutdownStopsEverythingAndCounts) {
    Event begun, never;
    Runtime runtime{{.workers = 1, .max_threads = 1}};
    std::ignore = runtime.background("reader", [&](const std::stop_token& stop) { never.wait(stop); });
    runtime.post([&](const std::stop_token& stop) {
        begun.set();
        never.wait(stop);
    });
    begun.wait();
    runtime.pool().pause();
    runtime.post([] {});
    runtime.timers().after(1h, [] { FAIL(); });
    const ShutdownReport report = runtime.shutdown(sys::deadline_after(1min));
    EXPECT_TRUE(report.complete());
    EXPECT_EQ(report.finished, 2u);
    EXPECT_EQ(report.stopped, 1u);
    EXPECT_THROW(runtime.post([] {}), Error);
    EXPECT_THROW(runtime.timers().after(1s, [] {}), Error);
    EXPECT_THROW(std::ignore = runtime.background("late", [] {}), Error);
}

TEST(Runtime, AThreadThatEndsMayUseThePoolToTheLast) {
    Event never;
    Runtime runtime{{.workers = 1}};
    std::atomic<int> answer = 0;
    std::ignore = runtime.background("drainer", [&](const std::stop_token& stop) {
        never.wait(stop);
        answer = runtime.submit([] { return 42; }).get();
    });
    EXPECT_TRUE(runtime.shutdown(Deadline::never()).complete());
    EXPECT_EQ(answer, 42);
}

TEST(Runtime, ShutdownKeepsItsDeadlineAndNamesWhoStillRuns) {
    Event event;
    Runtime runtime{{.workers = 1}};
    std::ignore = runtime.background("stubborn", [&] { event.wait(); });
    until_waiting("stubborn");
    const ShutdownReport report = runtime.shutdown(sys::deadline_after(1ms));
    EXPECT_FALSE(report.complete());
    ASSERT_EQ(report.still_running.size(), 1u);
    EXPECT_EQ(report.still_running[0].name, "stubborn");
    EXPECT_THAT(report.still_running[0].waits_on, HasSubstr("Event at 0x"));
    EXPECT_EQ(report.finished, 0u);
    event.set();
    EXPECT_TRUE(runtime.shutdown(Deadline::never()).complete());
}

TEST(Runtime, TheDestructorSaysForWhomItWaits) {
    Event event;
    Heard heard;
    {
        sys::Thread opener("opener", [&](const std::stop_token&) {
            heard.any.wait();
            event.set();
        });
        Runtime runtime{{.workers = 1, .on_error = heard.handler(), .remind_every = 1ms}};
        std::ignore = runtime.background("stubborn", [&] { event.wait(); });
    }
    EXPECT_THAT(heard.lines()[0], HasSubstr("shutdown of runtime offstage"));
    EXPECT_THAT(heard.lines()[0], HasSubstr("still running: stubborn for"));
}

TEST(Runtime, SubmitAndPostGoToThePool) {
    Heard heard;
    Runtime runtime{{.workers = 2, .on_error = heard.handler()}};
    EXPECT_EQ(runtime.submit([](int a, int b) { return a + b; }, 1, 2).get(), 3);
    EXPECT_EQ(runtime.submit({.name = "named"}, [](int a) { return a; }, 4).get(), 4);
    runtime.post([](int) {}, 1);
    runtime.post({.name = "thrower"}, [] { throw std::runtime_error("x"); });
    const unsigned line = std::source_location::current().line() - 1;
    runtime.pool().drain();
    EXPECT_THAT(heard.lines(), ElementsAre("thrower (runtime_test.cpp:" + std::to_string(line) + "): x"));
    EXPECT_EQ(runtime.errors().reported(), 1u);
}

TEST(Runtime, ATaskObeysTheStopAndNothingIsReported) {
    Heard heard;
    {
        Event begun, never;
        Runtime runtime{{.workers = 1, .on_error = heard.handler()}};
        std::ignore = runtime.background("obedient", [&](const std::stop_token& stop) {
            begun.set();
            if (never.wait(stop) != WaitStatus::ok) throw Error(Errc::stopped, "as asked");
        });
        begun.wait();
    }
    EXPECT_THAT(heard.lines(), IsEmpty());
}

} // namespace
} // namespace offstage
