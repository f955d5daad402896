#include "offstage/executor/pool.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pthread.h>

#include <atomic>
#include <concepts>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace offstage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

// Returns when the pool knows of so many tasks that they wait; a wait is listed a moment before.
void until_tasks_wait(const Pool& pool, unsigned tasks) {
    while (pool.stats().waiting < tasks)
        sys::Parker::current().park(sys::deadline_after(std::chrono::microseconds(100)));
}

TEST(Pool, RunsWhatIsPosted) {
    std::atomic<int> sum = 0;
    Pool pool({.workers = 2});
    for (int i = 1; i <= 1000; ++i) pool.post([&sum](int n) { sum += n; }, i);
    EXPECT_EQ(pool.drain(), WaitStatus::ok);
    EXPECT_EQ(sum, 500500);
    EXPECT_EQ(pool.stats().finished, 1000u);
}

TEST(Pool, SubmitTakesUpToFourArgumentsAndWithOptionsAnyNumber) {
    Pool pool({.workers = 1});
    const auto sum = [](std::same_as<int> auto... values) { return (0 + ... + values); };
    EXPECT_EQ(pool.submit(sum).get(), 0);
    EXPECT_EQ(pool.submit(sum, 1).get(), 1);
    EXPECT_EQ(pool.submit(sum, 1, 2).get(), 3);
    EXPECT_EQ(pool.submit(sum, 1, 2, 3).get(), 6);
    EXPECT_EQ(pool.submit(sum, 1, 2, 3, 4).get(), 10);
    EXPECT_EQ(pool.submit({.name = "six"}, sum, 1, 2, 3, 4, 5, 6).get(), 21);
}

TEST(Pool, ArgumentsAreKeptByValueAndMovedIn) {
    Pool pool({.workers = 1});
    std::string text = "kept";
    auto size = pool.submit([](std::string& given) { return given.size(); }, std::ref(text));
    auto moved = pool.submit([](std::unique_ptr<int> given) { return *given; }, std::make_unique<int>(7));
    EXPECT_EQ(size.get(), 4u);
    EXPECT_EQ(moved.get(), 7);
}

TEST(Pool, WhatATaskWasGivenIsDestroyedBeforeItsFutureIsReady) {
    Pool pool({.workers = 1});
    auto token = std::make_shared<int>(1);
    std::weak_ptr<int> watch = token;
    auto future = pool.submit([](const std::shared_ptr<int>&) {}, std::move(token));
    future.get();
    EXPECT_TRUE(watch.expired());
}

TEST(Pool, OneWorkerRunsTasksInTheirOrderAndHigherPrioritiesFirst) {
    Pool pool({.workers = 1});
    pool.pause();
    std::string order;
    const auto note = [&order](char c) { order += c; };
    pool.post({.priority = Priority::low}, note, 'e');
    pool.post(note, 'c');
    pool.post({.priority = Priority::high}, note, 'a');
    pool.post(note, 'd');
    pool.post({.priority = Priority::high}, note, 'b');
    pool.resume();
    pool.drain();
    EXPECT_EQ(order, "abcde");
}

TEST(Pool, APausedPoolBeginsNothing) {
    Pool pool({.workers = 2});
    pool.pause();
    std::atomic<bool> ran = false;
    auto future = pool.submit([&] { ran = true; });
    EXPECT_EQ(future.wait({}, sys::deadline_after(20ms)), WaitStatus::timed_out);
    EXPECT_FALSE(ran);
    EXPECT_EQ(pool.stats().queued, 1u);
    pool.resume();
    future.get();
    EXPECT_TRUE(ran);
}

TEST(Pool, APausedPoolBeginsWhatARunningTaskWaitsForAndNothingElse) {
    Event begun, paused;
    Pool pool({.workers = 2});
    std::atomic<bool> other_ran = false;
    Future<int> inner;
    auto outer = pool.submit([&] {
        begun.set();
        paused.wait();
        return inner.get();
    });
    begun.wait();
    pool.pause();
    pool.post([&] { other_ran = true; });
    inner = pool.submit([] { return 7; });
    paused.set();
    EXPECT_EQ(outer.get(), 7);
    EXPECT_FALSE(other_ran);
    pool.resume();
    pool.drain();
    EXPECT_TRUE(other_ran);
}

