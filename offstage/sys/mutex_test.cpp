#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace offstage::sys {

TEST(Mutex, LetsOneInAtATime) {
    Mutex mutex;
    long count = 0;
    constexpr long each = 20000;
    {
        std::vector<Thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back("counter", [&](std::stop_token) {
                for (long k = 0; k < each; ++k) {
                    const MutexLock lock(mutex);
                    ++count;
                }
            });
    }
    EXPECT_EQ(count, 4 * each);
}

TEST(Mutex, TryLockNeverWaits) {
    Mutex mutex;
    mutex.lock();
    Thread("other", [&](std::stop_token) {
        const bool mine = mutex.try_lock();
        EXPECT_FALSE(mine);
        if (mine) mutex.unlock();
    }).join();
    mutex.unlock();
    const bool mine = mutex.try_lock();
    EXPECT_TRUE(mine);
    if (mine) mutex.unlock();
}

TEST(Mutex, KnowsItsOwner) {
    Mutex mutex;
    EXPECT_EQ(mutex.owner(), 0U);
    {
        const MutexLock lock(mutex);
        EXPECT_EQ(mutex.owner(), this_thread_id());
    }
    EXPECT_EQ(mutex.owner(), 0U);
}

TEST(MutexLock, CanLetGoAndTakeAgain) {
    Mutex mutex;
    MutexLock lock(mutex);
    lock.unlock();
    EXPECT_FALSE(lock.owns());
    EXPECT_EQ(mutex.owner(), 0U);
    lock.lock();
    EXPECT_TRUE(lock.owns());
    EXPECT_EQ(mutex.owner(), this_thread_id());
}

TEST(Mutex, MayBeDestroyedByWhoeverHoldsItLast) {
    for (int i = 0; i < 500; ++i) {
        struct Shared {
            Mutex mutex;
            int users = 2;
        };
        auto* shared = new Shared;
        const auto leave = [shared] {
            shared->mutex.lock();
            const bool last = --shared->users == 0;
            shared->mutex.unlock();
            if (last) delete shared;
        };
        Thread other("leaver", [&](std::stop_token) { leave(); });
        leave();
    }
}

// The checker cannot know that this is meant.
void lock_twice() OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    Mutex mutex;
    mutex.lock();
    mutex.lock();
}

TEST(MutexDeathTest, LockedTwiceByOneThreadSaysSo) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(lock_twice(), "holds already");
}

} // namespace offstage::sys
