#include "offstage/executor/scope.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>

namespace offstage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class ScopeTest : public testing::Test {
protected:
    Heard heard;
    Event begun, open, never;
    Runtime runtime{{.workers = 2, .on_error = heard.handler()}};
};

TEST_F(ScopeTest, JoinWaitsForAll) {
    std::atomic<int> sum = 0;
    TaskScope scope(runtime);
    for (int i = 1; i <= 100; ++i) std::ignore = scope.spawn([&](int n) { sum += n; }, i);
    auto value = scope.spawn({.name = "value"}, [] { return 7; });
    scope.join();
    EXPECT_EQ(sum, 5050);
    EXPECT_TRUE(value.ready());
    EXPECT_EQ(value.get(), 7);
}

TEST_F(ScopeTest, AnEmptyScopeJoinsAtOnceAndAgain) {
    TaskScope scope(runtime);
    scope.join();
    std::ignore = scope.spawn([] {});
    scope.join();
}

TEST_F(ScopeTest, TheFirstErrorStopsTheSiblingsAndJoinThrowsIt) {
    TaskScope scope(runtime);
    auto waiter = scope.spawn([&](const std::stop_token& stop) {
        begun.set();
        return never.wait(stop);
    });
    begun.wait();
    std::ignore = scope.spawn([] { throw std::out_of_range("page 7"); });
    EXPECT_THROW(scope.join(), std::out_of_range);
    EXPECT_TRUE(scope.stop_requested());
    EXPECT_EQ(waiter.get(), WaitStatus::stopped);
    EXPECT_THAT(heard.lines(), IsEmpty());
}

// Who reads a child's error takes it, and may do so before the scope has been told that the child ended.
TEST_F(ScopeTest, AnErrorThatItsFutureGaveOutStopsTheSiblingsToo) {
    for (int round = 0; round < 200; ++round) {
        TaskScope scope(runtime);
        Event started;
        auto sibling = scope.spawn([&](const std::stop_token& stop) {
            started.set();
            return never.wait(stop);
        });
        started.wait();
        auto bad = scope.spawn([] { throw std::runtime_error("read"); });
        EXPECT_THROW(bad.get(), std::runtime_error);
        ASSERT_EQ(sibling.get(), WaitStatus::stopped);
        scope.join();
    }
}

TEST_F(ScopeTest, AnErrorThatWentOnToAThenStopsTheSiblingsToo) {
    TaskScope scope(runtime);
    auto sibling = scope.spawn([&](const std::stop_token& stop) {
        begun.set();
        return never.wait(stop);
    });
    begun.wait();
    auto next = scope
                    .spawn([&] {
                        open.wait();
                        throw std::runtime_error("passed on");
                    })
                    .then([] {});
    open.set();
    EXPECT_EQ(sibling.get(), WaitStatus::stopped);
    scope.join();
    EXPECT_THROW(next.get(), std::runtime_error);
}

TEST_F(ScopeTest, AFutureSaysThatJoinThrewItsError) {
    TaskScope scope(runtime);
    auto read = scope.spawn([]() -> int { throw std::out_of_range("page 7"); });
    EXPECT_THROW(scope.join(), std::out_of_range);
    EXPECT_EQ(code_of([&] { read.get(); }), Errc::conflict);
    TaskScope other(runtime);
    auto passed_on = other.spawn([]() -> int { throw std::out_of_range("page 8"); });
    EXPECT_THROW(other.join(), std::out_of_range);
    EXPECT_EQ(code_of([&] { std::move(passed_on).then([](int page) { return page; }).get(); }),
              Errc::conflict);
}

// The stop that the first error requests runs callbacks, in which a sibling may throw what follows from it.
TEST_F(ScopeTest, JoinThrowsTheFirstErrorAndNotWhatFollowedFromIt) {
    Runtime two{{.workers = 2, .max_threads = 2}};
    TaskScope scope(two);
    Event stopped;
    auto consequence = scope.spawn([&] {
        begun.set();
        stopped.wait();
        throw std::runtime_error("consequence");
    });
    begun.wait();
    const auto hour = sys::deadline_after(1h);
    const std::stop_callback slow(scope.token(), [&] {
        stopped.set();
        consequence.wait({}, hour);
        two.submit([] {}).wait({}, hour); // by the other thread, when it is through with the consequence
    });
    std::ignore = scope.spawn([] { throw std::out_of_range("cause"); });
    EXPECT_THROW(scope.join(), std::out_of_range);
    EXPECT_EQ(describe(scope.other_errors().at(0)), "consequence");
}