TEST(Pool, WhatWasCancelledIsNeitherQueuedNorFinishedNorDroppedByAShutdown) {
    Pool pool({.workers = 1});
    pool.submit([] {}).get();
    pool.pause();
    auto gone = pool.submit([] {});
    auto stays = pool.submit([] {});
    EXPECT_EQ(gone.cancel(), Cancel::cancelled);
    EXPECT_EQ(pool.stats().queued, 1u);
    pool.resume();
    pool.drain();
    EXPECT_EQ(pool.stats().queued, 0u);
    EXPECT_EQ(pool.stats().finished, 2u);
    pool.pause();
    auto also_gone = pool.submit([] {});
    auto dropped = pool.submit([] {});
    also_gone.cancel();
    const ShutdownReport report = pool.shutdown(Deadline::never());
    EXPECT_EQ(report.stopped, 1u);
    EXPECT_EQ(report.finished, 0u);
    EXPECT_EQ(pool.stats().finished, 2u);
}

TEST(Pool, ATaskThatIsRunByWhoWaitsForItIsCountedOnce) {
    Pool pool({.workers = 1, .max_threads = 1});
    pool.submit([&] {
            auto inner = pool.submit([] {});
            inner.get();
            EXPECT_EQ(pool.stats().queued, 0u);
        })
        .get();
    pool.drain();
    EXPECT_EQ(pool.stats().finished, 2u);
}

TEST(Pool, WhatWasCancelledLeavesItsPlaceInTheQueue) {
    Pool pool({.workers = 1, .queue_limit = 100});
    pool.pause();
    std::string order;
    const auto note = [&order](char c) { order += c; };
    auto token = std::make_shared<int>();
    for (int i = 0; i < 1000; ++i) {
        if (i % 100 == 0) pool.post(note, static_cast<char>('a' + i / 100));
        pool.submit([token] {}).cancel();
    }
    EXPECT_EQ(token.use_count(), 1) << "what they held was not let go";
    EXPECT_EQ(pool.stats().queued, 10u);
    for (int i = 0; i < 90; ++i) pool.post([] {});
    EXPECT_THROW(pool.post([] {}), Error);
    pool.resume();
    pool.drain();
    EXPECT_EQ(order, "abcdefghij");
    EXPECT_EQ(pool.stats().finished, 100u);
}

TEST(Pool, AThrowOfAPostedTaskReachesTheSinkWithNameAndPlace) {
    Heard heard;
    Pool pool({.workers = 1, .on_error = heard.handler()});
    const auto fail = [](int port) { throw std::runtime_error("no answer at " + std::to_string(port)); };
    pool.post({.name = "mail"}, fail, 25);
    const unsigned line = std::source_location::current().line() - 1;
    pool.drain();
    EXPECT_THAT(heard.lines(),
                ElementsAre("mail (pool_test.cpp:" + std::to_string(line) + "): no answer at 25"));
    EXPECT_EQ(pool.stats().failed, 1u);
}

TEST(Pool, AThrowWithoutANameIsToldByItsPlace) {
    Heard heard;
    Pool pool({.workers = 1, .on_error = heard.handler()});
    pool.post([](int) { throw 42; }, 1);
    const unsigned line = std::source_location::current().line() - 1;
    pool.drain();
    EXPECT_THAT(heard.lines(), ElementsAre("task (pool_test.cpp:" + std::to_string(line) +
                                           "): an exception that is no std::exception"));
}

TEST(Pool, AThrowingHandlerEndsNothing) {
    Pool pool({.workers = 1, .on_error = [](const TaskError&) { throw std::runtime_error("handler"); }});
    pool.post([] { throw std::runtime_error("task"); });
    EXPECT_EQ(pool.submit([] { return 1; }).get(), 1);
}

