#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/thread.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <pthread.h>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace offstage::sys {

using namespace std::chrono_literals;

namespace {
void park_until_stopped(std::stop_token stop) {
    Parker& parker = Parker::current();
    const std::stop_callback wake(stop, [&] { parker.unpark(); });
    while (!stop.stop_requested()) parker.park();
}
} // namespace

TEST(Thread, RunsItsFunctionAndIsJoined) {
    bool ran = false;
    Thread thread("worker", [&](std::stop_token) { ran = true; });
    EXPECT_TRUE(thread.joinable());
    EXPECT_EQ(thread.join(), WaitStatus::ok);
    EXPECT_FALSE(thread.joinable());
    EXPECT_TRUE(ran);
}

TEST(Thread, IsNamedInFullHereAndInFifteenBytesInTheKernel) {
    std::string seen, kernel;
    Thread thread("a name longer than fifteen bytes", [&](std::stop_token) {
        seen = this_thread_name();
        char buffer[16];
        pthread_getname_np(pthread_self(), buffer, sizeof buffer);
        kernel = buffer;
    });
    EXPECT_EQ(thread.name(), "a name longer than fifteen bytes");
    thread.join();
    EXPECT_EQ(seen, "a name longer than fifteen bytes");
    EXPECT_EQ(kernel, "a name longer t");
    EXPECT_FALSE(this_thread_name().empty()) << "a thread that is not ours has the kernel's name";
}

TEST(Thread, DestructorRequestsStopThenJoins) {
    bool ended = false;
    {
        const Thread thread("waiter", [&](std::stop_token stop) {
            park_until_stopped(stop);
            ended = true;
        });
    }
    EXPECT_TRUE(ended);
}

TEST(Thread, AssignmentEndsTheOneBefore) {
    bool first_ended = false;
    Thread thread("first", [&](std::stop_token stop) {
        park_until_stopped(stop);
        first_ended = true;
    });
    thread = Thread("second", [](std::stop_token stop) { park_until_stopped(stop); });
    EXPECT_TRUE(first_ended);
    EXPECT_EQ(thread.name(), "second");
}

TEST(Thread, JoinGivesUpAtItsDeadlineAndTheThreadGoesOn) {
    Thread thread("waiter", [](std::stop_token stop) { park_until_stopped(stop); });
    EXPECT_EQ(thread.join({}, steady_now()), WaitStatus::timed_out);
    EXPECT_EQ(thread.join({}, SteadyTime::min()), WaitStatus::timed_out);
    EXPECT_EQ(thread.join({}, deadline_after(2ms)), WaitStatus::timed_out);
    EXPECT_TRUE(thread.joinable());
    thread.request_stop();
    EXPECT_EQ(thread.join({}, deadline_after(std::chrono::nanoseconds::max())), WaitStatus::ok);
}

TEST(Thread, JoinGivesUpWhenStopped) {
    Thread thread("waiter", [](std::stop_token stop) { park_until_stopped(stop); });
    std::stop_source source;
    Thread stopper("stopper", [&](std::stop_token) { source.request_stop(); });
    EXPECT_EQ(thread.join(source.get_token()), WaitStatus::stopped);
    EXPECT_EQ(thread.join(source.get_token()), WaitStatus::stopped) << "a stop that came before counts too";
    EXPECT_FALSE(thread.get_stop_token().stop_requested()) << "it stops the joining, not the thread";
}

TEST(Thread, WhatTheFunctionHoldsEndsBeforeJoinReturns) {
    auto held = std::make_shared<int>(1);
    Thread thread("holder", [held](std::stop_token) {});
    thread.join();
    EXPECT_EQ(held.use_count(), 1);
}

TEST(Thread, AnExceptionThatLeavesItReachesTheHandler) {
    std::string where, what;
    auto before = set_uncaught_handler([&](std::string_view thread, std::exception_ptr error) {
        where = thread;
        try {
            std::rethrow_exception(std::move(error));
        } catch (const std::exception& e) {
            what = e.what();
        }
    });
    Thread("thrower", [](std::stop_token) { throw std::runtime_error("lens cap on"); }).join();
    set_uncaught_handler(std::move(before));
    EXPECT_EQ(where, "thrower");
    EXPECT_EQ(what, "lens cap on");
}

TEST(ThreadDeathTest, WithoutAHandlerItSaysWhatAndAborts) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(Thread("thrower", [](std::stop_token) { throw std::runtime_error("lens cap on"); }).join(),
                 "left the thread 'thrower': lens cap on");
    EXPECT_DEATH(Thread("thrower", [](std::stop_token) { throw 7; }).join(), "unknown type");
    EXPECT_DEATH(Thread().join(), "holds no thread");
}

TEST(Thread, LiveThreadsHaveDifferentNumbers) {
    Mutex mutex;
    std::set<ThreadId> ids{this_thread_id()};
    {
        std::vector<Thread> threads;
        std::atomic<int> counted = 0;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back("counted", [&](std::stop_token stop) {
                {
                    const MutexLock lock(mutex);
                    ids.insert(this_thread_id());
                }
                ++counted;
                park_until_stopped(stop);
            });
        while (counted < 8) Parker::current().park(deadline_after(100us));
    }
    EXPECT_EQ(ids.size(), 9U);
}

TEST(Thread, AnEmptyOneAnswersHarmlessly) {
    Thread none;
    EXPECT_FALSE(none.joinable());
    EXPECT_FALSE(none.request_stop());
    EXPECT_FALSE(none.get_stop_token().stop_possible());
    EXPECT_EQ(none.name(), "");
}

} // namespace offstage::sys
