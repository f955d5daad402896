// What CPython 3.11 proves of threading.Timer (Lib/test/test_threading.py, TimerTests) and sched.scheduler
// (Lib/test/test_sched.py), proved of Timers: a test for each case, written anew for our classes; each says
// above which case it stands for.
//
// Cases that do not apply:
//
//   test_queue                    what is to come is not listed: Timers::size() says how much there is
//   test_run_non_blocking         there is no run(): a thread keeps the time. Of the case remains that a
//                                 timer that is not due has not run: see test_empty
//   the clock of test_*_concurrent
//                                 timers follow the machine's clocks, not one that a test moves: what is
//                                 added and cancelled while others run is proved by the order of what runs
#include "offstage/executor/pool.hpp"
#include "offstage/executor/timers.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sys/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace offstage {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

// Timers on a pool of one worker, which begins nothing before all are due: so what they do comes in the order
// in which they came due.
class CPythonTimers : public testing::Test {
protected:
    Pool pool{{.workers = 1}};
    Timers timers{pool};
    std::vector<int> order; // written by the worker, read when the pool is idle

    void SetUp() override { pool.pause(); }
    auto note(int value) {
        return [this, value] { order.push_back(value); };
    }
    void run_once_due(std::size_t count) {
        while (pool.stats().queued < count) std::this_thread::yield();
        pool.resume();
        pool.drain();
    }
    /// The order in which `count` timers run that `arm` makes; made anew where that took `room` or longer, so
    /// that some were due before others were made.
    std::vector<int> ran(std::chrono::nanoseconds room, std::size_t count, const auto& arm) {
        for (;;) {
            order.clear();
            pool.pause();
            const auto latest = sys::steady_now() + room;
            arm();
            const bool in_time = sys::steady_now() < latest;
            run_once_due(count - order.size());
            if (in_time) return order;
        }
    }
};

// test_init_immutable_default_args (threading.Timer)
TEST_F(CPythonTimers, ATimersFunctionHasItsArgumentsForItself) {
    pool.resume();
    Semaphore called{0};
    std::vector<std::string> seen;
    const auto spy = [&, given = std::string()]() mutable {
        seen.push_back(given);
        given += "blah";
        called.release();
    };
    auto first = timers.after(10ms, spy);
    EXPECT_EQ(called.acquire(), WaitStatus::ok);
    auto second = timers.after(10ms, spy);
    EXPECT_EQ(called.acquire(), WaitStatus::ok);
    first.cancel_and_wait();
    second.cancel_and_wait();
    EXPECT_THAT(seen, ElementsAre("", ""));
}

// test_enter
TEST_F(CPythonTimers, DelaysRunInTheOrderOfTheirTimes) {
    const auto arm = [&] {
        for (const int delay : {50, 40, 30, 20, 10})
            timers.after(std::chrono::milliseconds(delay), note(delay));
    };
    EXPECT_THAT(ran(10ms, 5, arm), ElementsAre(10, 20, 30, 40, 50));
}

// test_enterabs
TEST_F(CPythonTimers, MomentsRunInTheirOrder) {
    const auto arm = [&] {
        const WallTime now = sys::wall_now();
        for (const int moment : {50, 40, 30, 20, 10})
            timers.at(now + std::chrono::milliseconds(moment), note(moment));
    };
    EXPECT_THAT(ran(10ms, 5, arm), ElementsAre(10, 20, 30, 40, 50));
}

// test_enter_concurrent
TEST_F(CPythonTimers, WhatIsAddedWhileOthersWaitTakesItsPlaceAmongThem) {
    const auto arm = [&] {
        const WallTime now = sys::wall_now();
        const auto add = [&, now](int moment) { timers.at(now + moment * 20ms, note(moment)); };
        add(1);
        add(3);
        pool.post([&] {
            for (const int moment : {4, 5, 2}) add(moment);
        });
        pool.resume(); // it adds them; then the worker is kept until all are due
        pool.drain();
        pool.pause();
    };
    EXPECT_THAT(ran(20ms, 5, arm), ElementsAre(1, 2, 3, 4, 5));
}