TEST(Pool, AnErrorThatHasNothingToSayReachesTheHandlerAllTheSame) {
    struct Silent : std::exception {
        const char* what() const noexcept override { return nullptr; }
    };
    Heard heard;
    Pool pool({.workers = 1, .on_error = heard.handler()});
    pool.post({.name = "mail"}, [] { throw Silent(); });
    pool.drain();
    ASSERT_THAT(heard.lines(), testing::SizeIs(1));
    EXPECT_THAT(heard.lines()[0], HasSubstr("mail (pool_test.cpp:"));
}

TEST(Pool, APostedTaskThatObeysAStopIsNoErrorAndOneThatStopsUnaskedIs) {
    Heard heard;
    Event begun, never;
    Pool pool({.name = "stops", .workers = 1, .on_error = heard.handler()});
    const auto read = [&](const std::stop_token& stop) {
        begun.set();
        if (never.wait(stop) != WaitStatus::ok) throw Error(Errc::stopped, "asked to stop");
    };
    pool.post({.name = "unasked"}, [] { throw Error(Errc::stopped, "nobody asked"); });
    pool.post({.name = "obeys"}, read);
    begun.wait();
    EXPECT_TRUE(pool.shutdown(Deadline::never()).complete());
    ASSERT_THAT(heard.lines(), testing::SizeIs(1));
    EXPECT_THAT(heard.lines()[0], HasSubstr("unasked"));
    EXPECT_EQ(pool.stats().failed, 1u);
    EXPECT_EQ(pool.stats().finished, 2u);
}

TEST(Pool, WhereNoThreadCanBeStartedNothingIsLeftOfTheAttempt) {
    Event go;
    Pool pool({.name = "few", .workers = 2, .max_threads = 8});
    pthread_attr_t usual, impossible;
    ASSERT_EQ(::pthread_getattr_default_np(&usual), 0);
    ASSERT_EQ(::pthread_getattr_default_np(&impossible), 0);
    ASSERT_EQ(::pthread_attr_setstacksize(&impossible, std::size_t{1} << 50),
              0); // more than can be addressed
    ASSERT_EQ(::pthread_setattr_default_np(&impossible), 0);
    auto first = pool.submit([&] { go.wait(); });
    auto second = pool.submit([&] { go.wait(); });
    until_tasks_wait(pool, 2);
    for (int i = 0; i < 100; ++i) pool.post([] {});
    ASSERT_EQ(::pthread_setattr_default_np(&usual), 0);
    EXPECT_EQ(pool.core()->threads(WaitTable()).size(), 2u);
    go.set();
    first.get();
    second.get();
    pool.drain();
    EXPECT_EQ(pool.stats().finished, 102u);
}

TEST(Pool, TheLimitOfTheQueueRefusesAndLosesNothing) {
    Pool pool({.workers = 1, .queue_limit = 2});
    pool.pause();
    std::atomic<int> ran = 0;
    pool.post([&] { ++ran; });
    pool.post([&] { ++ran; });
    try {
        pool.post([&] { ++ran; });
        FAIL() << "the third was taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::full);
        EXPECT_THAT(error.what(), HasSubstr("queue_limit"));
    }
    pool.resume();
    pool.drain();
    EXPECT_EQ(ran, 2);
}

TEST(Pool, OptionsOutOfRangeAreRefused) {
    EXPECT_THROW(Pool({.workers = 4, .max_threads = 3}), Error);
    EXPECT_THROW(Pool({.queue_limit = 0}), Error);
}

TEST(Pool, AWaitInsideThePoolRunsTheAwaitedTask) {
    Pool pool({.workers = 1, .max_threads = 1});
    std::function<int(int)> fib = [&](int n) {
        if (n < 2) return n;
        auto left = pool.submit(fib, n - 1);
        const int right = fib(n - 2);
        return left.get() + right;
    };
    EXPECT_EQ(pool.submit(fib, 12).get(), 144);
    EXPECT_EQ(pool.stats().threads, 1u);
}

TEST(Pool, AWaitForAnythingElseAddsAThread) {
    Event event;
    Pool pool({.workers = 1, .max_threads = 3});
    auto waiter = pool.submit([&] { return event.wait(); });
    auto setter = pool.submit([&] { event.set(); });
    EXPECT_EQ(waiter.get(), WaitStatus::ok);
    setter.get();
    EXPECT_LE(pool.stats().threads, 3u);
}

