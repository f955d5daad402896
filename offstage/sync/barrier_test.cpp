#include "offstage/base/error.hpp"
#include "offstage/sync/barrier.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <set>
#include <stdexcept>
#include <vector>

namespace offstage {

using namespace testing;

namespace {
void until_waiting(const Barrier& barrier, std::size_t count) {
    while (barrier.waiting() != count) sys::Parker::current().park(sys::deadline_after(100us));
}
} // namespace

TEST(Barrier, LetsAllGoWhenTheLastHasCome) {
    constexpr std::size_t parties = 5;
    Barrier barrier(parties);
    std::atomic<int> arrived = 0;
    std::vector<sys::Thread> threads;
    for (std::size_t i = 0; i < parties; ++i)
        threads.emplace_back("party", [&](std::stop_token) {
            for (int round = 1; round <= 50; ++round) {
                ++arrived;
                EXPECT_TRUE(barrier.arrive_and_wait());
                EXPECT_GE(arrived, round * static_cast<int>(parties));
                EXPECT_TRUE(barrier.arrive_and_wait());
            }
        });
    threads.clear();
    EXPECT_EQ(arrived, 250);
    EXPECT_EQ(barrier.waiting(), 0U);
    EXPECT_FALSE(barrier.is_broken());
}

TEST(Barrier, GivesEachOfARoundItsOwnNumber) {
    Barrier barrier(4);
    sys::Mutex mutex;
    std::multiset<std::size_t> numbers;
    {
        std::vector<sys::Thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back("party", [&](std::stop_token) {
                const std::size_t number = *barrier.arrive_and_wait();
                const sys::MutexLock lock(mutex);
                numbers.insert(number);
            });
    }
    EXPECT_EQ(numbers, (std::multiset<std::size_t>{0, 1, 2, 3}));
}

TEST(Barrier, RunsItsActionOnceARoundBeforeAnyoneGoesOn) {
    std::atomic<int> actions = 0;
    Barrier barrier(3, [&] { ++actions; });
    std::vector<sys::Thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back("party", [&](std::stop_token) {
            for (int round = 1; round <= 20; ++round) {
                EXPECT_TRUE(barrier.arrive_and_wait());
                EXPECT_GE(actions, 2 * round - 1);
                EXPECT_TRUE(barrier.arrive_and_wait());
            }
        });
    threads.clear();
    EXPECT_EQ(actions, 40);
}

TEST(Barrier, AWaitEndsByStopOrDeadlineAndBreaksItForTheOthers) {
    expect_endable([](std::stop_token stop, Deadline deadline) {
        Barrier barrier(3);
        WaitStatus other = WaitStatus::ok;
        sys::Thread waiter("other", [&](std::stop_token) { other = barrier.arrive_and_wait().status(); });
        until_waiting(barrier, 1);
        const WaitStatus ended = barrier.arrive_and_wait(stop, deadline).status();
        waiter.join();
        EXPECT_EQ(other, WaitStatus::closed);
        EXPECT_TRUE(barrier.is_broken());
        EXPECT_EQ(barrier.arrive_and_wait().status(), WaitStatus::closed);
        return ended;
    });
}

TEST(Barrier, TheLastToComeNeverWaits) {
    Barrier barrier(1);
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) {
        return barrier.arrive_and_wait(stop, deadline).status();
    });
}

TEST(Barrier, AbortBreaksItAndResetMendsIt) {
    Barrier barrier(2);
    WaitStatus ended = WaitStatus::ok;
    sys::Thread waiter("waiter", [&](std::stop_token) { ended = barrier.arrive_and_wait().status(); });
    until_waiting(barrier, 1);
    barrier.abort();
    waiter.join();
    EXPECT_EQ(ended, WaitStatus::closed);
    EXPECT_TRUE(barrier.is_broken());
    EXPECT_EQ(barrier.arrive_and_wait().status(), WaitStatus::closed);
    barrier.reset();
    EXPECT_FALSE(barrier.is_broken());
    sys::Thread partner("partner", [&](std::stop_token) { EXPECT_TRUE(barrier.arrive_and_wait()); });
    EXPECT_TRUE(barrier.arrive_and_wait());
}

TEST(Barrier, ResetSendsAwayWhoWaitsAndIsNotBroken) {
    Barrier barrier(2);
    WaitStatus ended = WaitStatus::ok;
    sys::Thread waiter("waiter", [&](std::stop_token) { ended = barrier.arrive_and_wait().status(); });
    until_waiting(barrier, 1);
    barrier.reset();
    waiter.join();
    EXPECT_EQ(ended, WaitStatus::closed);
    EXPECT_FALSE(barrier.is_broken());
    EXPECT_EQ(barrier.waiting(), 0U);
}

TEST(Barrier, AnActionThatThrowsBreaksItAndIsHeardByTheLast) {
    Barrier barrier(2, [] { throw std::runtime_error("cold engine"); });
    WaitStatus other = WaitStatus::ok;
    sys::Thread waiter("other", [&](std::stop_token) { other = barrier.arrive_and_wait().status(); });
    until_waiting(barrier, 1);
    EXPECT_THROW((void)barrier.arrive_and_wait(), std::runtime_error);
    waiter.join();
    EXPECT_EQ(other, WaitStatus::closed);
    EXPECT_TRUE(barrier.is_broken());
}

TEST(Barrier, LeavingWhileTheActionRunsBreaksNothing) {
    Event acting, go_on;
    Barrier barrier(2, [&] {
        acting.set();
        go_on.wait();
    });
    std::stop_source source;
    WaitStatus ended = WaitStatus::ok;
    sys::Thread first("first",
                      [&](std::stop_token) { ended = barrier.arrive_and_wait(source.get_token()).status(); });
    until_waiting(barrier, 1);
    sys::Thread last("last", [&](std::stop_token) { EXPECT_TRUE(barrier.arrive_and_wait()); });
    acting.wait();
    source.request_stop();
    first.join();
    EXPECT_EQ(ended, WaitStatus::stopped);
    go_on.set();
    last.join();
    EXPECT_FALSE(barrier.is_broken());
}

TEST(Barrier, NeedsAParty) {
    EXPECT_THROW(Barrier(0), Error);
    EXPECT_EQ(Barrier(3).parties(), 3U);
}

} // namespace offstage
