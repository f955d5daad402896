#include "offstage/executor/timers.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace offstage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using namespace std::chrono_literals;

class TimersTest : public testing::Test {
protected:
    Heard heard;
    Event fired, open, begun;
    Semaphore runs{0};
    Pool pool{{.workers = 2, .on_error = heard.handler()}};
    Timers timers{pool};

    void wait_for_runs(int count) {
        while (count-- > 0) ASSERT_EQ(runs.acquire(), WaitStatus::ok);
    }
};

TEST_F(TimersTest, AfterRunsOnceAndNotBeforeItsTime) {
    const SteadyTime from = sys::steady_now();
    SteadyTime when{};
    auto timer = timers.after(5ms, [&] {
        when = sys::steady_now();
        fired.set();
    });
    fired.wait();
    EXPECT_GE(when - from, 5ms);
    EXPECT_EQ(timer.cancel_and_wait(), WaitStatus::ok);
    EXPECT_EQ(timer.cancel(), TimerCancel::fired);
    EXPECT_EQ(timers.size(), 0u);
}

TEST_F(TimersTest, ADelayThatIsPastRunsAtOnce) {
    timers.after(-1h, [&] { fired.set(); });
    fired.wait();
}

TEST_F(TimersTest, ADelayForEverNeverRuns) {
    auto timer = timers.after(std::chrono::nanoseconds::max(), [&] { FAIL(); });
    EXPECT_EQ(timer.cancel(), TimerCancel::cancelled);
    EXPECT_EQ(timer.cancel(), TimerCancel::cancelled);
}

TEST_F(TimersTest, TheEarlierRunsFirstAndEqualOnesInTheirOrder) {
    Pool one({.workers = 1});
    Timers ordered(one);
    std::string order;
    one.pause();
    const WallTime soon = sys::wall_now();
    ordered.at(soon + 60ms, [&] { order += 'c'; });
    ordered.at(soon + 40ms, [&] { order += 'b'; });
    ordered.at(soon + 20ms, [&] { order += 'a'; });
    ordered.at(soon + 80ms, [&] { fired.set(); });
    while (one.stats().queued < 4) std::this_thread::yield();
    one.resume();
    fired.wait();
    EXPECT_EQ(order, "abc");
}

