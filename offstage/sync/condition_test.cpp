#include "offstage/sync/condition.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <vector>

namespace offstage {

using namespace testing;

TEST(Condition, AWaitEndsByStopOrDeadlineAndSaysWhich) {
    sys::Mutex mutex;
    Condition condition;
    expect_endable([&](std::stop_token stop, Deadline deadline) {
        sys::MutexLock lock(mutex);
        const WaitStatus ended = condition.wait(lock, [] { return false; }, stop, deadline);
        EXPECT_TRUE(lock.owns());
        EXPECT_EQ(mutex.owner(), sys::this_thread_id());
        return ended;
    });
}

TEST(Condition, ATruePredicateNeverWaits) {
    sys::Mutex mutex;
    Condition condition;
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) {
        sys::MutexLock lock(mutex);
        return condition.wait(lock, [] { return true; }, stop, deadline);
    });
}

TEST(Condition, NotifyOneWakesOneAtATime) {
    sys::Mutex mutex;
    Condition condition;
    Event done;
    int tokens = 0, through = 0;
    constexpr int waiters = 5;
    {
        std::vector<sys::Thread> threads;
        for (int i = 0; i < waiters; ++i)
            threads.emplace_back("waiter", [&](std::stop_token) {
                sys::MutexLock lock(mutex);
                EXPECT_EQ(condition.wait(lock, [&] { return tokens > 0; }), WaitStatus::ok);
                --tokens;
                if (++through == waiters) done.set();
            });
        for (int i = 0; i < waiters; ++i) {
            {
                const sys::MutexLock lock(mutex);
                ++tokens;
            }
            condition.notify_one();
        }
        done.wait();
    }
    EXPECT_EQ(through, waiters);
    EXPECT_EQ(tokens, 0);
}

TEST(Condition, NotifyAllWakesAllMoreThanABatch) {
    sys::Mutex mutex;
    Condition condition;
    bool go = false;
    int through = 0;
    {
        std::vector<sys::Thread> threads;
        for (int i = 0; i < 150; ++i)
            threads.emplace_back("waiter", [&](std::stop_token) {
                sys::MutexLock lock(mutex);
                condition.wait(lock, [&] { return go; });
                ++through;
            });
        const sys::MutexLock lock(mutex);
        go = true;
        condition.notify_all();
    }
    EXPECT_EQ(through, 150);
}

TEST(Condition, AnExceptionOfThePredicatePassesThroughWithTheLockHeld) {
    sys::Mutex mutex;
    Condition condition;
    sys::MutexLock lock(mutex);
    int calls = 0;
    EXPECT_THROW(condition.wait(
                     lock,
                     [&]() -> bool {
                         if (++calls == 2) throw std::runtime_error("no");
                         return false;
                     },
                     {}, sys::deadline_after(1ms)),
                 std::runtime_error);
    EXPECT_TRUE(lock.owns());
}

TEST(Condition, MayGoAsSoonAsItsWaiterHasReturned) {
    for (int i = 0; i < 500; ++i) {
        sys::Mutex mutex;
        bool go = false;
        auto condition = std::make_unique<Condition>();
        Condition* const raw = condition.get();
        sys::Thread notifier("notifier", [&, raw](std::stop_token) {
            sys::MutexLock lock(mutex);
            go = true;
            raw->notify_one();
        });
        {
            sys::MutexLock lock(mutex);
            condition->wait(lock, [&] { return go; });
        }
        condition.reset();
    }
}

} // namespace offstage
