#include "offstage/executor/future.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/pool.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/executor/when.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace offstage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class FutureTest : public testing::Test {
protected:
    /// A future whose task waits for `open`.
    Future<int> blocked(int value = 1) {
        return pool.submit([this, value] {
            begun.set();
            open.wait();
            return value;
        });
    }
    void TearDown() override { open.set(); }

    Heard heard;
    Event begun, open;
    Pool pool{{.workers = 1, .max_threads = 1, .on_error = heard.handler()}};
};

TEST_F(FutureTest, GetGivesTheValueOnceAndIsEmptyThen) {
    auto future = pool.submit([] { return std::make_unique<int>(5); });
    EXPECT_TRUE(future.valid());
    EXPECT_EQ(*future.get(), 5);
    EXPECT_FALSE(future.valid());
}

TEST_F(FutureTest, GetThrowsWhatTheTaskThrew) {
    auto future = pool.submit([]() -> int { throw std::out_of_range("no such page"); });
    EXPECT_THROW(future.get(), std::out_of_range);
    pool.drain();
    EXPECT_THAT(heard.lines(), IsEmpty());
}

TEST_F(FutureTest, AnErrorThatNobodyReadReachesTheSinkWithNameAndPlace) {
    {
        auto dropped = pool.submit({.name = "page"}, [] { throw std::runtime_error("lost?"); });
    }
    pool.drain();
    heard.any.wait();
    EXPECT_THAT(heard.lines(), ElementsAre(HasSubstr("page (future_test.cpp:")));
    EXPECT_THAT(heard.lines()[0], HasSubstr("lost?"));
}

TEST_F(FutureTest, WaitIsNoRead) {
    auto future = pool.submit([] { throw std::runtime_error("unread"); });
    EXPECT_EQ(future.wait(), WaitStatus::ok);
    EXPECT_THAT(heard.lines(), IsEmpty());
    future = {};
    heard.any.wait();
    EXPECT_THAT(heard.lines(), ElementsAre(HasSubstr("unread")));
}

TEST_F(FutureTest, WaitAndGetEndByStopAndDeadlineAndMayBeCalledAgain) {
    auto future = blocked();
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(future.wait(stop.get_token()), WaitStatus::stopped);
    EXPECT_EQ(future.wait({}, sys::deadline_after(1ms)), WaitStatus::timed_out);
    EXPECT_EQ(future.wait({}, Deadline(SteadyTime::min())), WaitStatus::timed_out);
    EXPECT_EQ(code_of([&] { future.get(stop.get_token()); }), Errc::stopped);
    EXPECT_EQ(code_of([&] { future.get({}, sys::deadline_after(1ms)); }), Errc::timed_out);
    open.set();
    EXPECT_EQ(future.get({}, sys::deadline_after(std::chrono::nanoseconds::max())), 1);
}

TEST_F(FutureTest, AStopInMidWaitEndsIt) {
    auto future = blocked();
    std::stop_source stop;
    sys::Thread stopper("stopper", [&](const std::stop_token&) { stop.request_stop(); });
    EXPECT_EQ(future.wait(stop.get_token()), WaitStatus::stopped);
}

TEST_F(FutureTest, CancelOfAQueuedTaskTakesItBack) {
    auto first = blocked();
    bool ran = false;
    auto second = pool.submit([&] { ran = true; });
    EXPECT_EQ(second.cancel(), Cancel::cancelled);
    EXPECT_TRUE(second.ready());
    EXPECT_EQ(second.cancel(), Cancel::done);
    EXPECT_EQ(code_of([&] { second.get(); }), Errc::cancelled);
    open.set();
    pool.drain();
    EXPECT_FALSE(ran);
}

TEST_F(FutureTest, CancelOfARunningTaskAsksItToStop) {
    auto future = pool.submit([&](const std::stop_token& stop) {
        begun.set();
        return open.wait(stop);
    });
    begun.wait();
    EXPECT_EQ(future.cancel(), Cancel::running);
    EXPECT_EQ(future.get(), WaitStatus::stopped);
}

TEST_F(FutureTest, ATaskThatObeysByThrowingStoppedCountsAsCancelled) {
    auto future = pool.submit([&](const std::stop_token& stop) {
        begun.set();
        if (open.wait(stop) == WaitStatus::stopped) throw Error(Errc::stopped, "gave up");
    });
    begun.wait();
    EXPECT_EQ(future.cancel(), Cancel::running);
    EXPECT_EQ(code_of([&] { future.get(); }), Errc::cancelled);
    EXPECT_THAT(heard.lines(), IsEmpty());
}

TEST_F(FutureTest, CancelOfAnEndedTaskChangesNothing) {
    auto future = pool.submit([] { return 3; });
    future.wait();
    EXPECT_EQ(future.cancel(), Cancel::done);
    EXPECT_EQ(future.get(), 3);
}

