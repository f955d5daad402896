#include "offstage/base/error.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <mutex>
#include <vector>

namespace offstage {

using namespace testing;

TEST(FairMutex, AWaitEndsByStopOrDeadlineAndTakesNothing) {
    Mutex mutex;
    Event held, done;
    sys::Thread holder("holder", [&](std::stop_token) {
        const std::lock_guard lock(mutex);
        held.set();
        done.wait();
    });
    held.wait();
    EXPECT_FALSE(mutex.try_lock());
    expect_endable([&](std::stop_token stop, Deadline deadline) { return mutex.lock(stop, deadline); });
    done.set();
    holder.join();
    EXPECT_TRUE(mutex.try_lock()) << "those who gave up left no trace";
    mutex.unlock();
}

TEST(FairMutex, AFreeOneIsTakenAtOnce) {
    Mutex mutex;
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) {
        const WaitStatus status = mutex.lock(stop, deadline);
        EXPECT_EQ(mutex.owner(), sys::this_thread_id());
        mutex.unlock();
        return status;
    });
    EXPECT_EQ(mutex.owner(), 0U);
}

TEST(FairMutex, LetsOneInAtATime) {
    Mutex mutex;
    long count = 0;
    std::vector<sys::Thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back("counter", [&](std::stop_token) {
            for (int k = 0; k < 2000; ++k) {
                const std::lock_guard lock(mutex);
                ++count;
            }
        });
    threads.clear();
    EXPECT_EQ(count, 8000);
}

TEST(FairMutex, ItsMisuseIsAnErrorAndNoDeadlock) {
    Mutex mutex;
    EXPECT_THROW(mutex.unlock(), Error);
    mutex.lock();
    EXPECT_THROW(mutex.lock(), Error);
    EXPECT_FALSE(mutex.try_lock());
    sys::Thread("other", [&](std::stop_token) { EXPECT_THROW(mutex.unlock(), Error); }).join();
    mutex.unlock();
}

TEST(FairMutex, IsSeenToBeWaitedForWithItsOwner) {
    Mutex mutex("ledger");
    const std::lock_guard lock(mutex);
    std::stop_source source;
    sys::Thread waiter(
        "auditor", [&](std::stop_token) { EXPECT_EQ(mutex.lock(source.get_token()), WaitStatus::stopped); });
    for (bool seen = false; !seen;)
        for (const sys::WaitInfo& wait : sys::waits())
            if (wait.thread_name == "auditor" && wait.object == &mutex) {
                seen = true;
                EXPECT_EQ(wait.kind, "Mutex");
                EXPECT_EQ(wait.name, "ledger");
                EXPECT_EQ(wait.owner, sys::this_thread_id());
            }
    source.request_stop();
}

TEST(FairMutex, ADeadlockIsNamedAndAStopBreaksIt) {
    Mutex left("left"), right("right");
    Event left_held, right_held;
    std::stop_source source;
    sys::Thread gives_up("gives up", [&](std::stop_token) {
        const std::lock_guard lock(left);
        left_held.set();
        right_held.wait();
        EXPECT_EQ(right.lock(source.get_token()), WaitStatus::stopped);
    });
    sys::Thread gets_it("gets it", [&](std::stop_token) {
        const std::lock_guard lock(right);
        right_held.set();
        left_held.wait();
        const std::lock_guard other(left);
    });
    std::vector<std::vector<sys::WaitInfo>> found;
    while (found.empty()) found = sys::deadlocks();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].size(), 2U);
    source.request_stop();
}

TEST(FairMutex, AThreadThatEndedHoldingItIsNotTakenForALaterOne) {
    Mutex mutex;
    EXPECT_NE(mutex.owner(), sys::this_thread_id()); // has a number from here on
    sys::Thread("one", [&](std::stop_token) { mutex.lock(); }).join();
    sys::Thread("two", [&](std::stop_token) {
        EXPECT_NE(mutex.owner(), sys::this_thread_id());
        EXPECT_EQ(mutex.lock({}, sys::deadline_after(1ms)), WaitStatus::timed_out);
        EXPECT_THROW(mutex.unlock(), Error);
    }).join();
}

} // namespace offstage
