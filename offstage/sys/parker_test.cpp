#include "offstage/sys/clock.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/thread.hpp"

#include <atomic>
#include <gtest/gtest.h>

namespace offstage::sys {

using namespace std::chrono_literals;

TEST(Parker, AnUnparkThatComesFirstIsNotLost) {
    Parker parker;
    parker.unpark();
    EXPECT_TRUE(parker.park());
}

TEST(Parker, TwoUnparksCountAsOne) {
    Parker parker;
    parker.unpark();
    parker.unpark();
    EXPECT_TRUE(parker.park());
    EXPECT_FALSE(parker.park(steady_now()));
}

TEST(Parker, ADeadlineInThePastOrNowEndsIt) {
    Parker parker;
    EXPECT_FALSE(parker.park(steady_now()));
    EXPECT_FALSE(parker.park(steady_now() - 1h));
    EXPECT_FALSE(parker.park(SteadyTime::min()));
    EXPECT_FALSE(parker.park(SteadyTime{}));
    const Deadline soon = deadline_after(5ms);
    EXPECT_FALSE(parker.park(soon));
    EXPECT_GE(steady_now(), soon.when());
}

TEST(Parker, APermitWinsOverADeadline) {
    Parker parker;
    parker.unpark();
    EXPECT_TRUE(parker.park(steady_now() - 1h));
}

TEST(Parker, FarAndEndlessDeadlinesWait) {
    for (const Deadline deadline :
         {Deadline::never(), Deadline(SteadyTime::max() - 1ns), deadline_after(1h)}) {
        std::atomic<Parker*> sleeper = nullptr;
        std::atomic<bool> go = false;
        bool in_time = false;
        Thread thread("sleeper", [&](std::stop_token) {
            sleeper = &Parker::current();
            do in_time = Parker::current().park(deadline);
            while (in_time && !go);
        });
        while (sleeper == nullptr) Parker::current().park(deadline_after(100us));
        go = true;
        sleeper.load()->unpark();
        thread.join();
        EXPECT_TRUE(in_time);
    }
}

TEST(Parker, UnparkingAThreadThatHasEndedIsHarmless) {
    Parker* dead = nullptr;
    Thread("short", [&](std::stop_token) { dead = &Parker::current(); }).join();
    dead->unpark();
    Thread("next", [&](std::stop_token) {
        // It may have got the parker, and with it the late permit: one early return, no more.
        Parker::current().park(steady_now());
        EXPECT_FALSE(Parker::current().park(steady_now()));
    }).join();
}

TEST(Parker, MemoryIsUsedAgainSoThatItStaysBounded) {
    Parker::current(); // ours is taken first, not while one of these rests
    Parker* first = nullptr;
    Parker* second = nullptr;
    Thread("first", [&](std::stop_token) { first = &Parker::current(); }).join();
    Thread("second", [&](std::stop_token) { second = &Parker::current(); }).join();
    EXPECT_EQ(first, second);
}

TEST(Parker, WhatWasWrittenBeforeUnparkIsSeenAfterPark) {
    constexpr int rounds = 2000;
    int ball = 0; // plain: the thread sanitizer watches it
    Parker here, there;
    Thread thread("other", [&](std::stop_token) {
        for (int i = 0; i < rounds; ++i) {
            there.park();
            ++ball;
            here.unpark();
        }
    });
    for (int i = 0; i < rounds; ++i) {
        ++ball;
        there.unpark();
        here.park();
    }
    thread.join();
    EXPECT_EQ(ball, 2 * rounds);
}

} // namespace offstage::sys