TEST_F(FutureTest, DroppingAFutureNeitherBlocksNorCancels) {
    bool ran = false;
    auto first = blocked();
    std::ignore = pool.submit([&] { ran = true; });
    open.set();
    pool.drain();
    EXPECT_TRUE(ran);
}

TEST_F(FutureTest, ThenGoesOnWithTheValue) {
    auto text = pool.submit([] { return 6; }).then([](int n) { return n * 7; }).then([](int n) {
        return std::to_string(n);
    });
    EXPECT_EQ(text.get(), "42");
    auto nothing = pool.submit([] {}).then([] {}).then([](const std::stop_token&) { return 1; });
    EXPECT_EQ(nothing.get(), 1);
}

TEST_F(FutureTest, ThenAfterTheEndRunsToo) {
    auto first = pool.submit([] { return 1; });
    first.wait();
    EXPECT_EQ(std::move(first).then([](int n) { return n + 1; }).get(), 2);
}

TEST_F(FutureTest, AnErrorPassesThroughThenWithoutCallingIt) {
    bool called = false;
    auto future =
        pool.submit([]() -> int { throw std::out_of_range("first"); }).then([&](int) { called = true; });
    EXPECT_THROW(future.get(), std::out_of_range);
    EXPECT_FALSE(called);
    pool.drain();
    EXPECT_THAT(heard.lines(), IsEmpty());
}

TEST_F(FutureTest, CancellingTheEndOfAChainCancelsItsBeginning) {
    auto first = blocked();
    bool ran = false;
    auto chain = pool.submit([&] { ran = true; }).then([&] { ran = true; });
    EXPECT_EQ(chain.cancel(), Cancel::cancelled);
    open.set();
    pool.drain();
    EXPECT_FALSE(ran);
    EXPECT_EQ(code_of([&] { chain.get(); }), Errc::cancelled);
}

TEST_F(FutureTest, ACancelledBeginningCancelsTheChain) {
    auto first = blocked();
    auto second = pool.submit([] { return 1; });
    // The pool drops what is queued: the chain's beginning among it.
    auto chain = std::move(second).then([](int n) { return n; });
    begun.wait();
    pool.shutdown(sys::deadline_after(0s));
    EXPECT_EQ(code_of([&] { chain.get(); }), Errc::cancelled);
}

TEST_F(FutureTest, WhenAllGathersInOrder) {
    std::vector<Future<int>> futures;
    for (int i = 0; i < 20; ++i) futures.push_back(pool.submit([i] { return i * i; }));
    const std::vector<int> squares = when_all(std::move(futures)).get();
    ASSERT_EQ(squares.size(), 20u);
    EXPECT_EQ(squares[19], 361);
    EXPECT_THAT(when_all(std::vector<Future<int>>{}).get(), IsEmpty());
    std::vector<Future<void>> voids;
    voids.push_back(pool.submit([] {}));
    when_all(std::move(voids)).get();
    EXPECT_THAT(
        when_all(std::vector<Future<int>>{}).then([](const std::vector<int>& v) { return v.size(); }).get(),
        0u);
}

TEST_F(FutureTest, WhenAllOfDifferentTypesIsATuple) {
    auto all = when_all(pool.submit([] { return 1; }), pool.submit([] { return std::string("two"); }),
                        pool.submit([] {}));
    const auto [one, two, nothing] = all.get();
    EXPECT_EQ(one, 1);
    EXPECT_EQ(two, "two");
}

TEST_F(FutureTest, WhenAllThrowsTheFirstErrorAndTheSinkHearsTheOthers) {
    std::vector<Future<void>> futures;
    futures.push_back(pool.submit([] {}));
    futures.push_back(pool.submit([] { throw std::out_of_range("a"); }));
    futures.push_back(pool.submit([] { throw std::runtime_error("b"); }));
    auto all = when_all(std::move(futures));
    EXPECT_THROW(all.get(), std::out_of_range);
    heard.any.wait();
    EXPECT_THAT(heard.lines(), ElementsAre(HasSubstr("b")));
}

TEST_F(FutureTest, WhenAnyIsDoneWithTheFirstAndGivesAllBack) {
    std::vector<Future<int>> futures;
    Pool other({.workers = 1});
    futures.push_back(blocked());
    futures.push_back(other.submit([] { return 2; }));
    AnyOf<int> any = when_any(std::move(futures)).get();
    EXPECT_EQ(any.index, 1u);
    EXPECT_EQ(any.futures[1].get(), 2);
    open.set();
    EXPECT_EQ(any.futures[0].get(), 1);
}