TEST_F(ScopeTest, TheFirstErrorCancelsWhatHasNotBegun) {
    Runtime one{{.workers = 1, .max_threads = 1}};
    std::atomic<bool> ran = false;
    TaskScope scope(one);
    std::ignore = scope.spawn([&] {
        open.wait();
        throw std::runtime_error("x");
    });
    auto later = scope.spawn([&] { ran = true; });
    open.set();
    EXPECT_THROW(scope.join(), std::runtime_error);
    EXPECT_FALSE(ran);
    EXPECT_EQ(code_of([&] { later.get(); }), Errc::cancelled);
    auto after = scope.spawn([&] { ran = true; });
    EXPECT_EQ(code_of([&] { after.get(); }), Errc::cancelled);
}

TEST_F(ScopeTest, TheOtherErrorsAreAttached) {
    TaskScope scope(runtime);
    for (int i = 0; i < 2; ++i)
        std::ignore = scope.spawn([&](const std::stop_token& stop) {
            never.wait(stop);
            throw std::runtime_error("other");
        });
    std::ignore = scope.spawn([] { throw std::out_of_range("first"); });
    EXPECT_THROW(scope.join(), std::out_of_range);
    const auto others = scope.other_errors();
    // Those that had begun when they were stopped; one that had not was cancelled.
    for (const auto& error : others) EXPECT_EQ(describe(error), "other");
    EXPECT_THAT(scope.other_errors(), IsEmpty());
    EXPECT_THAT(heard.lines(), IsEmpty());
}

TEST_F(ScopeTest, OtherErrorsThatNobodyTookReachTheSink) {
    {
        TaskScope scope(runtime);
        std::ignore = scope.spawn([&](const std::stop_token& stop) {
            begun.set();
            never.wait(stop);
            throw std::runtime_error("other");
        });
        begun.wait();
        std::ignore = scope.spawn([] { throw std::out_of_range("first"); });
        EXPECT_THROW(scope.join(), std::out_of_range);
    }
    heard.any.wait();
    EXPECT_THAT(heard.lines(), ElementsAre(HasSubstr("other")));
}

TEST_F(ScopeTest, TheDestructorStopsAndWaitsAndLosesNoError) {
    std::atomic<bool> ended = false;
    {
        TaskScope scope(runtime);
        std::ignore = scope.spawn([&](const std::stop_token& stop) {
            begun.set();
            never.wait(stop);
            ended = true;
            throw std::runtime_error("in the end");
        });
        begun.wait();
    }
    EXPECT_TRUE(ended);
    heard.any.wait();
    EXPECT_THAT(heard.lines(), ElementsAre(HasSubstr("in the end")));
}

TEST_F(ScopeTest, ItsStopStopsItsTasksWithoutAJoin) {
    std::stop_source stop;
    TaskScope scope(runtime, stop.get_token());
    auto task = scope.spawn([&](const std::stop_token& token) {
        begun.set();
        return never.wait(token);
    });
    begun.wait();
    stop.request_stop();
    EXPECT_EQ(task.get(), WaitStatus::stopped);
}

TEST_F(ScopeTest, JoinThrowsStoppedAndTimedOut) {
    std::stop_source stop;
    TaskScope stopped(runtime, stop.get_token());
    std::ignore = stopped.spawn([&](const std::stop_token& token) {
        never.wait(token);
        open.wait();
    });
    stop.request_stop();
    sys::Thread opener("opener", [&](const std::stop_token&) { open.set(); });
    try {
        stopped.join();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::stopped);
    }
    TaskScope late(runtime, {}, sys::deadline_after(1ms));
    std::ignore = late.spawn([&](const std::stop_token& token) { never.wait(token); });
    EXPECT_EQ(code_of([&] { late.join(); }), Errc::timed_out);
}

TEST_F(ScopeTest, WhatEndsAJoinLeavesTheTasksAlone) {
    TaskScope scope(runtime);
    auto task = scope.spawn([&](const std::stop_token& stop) {
        open.wait(stop);
        return stop.stop_requested();
    });
    EXPECT_EQ(code_of([&] { scope.join({}, sys::deadline_after(1ms)); }), Errc::timed_out);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(code_of([&] { scope.join(stop.get_token()); }), Errc::stopped);
    EXPECT_FALSE(scope.stop_requested());
    open.set();
    scope.join();
    EXPECT_FALSE(task.get());
}

