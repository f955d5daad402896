// What tasks post, which lies in their worker's own lane: its order, and that nobody forgets it.
#include "offstage/base/error.hpp"
#include "offstage/executor/future.hpp"
#include "offstage/executor/pool.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace offstage {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

TEST(PoolLanes, AnotherWorkerTakesWhatALongTaskPostedInItsOrder) {
    constexpr int tasks = 1000;
    Pool pool({.workers = 2});
    std::vector<int> order;
    std::atomic<int> ran = 0;
    pool.post([&] {
        for (int i = 0; i < tasks; ++i)
            pool.post([&, i] {
                order.push_back(i); // by one thread: the other is in the long task
                ++ran;
            });
        while (ran < tasks) std::this_thread::yield();
    });
    pool.drain();
    ASSERT_EQ(order.size(), std::size_t{tasks});
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(PoolLanes, WhatATaskPostedComesBeforeWhatAnOutsiderPostsLaterAndAfterHighOnes) {
    Pool pool({.workers = 1, .max_threads = 1});
    std::vector<std::string> order;
    const auto post = [&](std::string name, Priority priority = Priority::normal) {
        pool.post({.priority = priority}, [&order, name] { order.push_back(name); });
    };
    pool.post([&] {
        post("first of the task");
        sys::Thread outsider("outsider", [&](const std::stop_token&) {
            post("outsider");
            post("low", Priority::low);
            post("high", Priority::high);
        });
        outsider.join();
        post("second of the task");
    });
    pool.drain();
    EXPECT_THAT(order, ElementsAre("high", "first of the task", "outsider", "second of the task", "low"));
}

TEST(PoolLanes, APauseHoldsBackWhatATaskPostedToo) {
    Pool pool({.workers = 1});
    std::atomic<int> ran = 0;
    Future<void> poster = pool.submit([&] {
        for (int i = 0; i < 3; ++i) pool.post([&] { ++ran; });
        pool.pause();
    });
    poster.get();
    while (pool.stats().idle == 0) std::this_thread::yield();
    EXPECT_EQ(ran, 0);
    EXPECT_EQ(pool.stats().queued, 3u);
    pool.resume();
    pool.drain();
    EXPECT_EQ(ran, 3);
}

TEST(PoolLanes, ShutdownDropsAndCountsWhatATaskPosted) {
    Event posted, never;
    Pool pool({.workers = 1, .max_threads = 1});
    std::vector<Future<int>> futures;
    pool.post([&](const std::stop_token& stop) {
        for (int i = 0; i < 3; ++i) futures.push_back(pool.submit([] { return 1; }));
        posted.set();
        never.wait(stop);
    });
    posted.wait();
    EXPECT_EQ(pool.stats().queued, 3u);
    EXPECT_EQ(pool.shutdown(Deadline::never()).stopped, 3u);
    for (Future<int>& future : futures) EXPECT_THROW(future.get(), Error);
}

TEST(PoolLanes, TheLimitOfTheQueueCountsWhatATaskPosted) {
    Pool pool({.workers = 1, .queue_limit = 9});
    std::atomic<int> taken = 0;
    pool.post([&] {
        try {
            for (;;) {
                pool.post([] {});
                ++taken;
            }
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::full);
        }
    });
    pool.drain();
    EXPECT_EQ(taken, 9);
    EXPECT_EQ(pool.stats().finished, 10u);
}

TEST(PoolLanes, WhatALongTaskPostedIsNotPassedOverByAWorkerThatPostsForEver) {
    Pool pool({.workers = 2});
    std::atomic<bool> chain_runs = false, ran = false;
    std::function<void()> chain = [&] {
        chain_runs = true;
        if (!ran) pool.post(chain);
    };
    pool.post([&] { // its worker has always one of its own
        pool.post(chain);
        chain();
    });
    pool.post([&] {
        while (!chain_runs) std::this_thread::yield();
        pool.post([&] { ran = true; });
        while (!ran) std::this_thread::yield();
    });
    EXPECT_EQ(pool.drain({}, sys::deadline_after(60s)), WaitStatus::ok);
    ran = true; // so that a failure ends
}

TEST(PoolLanes, TheLimitHoldsWhereThreadsStandInForThoseThatWait) {
    constexpr std::size_t limit = 1200;
    constexpr unsigned threads = 12;
    Event go_on;
    Pool pool({.workers = 1, .max_threads = threads, .queue_limit = limit});
    std::function<void()> post_many = [&] {
        try {
            for (std::size_t i = 0; i < limit / 4; ++i) pool.post(post_many);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::full);
        }
        EXPECT_LE(pool.stats().queued, limit);
        go_on.wait();
    };
    pool.post(post_many);
    while (pool.stats().waiting < threads) std::this_thread::yield();
    EXPECT_LE(pool.stats().queued, limit);
    std::size_t before = pool.stats().queued, taken = 0;
    try {
        for (;; ++taken) pool.post([] {});
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::full);
    }
    EXPECT_EQ(before + taken, limit) << "all of it can be used, and no more";
    pool.pause();
    go_on.set();
    pool.shutdown(Deadline::never());
}

TEST(PoolLanes, AfterAPauseNothingIsBegun) {
    Pool pool({.workers = 1});
    for (int i = 0; i < 200; ++i) {
        std::atomic<bool> posted = false;
        pool.post([&] {
            for (int k = 0; k < 2000; ++k) pool.post([] {});
            posted = true;
        });
        while (!posted) std::this_thread::yield();
        pool.pause();
        const std::size_t queued = pool.stats().queued;
        while (pool.stats().idle == 0) std::this_thread::yield();
        ASSERT_EQ(pool.stats().queued, queued);
        pool.resume();
        pool.drain();
    }
}

} // namespace
} // namespace offstage