TEST_F(TimersTest, ThoseAtOneMomentRunInTheOrderInWhichTheyWereMade) {
    constexpr int count = 200;
    Pool one({.workers = 1});
    Timers ordered(one);
    std::vector<int> order;
    const WallTime moment = sys::wall_now() + 20ms;
    for (int i = 0; i < count; ++i)
        ordered.at(moment, [&, i] {
            order.push_back(i);
            runs.release();
        });
    wait_for_runs(count);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(TimersTest, ManyAlarmsThatAreCancelledLeaveNone) {
    const WallTime later = sys::wall_now() + 1h;
    auto last = timers.at(sys::wall_now() + 5ms, [&] { fired.set(); });
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(timers.at(later, [] { FAIL(); }).cancel(), TimerCancel::cancelled);
    fired.wait();
    EXPECT_EQ(last.cancel_and_wait(), WaitStatus::ok);
    EXPECT_EQ(timers.size(), 0u);
}

TEST_F(TimersTest, CancelBeforeItsTimeMeansThatItNeverRuns) {
    auto token = std::make_shared<int>();
    std::weak_ptr<int> watch = token;
    auto timer = timers.after(1h, [token = std::move(token)] { FAIL(); });
    EXPECT_EQ(timers.size(), 1u);
    EXPECT_EQ(timer.cancel(), TimerCancel::cancelled);
    EXPECT_EQ(timers.size(), 0u);
    EXPECT_TRUE(watch.expired()) << "what it held was not let go";
}

TEST_F(TimersTest, CancelOfWhatIsDueButNotBegunTakesItBack) {
    pool.pause();
    bool ran = false;
    auto timer = timers.after(0ms, [&] { ran = true; });
    while (pool.stats().queued == 0) std::this_thread::yield();
    EXPECT_EQ(timer.cancel(), TimerCancel::cancelled);
    pool.resume();
    pool.drain();
    EXPECT_FALSE(ran);
}

TEST_F(TimersTest, CancelWhileItRunsAsksItToStopAndCancelAndWaitWaits) {
    std::atomic<bool> ended = false;
    auto timer = timers.after(0ms, [&](const std::stop_token& stop) {
        begun.set();
        open.wait(stop);
        ended = true;
    });
    begun.wait();
    EXPECT_EQ(timer.cancel(), TimerCancel::running);
    EXPECT_EQ(timer.cancel_and_wait(), WaitStatus::ok);
    EXPECT_TRUE(ended);
    EXPECT_EQ(timer.cancel(), TimerCancel::fired);
}

TEST_F(TimersTest, CancelAndWaitEndsByStopAndDeadline) {
    auto timer = timers.after(0ms, [&] {
        begun.set();
        open.wait();
    });
    begun.wait();
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(timer.cancel_and_wait(stop.get_token()), WaitStatus::stopped);
    EXPECT_EQ(timer.cancel_and_wait({}, sys::deadline_after(1ms)), WaitStatus::timed_out);
    open.set();
    EXPECT_EQ(timer.cancel_and_wait(), WaitStatus::ok);
}

TEST_F(TimersTest, AThrowReachesTheSinkWithItsPlace) {
    timers.after(0ms, [] { throw std::runtime_error("boom"); }, {.name = "bomb"});
    const unsigned line = std::source_location::current().line() - 1;
    heard.any.wait();
    EXPECT_THAT(heard.lines(), ElementsAre("bomb (timers_test.cpp:" + std::to_string(line) + "): boom"));
}

// A pool whose queue is full until open_queue().
class TimersOnAFullPoolTest : public testing::Test {
protected:
    Heard heard;
    Semaphore runs{0};
    Pool pool{{.workers = 1, .queue_limit = 1, .on_error = heard.handler()}};
    Timers timers{pool};

    void SetUp() override {
        pool.pause();
        pool.post([] {});
    }
    void open_queue() {
        pool.resume();
        pool.drain();
    }
};

TEST_F(TimersOnAFullPoolTest, ASeriesWithAFixedDelayGoesOnWhenTheQueueHasRoomAgain) {
    auto series = timers.every(1ms, [&] { runs.release(); }, {.name = "sweep", .pace = Pace::fixed_delay});
    heard.any.wait();
    EXPECT_THAT(heard.lines()[0], HasSubstr("sweep (timers_test.cpp:"));
    EXPECT_THAT(heard.lines()[0], HasSubstr("queue_limit"));
    open_queue();
    EXPECT_EQ(runs.acquire({}, sys::deadline_after(30s)), WaitStatus::ok);
    series.cancel_and_wait();
}

TEST_F(TimersOnAFullPoolTest, ATimerThatWasRefusedIsToldByItsNameAndLeavesNothing) {
    std::vector<Timer> refused;
    for (int i = 0; i < 3; ++i)
        refused.push_back(timers.after(0s, [&] { runs.release(); }, {.name = "once"}));
    while (heard.lines().size() < 3) std::this_thread::yield();
    for (const std::string& line : heard.lines()) EXPECT_THAT(line, HasSubstr("once (timers_test.cpp:"));
    while (timers.size() > 0) std::this_thread::yield();
    for (Timer& timer : refused) EXPECT_EQ(timer.cancel(), TimerCancel::fired) << "its slot was not freed";
    open_queue();
    EXPECT_FALSE(runs.try_acquire());
}

TEST_F(TimersTest, AtAMomentLongPastRunsAtOnceAndOneThatNeverComesDoesNot) {
    auto past = timers.at(WallTime::min(), [&] { fired.set(); });
    auto never = timers.at(WallTime::max(), [] { FAIL(); });
    EXPECT_EQ(fired.wait({}, sys::deadline_after(30s)), WaitStatus::ok);
    EXPECT_EQ(never.cancel(), TimerCancel::cancelled);
}

TEST_F(TimersTest, AtRunsAtATimeOfDay) {
    const WallTime when = sys::wall_now() + 5ms;
    WallTime ran{};
    timers.at(when, [&] {
        ran = sys::wall_now();
        fired.set();
    });
    fired.wait();
    EXPECT_GE(ran, when);
    timers.at(sys::wall_now() - 1h, [&] { runs.release(); });
    wait_for_runs(1);
}

TEST_F(TimersTest, EveryRunsAgainAndAgainUntilItIsCancelled) {
    auto series = timers.every(1ms, [&] { runs.release(); });
    wait_for_runs(5);
    EXPECT_EQ(series.cancel_and_wait(), WaitStatus::ok);
    while (runs.try_acquire()) {
    }
    EXPECT_EQ(timers.size(), 0u);
    EXPECT_EQ(runs.acquire({}, sys::deadline_after(10ms)), WaitStatus::timed_out);
}

TEST_F(TimersTest, ASeriesGoesOnAfterAThrow) {
    auto series = timers.every(1ms,
                               [&] {
                                   runs.release();
                                   throw std::runtime_error("again");
                               },
                               {.name = "retrain"});
    wait_for_runs(3);
    series.cancel_and_wait();
    EXPECT_THAT(heard.lines(), SizeIs(testing::Ge(3)));
    EXPECT_THAT(heard.lines()[0], HasSubstr("retrain (timers_test.cpp:"));
}

TEST_F(TimersTest, TheFirstRunMayComeAtOnce) {
    auto series = timers.every(1h, [&] { runs.release(); }, {.first_after = 0s});
    wait_for_runs(1);
    EXPECT_NE(series.cancel(), TimerCancel::fired);
}

TEST_F(TimersTest, FixedDelayRestsAfterEachRun) {
    std::atomic<int> at_once = 0;
    std::vector<SteadyTime> begins, ends;
    auto series = timers.every(2ms,
                               [&] {
                                   EXPECT_EQ(++at_once, 1);
                                   begins.push_back(sys::steady_now());
                                   open.wait({}, sys::deadline_after(3ms));
                                   ends.push_back(sys::steady_now());
                                   --at_once;
                                   runs.release();
                               },
                               {.pace = Pace::fixed_delay});
    wait_for_runs(3);
    series.cancel_and_wait();
    for (std::size_t i = 1; i < begins.size(); ++i) EXPECT_GE(begins[i] - ends[i - 1], 2ms);
}

TEST_F(TimersTest, OverlapSkipLeavesRunsOut) {
    std::atomic<int> at_once = 0, count = 0;
    auto series = timers.every(1ms, [&] {
        EXPECT_EQ(++at_once, 1);
        if (count++ == 0) open.wait({}, sys::deadline_after(30ms));
        --at_once;
        runs.release();
    });
    wait_for_runs(2);
    series.cancel_and_wait();
}

TEST_F(TimersTest, OverlapQueueRunsThemOneAfterTheOther) {
    std::atomic<int> at_once = 0, count = 0;
    auto series = timers.every(1ms,
                               [&] {
                                   EXPECT_EQ(++at_once, 1);
                                   if (count++ == 0) open.wait({}, sys::deadline_after(20ms));
                                   --at_once;
                                   runs.release();
                               },
                               {.overlap = Overlap::queue, .misfire = Misfire::all});
    wait_for_runs(15);
    series.cancel_and_wait();
}

// Holds up the thread that keeps the time, by an error handler that does not return, until a series that was
// made before has missed its first two runs; then counts what it does.
class TimersMisfireTest : public testing::Test {
protected:
    static constexpr auto period = 200ms;

    // The runs' moments after the series was made, at least `count` of them.
    std::vector<std::chrono::nanoseconds> runs_after_a_delay(Misfire misfire, std::size_t count) {
        Event held, hold;
        Semaphore runs{0};
        std::vector<std::chrono::nanoseconds> moments; // by one worker, in their order
        Pool pool({.workers = 1, .queue_limit = 1, .on_error = [&](const TaskError&) {
                       held.set();
                       hold.wait();
                   }});
        Timers timers(pool);
        pool.pause();
        pool.post([] {});
        auto refused = timers.after(0s, [] {}); // who hears of it holds up the thread
        held.wait();
        made_ = sys::steady_now();
        auto series = timers.every(period,
                                   [&] {
                                       moments.push_back(sys::steady_now() - made_);
                                       runs.release();
                                   },
                                   {.overlap = Overlap::queue, .misfire = misfire});
        pool.resume();
        pool.drain();
        Event later;
        later.wait({}, sys::deadline_after(period * 5 / 2));
        hold.set();
        for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(runs.acquire(), WaitStatus::ok);
        series.cancel_and_wait();
        return moments;
    }

private:
    SteadyTime made_;
};

TEST_F(TimersMisfireTest, SkipLeavesOutWhatIsLongDue) {
    EXPECT_GE(runs_after_a_delay(Misfire::skip, 1)[0], period * 3);
}

TEST_F(TimersMisfireTest, OnceMakesOneRunForAllThatIsLongDue) {
    const auto moments = runs_after_a_delay(Misfire::once, 2);
    EXPECT_GE(moments[0], period * 5 / 2);
    EXPECT_GE(moments[1], period * 3);
    if (moments[0] >= period * 3) GTEST_SKIP() << "this machine was too busy to tell it from skip";
}

TEST_F(TimersMisfireTest, AllMakesARunForEach) {
    const auto moments = runs_after_a_delay(Misfire::all, 3);
    EXPECT_GE(moments[0], period * 5 / 2);
    if (moments[0] >= period * 3) GTEST_SKIP() << "this machine was too busy to tell it from once";
    EXPECT_LT(moments[1] - moments[0], period / 2);
}

TEST_F(TimersTest, OverlapParallelRunsThemTogether) {
    std::atomic<int> at_once = 0;
    auto series = timers.every(1ms,
                               [&] {
                                   if (++at_once == 2) open.set(); // both are here
                                   open.wait();
                                   --at_once;
                               },
                               {.overlap = Overlap::parallel});
    EXPECT_EQ(open.wait(), WaitStatus::ok);
    EXPECT_EQ(series.cancel_and_wait(), WaitStatus::ok);
}

TEST_F(TimersTest, CancellingASeriesInMidRunAsksThatRunToStop) {
    auto series = timers.every(1ms, [&](const std::stop_token& stop) {
        begun.set();
        open.wait(stop);
    });
    begun.wait();
    EXPECT_EQ(series.cancel(), TimerCancel::running);
    EXPECT_EQ(series.cancel_and_wait(), WaitStatus::ok);
    EXPECT_EQ(timers.size(), 0u);
}

TEST_F(TimersTest, JitterStaysWithinItsBound) {
    SteadyTime when{};
    const SteadyTime from = sys::steady_now();
    auto series = timers.every(1ms,
                               [&] {
                                   when = sys::steady_now();
                                   runs.release();
                               },
                               {.jitter = 1ms});
    wait_for_runs(1);
    EXPECT_GE(when - from, 1ms);
    series.cancel_and_wait();
}

TEST_F(TimersTest, PeriodAndJitterAreChecked) {
    EXPECT_THROW(timers.every(0s, [] {}), Error);
    EXPECT_THROW(timers.every(-1s, [] {}), Error);
    EXPECT_THROW(timers.every(999ns, [] {}), Error);
    EXPECT_THROW(timers.every(1s, [] {}, {.jitter = 2s}), Error);
    EXPECT_THROW(timers.every(1s, [] {}, {.jitter = -1ns}), Error);
}

TEST_F(TimersTest, CloseCancelsAllAndRefusesMore) {
    auto later = timers.after(1h, [] { FAIL(); });
    auto series = timers.every(1h, [] { FAIL(); });
    auto running = timers.after(0s, [&](const std::stop_token& stop) {
        begun.set();
        open.wait(stop);
    });
    begun.wait();
    timers.close();
    timers.close();
    EXPECT_EQ(later.cancel(), TimerCancel::cancelled);
    EXPECT_EQ(series.cancel(), TimerCancel::cancelled);
    EXPECT_EQ(running.cancel_and_wait(), WaitStatus::ok);
    EXPECT_THROW(timers.after(1s, [] {}), Error);
    EXPECT_EQ(timers.size(), 0u);
}

TEST_F(TimersTest, AFunctionMayCancelItsOwnSeries) {
    Timer series;
    Event made;
    series = timers.every(1ms, [&] {
        made.wait();
        EXPECT_EQ(series.cancel(), TimerCancel::running);
        fired.set();
    });
    made.set();
    fired.wait();
    pool.drain();
    EXPECT_EQ(timers.size(), 0u);
}

TEST(Timer, MayOutliveItsTimersAndItsPool) {
    Timer timer;
    {
        Pool pool({.workers = 1});
        Timers timers(pool);
        timer = timers.after(1h, [] { FAIL(); });
    }
    EXPECT_EQ(timer.cancel(), TimerCancel::cancelled);
}

TEST_F(TimersTest, ManyTimersMadeAndCancelledFromSeveralThreadsLeaveNone) {
    std::atomic<int> ran = 0, cancelled = 0;
    std::vector<sys::Thread> threads;
    constexpr int each = 2000;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back("maker", [&, t](const std::stop_token&) {
            std::vector<Timer> mine;
            for (int i = 0; i < each; ++i)
                mine.push_back(timers.after(std::chrono::microseconds((i * 37 + t) % 3000), [&] { ++ran; }));
            for (Timer& timer : mine)
                if (timer.cancel() == TimerCancel::cancelled) ++cancelled;
        });
    for (auto& thread : threads) thread.join();
    while (timers.size() > 0) std::this_thread::yield();
    pool.drain();
    EXPECT_EQ(ran + cancelled, 3 * each);
}

} // namespace
} // namespace offstage