TEST(Pool, AtTheCapAWaitAddsNoThread) {
    Event begun, event;
    Pool pool({.workers = 1, .max_threads = 1});
    auto waiter = pool.submit([&] {
        begun.set();
        return event.wait();
    });
    begun.wait();
    std::atomic<bool> ran = false;
    auto other = pool.submit([&] { ran = true; });
    EXPECT_EQ(other.wait({}, sys::deadline_after(20ms)), WaitStatus::timed_out);
    EXPECT_FALSE(ran);
    event.set();
    other.get();
    EXPECT_EQ(pool.stats().threads, 1u);
}

// A task that waits at the cap while another one is queued, in whichever order the two came.
void expect_stall_is_told(bool queued_first) {
    Heard heard;
    Event begun("begun"), go("go");
    Pool pool({.name = "narrow", .workers = 1, .max_threads = 1, .on_error = heard.handler()});
    auto waiter = pool.submit({.name = "waiter"}, [&] {
        while (queued_first && pool.stats().queued == 0) std::this_thread::yield();
        begun.set();
        return go.wait();
    });
    if (!queued_first) until_tasks_wait(pool, 1);
    auto setter = pool.submit({.name = "setter"}, [&] { return go.is_set(); });
    EXPECT_EQ(heard.any.wait({}, sys::deadline_after(30s)), WaitStatus::ok);
    EXPECT_EQ(pool.stats().stalls, 1u);
    go.set();
    EXPECT_TRUE(setter.get());
    EXPECT_EQ(waiter.get(), WaitStatus::ok);
    EXPECT_EQ(pool.stats().stalls, 1u);
    const std::vector<std::string> lines = heard.lines();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_THAT(lines[0], HasSubstr("narrow"));
    EXPECT_THAT(lines[0], HasSubstr("1 queued"));
    EXPECT_THAT(lines[0], HasSubstr("waiter (pool_test.cpp:"));
    EXPECT_THAT(lines[0], HasSubstr("waits on Event go (wait)"));
}

TEST(Pool, AStallAtTheCapIsToldWithWhoWaitsForWhatWhereTheTaskWasQueuedFirst) {
    expect_stall_is_told(true);
}

TEST(Pool, AStallAtTheCapIsToldWithWhoWaitsForWhatWhereTheTaskIsQueuedLater) {
    expect_stall_is_told(false);
}

TEST(Pool, AShutdownDoesNotWaitForAStallToBeTold) {
    Heard heard;
    Event go;
    Pool pool({.name = "narrow", .workers = 1, .max_threads = 1, .on_error = heard.handler()});
    auto waiter = pool.submit([&](const std::stop_token& stop) { return go.wait(stop); });
    until_tasks_wait(pool, 1);
    pool.post([] {});
    EXPECT_EQ(pool.stats().stalls, 1u);
    EXPECT_TRUE(pool.shutdown(Deadline::never()).complete());
    EXPECT_EQ(waiter.get(), WaitStatus::stopped);
    EXPECT_THAT(heard.lines(), testing::IsEmpty());
}

TEST(Pool, ABlockingTaskAddsAThread) {
    Pool pool({.workers = 1, .max_threads = 2});
    std::atomic<bool> open = false;
    auto blocked = pool.submit({.blocking = true}, [&] {
        while (!open) std::this_thread::yield(); // stands for a wait that Offstage does not see
    });
    pool.submit([&] { open = true; }).get();
    blocked.get();
}

TEST(Pool, ASpareThreadEndsWhenItIsNotNeeded) {
    Event event;
    Pool pool({.workers = 1, .max_threads = 2, .idle_timeout = 1ms});
    auto waiter = pool.submit([&] { event.wait(); });
    pool.submit([&] { event.set(); }).get();
    waiter.get();
    const Deadline deadline = sys::deadline_after(30s);
    while (pool.stats().threads > 1 && sys::steady_now() < deadline.when()) std::this_thread::yield();
    EXPECT_EQ(pool.stats().threads, 1u);
    // And its place is used again.
    event.clear();
    auto again = pool.submit([&] { event.wait(); });
    pool.submit([&] { event.set(); }).get();
    again.get();
}