TEST_F(FutureTest, CancellingWhenAllCancelsItsInputs) {
    auto first = blocked();
    std::vector<Future<int>> futures;
    bool ran = false;
    futures.push_back(pool.submit([&] { return ran = true, 1; }));
    auto all = when_all(std::move(futures));
    EXPECT_EQ(all.cancel(), Cancel::cancelled);
    open.set();
    pool.drain();
    EXPECT_FALSE(ran);
}

// Links enough to overflow a stack that took a frame for each.
Future<int> long_chain(Future<int> end) {
    for (int i = 0; i < 300'000; ++i) end = std::move(end).then([](int value) { return value + 1; });
    return end;
}

TEST_F(FutureTest, AnErrorPassesThroughAChainOfAnyLength) {
    auto end = long_chain(pool.submit([this]() -> int {
        open.wait();
        throw std::runtime_error("x");
    }));
    open.set();
    EXPECT_THROW(end.get(), std::runtime_error);
}

TEST_F(FutureTest, ACancelPassesThroughAChainOfAnyLengthBothWays) {
    auto first = blocked();
    begun.wait();
    auto queued = pool.submit([] { return 1; });
    auto end = long_chain(std::move(queued));
    EXPECT_EQ(end.cancel(), Cancel::cancelled);
    auto waiting = pool.submit([] { return 1; });
    const auto state = waiting.share_state();
    end = long_chain(std::move(waiting));
    EXPECT_EQ(state->cancel(), Cancel::cancelled);
    EXPECT_EQ(code_of([&] { end.get(); }), Errc::cancelled);
    EXPECT_EQ(pool.stats().queued, 0U) << "the tasks were not taken back";
}

// A stack of 256 KiB: what is destroyed one inside the other takes few bytes each.
TEST_F(FutureTest, AChainOfAnyLengthIsDestroyed) {
    auto end = long_chain(pool.submit([] { return 0; }));
    end.wait();
    pthread_attr_t small;
    pthread_t thread;
    ASSERT_EQ(::pthread_attr_init(&small), 0);
    ASSERT_EQ(::pthread_attr_setstacksize(&small, std::size_t{256} * 1024), 0);
    const auto drop = [](void* future) -> void* {
        *static_cast<Future<int>*>(future) = {};
        return nullptr;
    };
    ASSERT_EQ(::pthread_create(&thread, &small, drop, &end), 0);
    EXPECT_EQ(::pthread_join(thread, nullptr), 0);
    ::pthread_attr_destroy(&small);
}

TEST_F(FutureTest, AWaitInThePoolRunsAChainOfAnyLength) {
    auto sum = pool.submit([this] { return long_chain(pool.submit([] { return 0; })).get(); });
    EXPECT_EQ(sum.get(), 300'000);
}

TEST_F(FutureTest, AWaitInThePoolRunsOnlyWhatItNeedsOfWhenAny) {
    std::atomic<int> ran = 0;
    auto first = pool.submit([&] {
        std::vector<Future<int>> futures;
        for (int i = 0; i < 3; ++i)
            futures.push_back(pool.submit([&] { return ++ran; }).then([](int value) { return value; }));
        return when_any(std::move(futures)).get().index + static_cast<std::size_t>(ran);
    });
    EXPECT_EQ(first.get(), 1U) << "the first one, and one task";
}

TEST(Future, AnErrorThatNoPoolHearsOfIsLogged) {
    testing::internal::CaptureStderr();
    std::ignore = when_all(std::vector<Future<int>>{}).then([](const std::vector<int>&) -> int {
        throw std::runtime_error("nobody reads this");
    });
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("nobody reads this"));
}

TEST(Future, MayOutliveItsPool) {
    Future<int> done, dropped;
    {
        Pool pool({.workers = 1});
        done = pool.submit([] { return 1; });
        done.wait();
        pool.pause();
        dropped = pool.submit([] { return 2; });
    }
    EXPECT_EQ(done.get(), 1);
    auto next = std::move(dropped).then([](int n) { return n; });
    EXPECT_EQ(code_of([&] { next.get(); }), Errc::cancelled);
}

TEST(FutureDeathTest, AnEmptyFutureIsAProgrammersError) {
    Future<int> empty;
    EXPECT_DEATH(std::ignore = empty.ready(), "the future is empty");
}

TEST(Future, AnErrorBehindACancelledContinuationReachesTheSink) {
    Heard heard;
    {
        Pool pool({.workers = 1, .on_error = heard.handler()});
        Event runs, go;
        Future<void> after = pool.submit({.name = "input"},
                                         [&] {
                                             runs.set();
                                             go.wait();
                                             throw std::runtime_error("late");
                                         })
                                 .then([] {});
        runs.wait();
        EXPECT_EQ(after.cancel(), Cancel::cancelled);
        go.set();
    }
    ASSERT_EQ(heard.lines().size(), 1u);
    EXPECT_THAT(heard.lines().front(), ::testing::HasSubstr("late"));
}

} // namespace
} // namespace offstage
