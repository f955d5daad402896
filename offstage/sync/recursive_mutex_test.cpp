#include "offstage/base/error.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/recursive_mutex.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <mutex>
#include <vector>

namespace offstage {

using namespace testing;

TEST(RecursiveMutex, ItsHolderLocksItAgain) {
    RecursiveMutex mutex;
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) { return mutex.lock(stop, deadline); });
    EXPECT_TRUE(mutex.try_lock());
    const auto other_gets_it = [&] {
        bool got = false;
        sys::Thread("other", [&](std::stop_token) {
            got = mutex.try_lock();
            if (got) mutex.unlock();
        }).join();
        return got;
    };
    for (int i = 0; i < 5; ++i) {
        mutex.unlock();
        EXPECT_FALSE(other_gets_it());
    }
    mutex.unlock();
    EXPECT_TRUE(other_gets_it());
}

TEST(RecursiveMutex, AWaitEndsByStopOrDeadlineAndTakesNothing) {
    RecursiveMutex mutex;
    Event held, done;
    sys::Thread holder("holder", [&](std::stop_token) {
        const std::lock_guard lock(mutex);
        held.set();
        done.wait();
    });
    held.wait();
    expect_endable([&](std::stop_token stop, Deadline deadline) { return mutex.lock(stop, deadline); });
    done.set();
}

TEST(RecursiveMutex, UnlockingWhatIsNotOursIsAnError) {
    RecursiveMutex mutex;
    EXPECT_THROW(mutex.unlock(), Error);
    mutex.lock();
    mutex.unlock();
    EXPECT_THROW(mutex.unlock(), Error);
    mutex.lock();
    sys::Thread("other", [&](std::stop_token) { EXPECT_THROW(mutex.unlock(), Error); }).join();
    EXPECT_EQ(mutex.owner(), sys::this_thread_id());
    mutex.unlock();
}

TEST(RecursiveMutex, LetsOneInAtATime) {
    RecursiveMutex mutex;
    long count = 0;
    std::vector<sys::Thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back("counter", [&](std::stop_token) {
            for (int k = 0; k < 2000; ++k) {
                const std::lock_guard outer(mutex);
                const std::lock_guard inner(mutex);
                ++count;
            }
        });
    threads.clear();
    EXPECT_EQ(count, 6000);
}

} // namespace offstage
