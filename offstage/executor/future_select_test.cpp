#include "offstage/executor/future_select.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/pool.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <stdexcept>

namespace offstage {
namespace {

using namespace std::chrono_literals;

TEST(SelectFutures, TakesTheFutureThatIsReady) {
    Event open;
    BoundedQueue<int> queue(1);
    Pool pool({.workers = 1});
    auto future = pool.submit([&] {
        open.wait();
        return 7;
    });
    int got = 0;
    queue.push(1);
    const auto wait = [&] {
        return select(on_pop(queue, [&](int n) { got = n; }), on_ready(future, [&](int n) { got = n; }))
            .value();
    };
    EXPECT_EQ(wait(), 0u);
    EXPECT_EQ(got, 1);
    open.set();
    EXPECT_EQ(wait(), 1u);
    EXPECT_EQ(got, 7);
    EXPECT_FALSE(future.valid());
}

TEST(SelectFutures, WhatTheTaskThrewPassesThrough) {
    Pool pool({.workers = 1});
    auto future = pool.submit([] { throw std::out_of_range("x"); });
    EXPECT_THROW(std::ignore = select(on_ready(future, [] {})), std::out_of_range);
    EXPECT_EQ(select(on_ready(future, [] {})).status(), WaitStatus::closed);
}

TEST(SelectFutures, ATimeComesAndADeadlineEndsTheWait) {
    Event never;
    bool came = false;
    EXPECT_EQ(select(on_set(never, [] {}), on_time(sys::deadline_after(1ms), [&] { came = true; })).value(),
              1u);
    EXPECT_TRUE(came);
    EXPECT_EQ(select({}, sys::deadline_after(1ms), on_set(never, [] {}),
                     on_time(sys::deadline_after(1h), [] { FAIL(); }))
                  .status(),
              WaitStatus::timed_out);
}

TEST(SelectFutures, AStopEndsTheWait) {
    Event open;
    std::stop_source stop;
    stop.request_stop();
    Pool pool({.workers = 1});
    auto future = pool.submit([&] { open.wait(); });
    EXPECT_EQ(select(stop.get_token(), on_ready(future, [] {})).status(), WaitStatus::stopped);
    open.set();
}

} // namespace
} // namespace offstage