// test_priority
TEST_F(CPythonTimers, OfThoseThatAreDueTogetherTheHigherPriorityRunsFirst) {
    const WallTime moment = sys::wall_now() + 10ms;
    const auto add = [&](Priority priority) {
        timers.at(moment, note(static_cast<int>(priority)), {.priority = priority});
    };
    for (const Priority priority :
         {Priority::low, Priority::high, Priority::normal, Priority::high, Priority::low})
        add(priority);
    run_once_due(5);
    EXPECT_THAT(order, ElementsAre(0, 0, 1, 2, 2));
}

// test_cancel
TEST_F(CPythonTimers, WhatWasCancelledDoesNotRun) {
    const auto arm = [&] {
        std::vector<Timer> made;
        for (const int delay : {10, 20, 30, 40, 50})
            made.push_back(timers.after(std::chrono::milliseconds(delay), note(delay)));
        EXPECT_EQ(made[0].cancel(), TimerCancel::cancelled);
        EXPECT_EQ(made[4].cancel(), TimerCancel::cancelled);
    };
    EXPECT_THAT(ran(10ms, 3, arm), ElementsAre(20, 30, 40));
}

// test_cancel_concurrent
TEST_F(CPythonTimers, OthersMayBeCancelledOnceTheFirstHasRun) {
    pool.resume();
    Semaphore called{0};
    std::vector<Timer> made;
    for (const int place : {1, 2, 3, 4, 5})
        made.push_back(timers.after(place == 1       ? 0s
                                    : place % 2 == 0 ? 1h
                                                     : 10ms,
                                    [&, place] {
                                        order.push_back(place);
                                        called.release();
                                    }));
    EXPECT_EQ(called.acquire(), WaitStatus::ok);
    EXPECT_EQ(made[1].cancel(), TimerCancel::cancelled);
    EXPECT_EQ(made[3].cancel(), TimerCancel::cancelled);
    EXPECT_EQ(called.acquire(), WaitStatus::ok);
    EXPECT_EQ(called.acquire(), WaitStatus::ok);
    pool.drain();
    EXPECT_THAT(order, ElementsAre(1, 3, 5));
    EXPECT_EQ(timers.size(), 0u);
}

// test_cancel_correct_event
TEST_F(CPythonTimers, OfSeveralAtOneMomentTheRightOneIsCancelled) {
    const WallTime moment = sys::wall_now() + 10ms;
    timers.at(moment, note(1));
    auto second = timers.at(moment, note(2));
    timers.at(moment, note(3));
    EXPECT_EQ(second.cancel(), TimerCancel::cancelled);
    run_once_due(2);
    EXPECT_THAT(order, ElementsAre(1, 3));
}

// test_empty
TEST_F(CPythonTimers, TheSizeIsHowManyAreToCome) {
    EXPECT_EQ(timers.size(), 0u);
    std::vector<Timer> later;
    for (int i = 0; i < 5; ++i) later.push_back(timers.after(1h, note(i)));
    timers.after(1ms, note(5));
    run_once_due(1);
    EXPECT_EQ(timers.size(), 5u);
    EXPECT_THAT(order, ElementsAre(5));
    for (Timer& timer : later) timer.cancel();
    EXPECT_EQ(timers.size(), 0u);
}

// test_args_kwargs
TEST_F(CPythonTimers, AFunctionIsCalledWithWhatItWasBoundTo) {
    std::vector<std::string> seen;
    const auto call = [&seen](std::same_as<int> auto... given) {
        std::string all;
        ((all += std::to_string(given) + " "), ...);
        seen.push_back(all);
    };
    timers.after(0s, call);
    timers.after(0s, std::bind(call, 1, 2));
    timers.after(0s, [call, moved = std::make_unique<int>(3)] { call(*moved); });
    run_once_due(3);
    EXPECT_THAT(seen, UnorderedElementsAre("", "1 2 ", "3 "));
}

} // namespace
} // namespace offstage
