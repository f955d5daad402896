#include "offstage/base/error.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sync/wait_test_support.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/waits.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

namespace offstage {

using namespace testing;

TEST(Semaphore, AWaitEndsByStopOrDeadlineAndTakesNothing) {
    Semaphore semaphore(0);
    expect_endable(
        [&](std::stop_token stop, Deadline deadline) { return semaphore.acquire(stop, deadline); });
    expect_endable(
        [&](std::stop_token stop, Deadline deadline) { return semaphore.permit(stop, deadline).status(); });
    EXPECT_EQ(semaphore.available(), 0U);
}

TEST(Semaphore, AFreePermitNeverWaits) {
    Semaphore semaphore(5);
    expect_ok_at_once(
        [&](std::stop_token stop, Deadline deadline) { return semaphore.acquire(stop, deadline); });
    EXPECT_EQ(semaphore.available(), 0U);
    EXPECT_FALSE(semaphore.try_acquire());
    semaphore.release(2);
    EXPECT_TRUE(semaphore.try_acquire());
    EXPECT_EQ(semaphore.available(), 1U);
}

TEST(Semaphore, NeverLetsMoreInThanItHasPermits) {
    Semaphore semaphore(5);
    std::atomic<int> inside = 0, most = 0;
    {
        std::vector<sys::Thread> threads;
        for (int i = 0; i < 10; ++i)
            threads.emplace_back("visitor", [&](std::stop_token) {
                for (int k = 0; k < 200; ++k) {
                    const auto permit = semaphore.permit();
                    const int now = ++inside;
                    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                    }
                    --inside;
                }
            });
    }
    EXPECT_LE(most, 5);
    EXPECT_EQ(semaphore.available(), 5U);
}

TEST(Semaphore, ReleaseOfManyWakesAsMany) {
    Semaphore semaphore(0);
    {
        std::vector<sys::Thread> threads;
        for (int i = 0; i < 80; ++i)
            threads.emplace_back("waiter",
                                 [&](std::stop_token) { EXPECT_EQ(semaphore.acquire(), WaitStatus::ok); });
        semaphore.release(85);
    }
    EXPECT_EQ(semaphore.available(), 5U);
}

TEST(Semaphore, StoppedWaitersLoseNoPermit) {
    for (int i = 0; i < 300; ++i) {
        Semaphore semaphore(0);
        std::stop_source source;
        WaitStatus first = WaitStatus::closed;
        sys::Thread a("a", [&](std::stop_token) { first = semaphore.acquire(source.get_token()); });
        sys::Thread releaser("releaser", [&](std::stop_token) { semaphore.release(); });
        source.request_stop();
        a.join();
        releaser.join();
        EXPECT_EQ(semaphore.available(), first == WaitStatus::ok ? 0U : 1U);
    }
}

TEST(Permit, GivesItselfBackOnce) {
    BoundedSemaphore semaphore(2);
    {
        auto first = *semaphore.permit();
        auto second = *semaphore.permit();
        EXPECT_EQ(semaphore.available(), 0U);
        first.release();
        first.release();
        EXPECT_EQ(semaphore.available(), 1U);
        first = std::move(second);
        EXPECT_EQ(semaphore.available(), 1U);
    }
    EXPECT_EQ(semaphore.available(), 2U);
}

TEST(BoundedSemaphore, RefusesOneReleaseTooMany) {
    BoundedSemaphore semaphore(2);
    EXPECT_TRUE(semaphore.try_acquire());
    semaphore.release();
    try {
        semaphore.release();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::conflict);
    }
    EXPECT_TRUE(semaphore.try_acquire());
    EXPECT_THROW(semaphore.release(2), Error);
    EXPECT_EQ(semaphore.available(), 1U) << "a refused release changes nothing";
}

// What is released goes to waiters without ever being available: it counts all the same.
TEST(BoundedSemaphore, RefusesOneReleaseTooManyWhileThreadsWait) {
    BoundedSemaphore one(1), none(0);
    EXPECT_TRUE(one.try_acquire());
    std::stop_source stop;
    std::vector<sys::Thread> waiters;
    for (BoundedSemaphore* semaphore : {&one, &one, &none})
        waiters.emplace_back("waiter " + std::to_string(waiters.size()), [semaphore, &stop](std::stop_token) {
            if (semaphore->acquire(stop.get_token()) == WaitStatus::ok) semaphore->release();
        });
    const auto all_wait = [] {
        return std::ranges::count(sys::waits(), "Semaphore", &sys::WaitInfo::kind) == 3;
    };
    while (!all_wait()) sys::Parker::current().park(sys::deadline_after(100us));
    EXPECT_THROW(one.release(2), Error);
    EXPECT_THROW(none.release(), Error);
    one.release();
    stop.request_stop();
    waiters.clear();
    EXPECT_EQ(one.available(), 1U);
    EXPECT_EQ(none.available(), 0U);
}

} // namespace offstage