TEST_F(ScopeTest, AJoinEndsByItsOwnDeadlineThoughTheTasksDoNotObeyTheScopes) {
    for (const bool by_deadline : {false, true}) {
        Event end, runs;
        std::stop_source stop;
        TaskScope scope(runtime, stop.get_token(),
                        by_deadline ? sys::deadline_after(1ms) : Deadline::never());
        auto task = scope.spawn([&](const std::stop_token& token) {
            runs.set();
            never.wait(token);
            end.wait();
        });
        runs.wait();
        if (!by_deadline) stop.request_stop();
        EXPECT_EQ(code_of([&] { scope.join({}, sys::deadline_after(20ms)); }), Errc::timed_out);
        EXPECT_TRUE(scope.stop_requested());
        end.set();
        task.wait();
        EXPECT_EQ(code_of([&] { scope.join(); }), by_deadline ? Errc::timed_out : Errc::stopped);
    }
}

TEST_F(ScopeTest, ScopesInsideTasksNeedNoMoreThreads) {
    Runtime one{{.workers = 1, .max_threads = 1}};
    std::function<int(int)> fib = [&](int n) {
        if (n < 2) return n;
        TaskScope scope(one);
        auto left = scope.spawn(fib, n - 1);
        auto right = scope.spawn(fib, n - 2);
        scope.join();
        return left.get() + right.get();
    };
    EXPECT_EQ(one.submit(fib, 10).get(), 55);
}

TEST_F(ScopeTest, TasksMaySpawnSiblings) {
    std::atomic<int> ran = 0;
    TaskScope scope(runtime);
    std::ignore = scope.spawn([&] {
        for (int i = 0; i < 10; ++i) std::ignore = scope.spawn([&] { ++ran; });
    });
    scope.join();
    EXPECT_EQ(ran, 10);
}

TEST_F(ScopeTest, AnErrorThatItsFutureGaveOutIsNotThrownAgain) {
    TaskScope scope(runtime);
    auto bad = scope.spawn([] { throw std::runtime_error("read"); });
    EXPECT_THROW(bad.get(), std::runtime_error);
    scope.join();
}

TEST_F(ScopeTest, AShutdownOfThePoolEndsTheScope) {
    TaskScope scope(runtime);
    auto task = scope.spawn([&](const std::stop_token& stop) {
        begun.set();
        return never.wait(stop);
    });
    begun.wait();
    runtime.shutdown(Deadline::never());
    scope.join();
    EXPECT_THROW(std::ignore = scope.spawn([] {}), Error);
}

// Between the moment when a scope knows of a task and that in which the full pool refuses it, join() may
// cancel it.
TEST(TaskScope, ATaskThatIsCancelledWhileAFullPoolRefusesItIsCountedByNobody) {
    constexpr std::size_t limit = 100;
    Event begun, go_on;
    Pool pool({.workers = 1, .max_threads = 1, .queue_limit = limit, .on_error = [](const TaskError&) {}});
    pool.post([&] {
        begun.set();
        go_on.wait();
    });
    begun.wait();
    for (std::size_t i = 0; i < limit; ++i) pool.post([] {});
    struct Round {
        explicit Round(Pool& pool) : scope(pool) {}
        TaskScope scope;
        Event spawning, over;
    };
    BoundedQueue<Round*> rounds(1);
    sys::Thread spawner("spawner", [&](const std::stop_token&) {
        while (const auto round = rounds.pop()) {
            while (!(*round)->scope.stop_requested()) {
                try {
                    std::ignore = (*round)->scope.spawn([] {});
                } catch (const Error&) { // full
                }
                (*round)->spawning.set();
            }
            (*round)->over.set();
        }
    });
    std::atomic<int> looks = 0;
    for (int i = 0; i < 10'000; ++i) {
        Round round(pool);
        rounds.push(&round);
        round.spawning.wait();
        for (looks = i % 500; looks > 0;) --looks; // not always at once
        round.scope.request_stop();
        try {
            round.scope.join();
        } catch (const Error&) { // of those that were refused
        }
        round.over.wait();
    }
    rounds.close();
    spawner.join();
    EXPECT_EQ(pool.stats().queued, limit);
    EXPECT_THROW(pool.post([] {}), Error);
    go_on.set();
}

} // namespace
} // namespace offstage