TEST(Pool, ShutdownDropsWhatHasNotBegunAndCancelsItsFuture) {
    Pool pool({.workers = 1});
    pool.pause();
    auto future = pool.submit([] { return 1; });
    pool.post([] {});
    const ShutdownReport report = pool.shutdown(Deadline::never());
    EXPECT_TRUE(report.complete());
    EXPECT_EQ(report.stopped, 2u);
    try {
        future.get();
        FAIL() << "it was run";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::cancelled);
    }
    EXPECT_THROW(pool.post([] {}), Error);
}

TEST(Pool, ShutdownAsksRunningTasksToStop) {
    Event begun_post, begun_submit, never;
    Pool pool({.workers = 2});
    pool.post([&](const std::stop_token& stop) {
        begun_post.set();
        never.wait(stop);
    });
    auto future = pool.submit([&](const std::stop_token& stop) {
        begun_submit.set();
        return never.wait(stop);
    });
    begun_post.wait();
    begun_submit.wait();
    const ShutdownReport report = pool.shutdown(Deadline::never());
    EXPECT_TRUE(report.complete());
    EXPECT_EQ(report.finished, 2u);
    EXPECT_EQ(future.get(), WaitStatus::stopped);
}

TEST(Pool, ShutdownKeepsItsDeadlineAndNamesWhoStillRuns) {
    Event begun, event;
    Pool pool({.workers = 1});
    pool.post({.name = "stubborn"}, [&] {
        begun.set();
        event.wait();
    });
    begun.wait();
    const ShutdownReport report = pool.shutdown(sys::deadline_after(1ms));
    ASSERT_EQ(report.still_running.size(), 1u);
    EXPECT_THAT(report.still_running[0].name, HasSubstr("stubborn (pool_test.cpp:"));
    EXPECT_THAT(to_string(report), HasSubstr("still running: stubborn"));
    event.set();
    EXPECT_TRUE(pool.shutdown(Deadline::never()).complete());
}

TEST(Pool, DrainEndsByStopAndDeadline) {
    Event event;
    Pool pool({.workers = 1});
    pool.post([&] { event.wait(); });
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(pool.drain(stop.get_token()), WaitStatus::stopped);
    EXPECT_EQ(pool.drain({}, sys::deadline_after(1ms)), WaitStatus::timed_out);
    EXPECT_EQ(pool.drain({}, Deadline(SteadyTime::min())), WaitStatus::timed_out);
    event.set();
    EXPECT_EQ(pool.drain({}, sys::deadline_after(std::chrono::nanoseconds::max())), WaitStatus::ok);
}

TEST(PoolDeathTest, ATaskThatDrainsItsOwnPoolIsAProgrammersError) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            Pool pool({.workers = 1});
            pool.submit([&] { pool.drain(); }).get();
        },
        "its own pool is idle");
}

TEST(Pool, ManyProducersAndTasksThatPostTasksLoseNone) {
    std::atomic<int> ran = 0;
    {
        Pool pool({.workers = 3});
        std::vector<sys::Thread> producers;
        for (int p = 0; p < 4; ++p)
            producers.emplace_back("producer", [&](const std::stop_token&) {
                for (int i = 0; i < 500; ++i)
                    pool.post([&] {
                        ++ran;
                        pool.post([&] { ++ran; });
                    });
            });
        for (auto& producer : producers) producer.join();
        pool.drain();
        EXPECT_EQ(ran, 4000);
    }
}

TEST(Pool, AShutdownFindsTheThreadThatIsAboutToRest) {
    for (int i = 0; i < 2000; ++i) {
        Pool pool({.workers = 1});
        const Future<void> task = pool.submit([] {});
        while (!task.ready()) std::this_thread::yield(); // its thread then looks for more, or goes to sleep
        EXPECT_TRUE(pool.shutdown(sys::deadline_after(std::chrono::seconds(30))).complete());
        EXPECT_EQ(pool.stats().threads, 0u);
    }
}

} // namespace
} // namespace offstage
