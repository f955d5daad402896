#include "offstage/base/error.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/shared_mutex.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace offstage {

using namespace testing;

namespace {
void until_waiting(const SharedMutex& mutex, std::size_t count) {
    for (std::size_t seen = count + 1; seen != count;) {
        seen = 0;
        for (const sys::WaitInfo& wait : sys::waits())
            if (wait.object == &mutex) ++seen;
    }
}
} // namespace

TEST(SharedMutex, ManyReadTogetherAndAWriterIsAlone) {
    SharedMutex mutex;
    long value = 0;
    std::atomic<int> readers = 0, writers = 0;
    std::vector<sys::Thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back("reader", [&](std::stop_token) {
            for (int k = 0; k < 1000; ++k) {
                const std::shared_lock lock(mutex);
                ++readers;
                EXPECT_EQ(writers, 0);
                EXPECT_GE(value, 0);
                --readers;
            }
        });
    for (int i = 0; i < 2; ++i)
        threads.emplace_back("writer", [&](std::stop_token) {
            for (int k = 0; k < 1000; ++k) {
                const std::lock_guard lock(mutex);
                EXPECT_EQ(++writers, 1);
                EXPECT_EQ(readers, 0);
                ++value;
                --writers;
            }
        });
    threads.clear();
    EXPECT_EQ(value, 2000);
}

TEST(SharedMutex, AWriterInsideLetsNobodyElseIn) {
    SharedMutex mutex;
    Event held, done;
    sys::Thread writer("writer", [&](std::stop_token) {
        const std::lock_guard lock(mutex);
        held.set();
        done.wait();
    });
    held.wait();
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_shared());
    expect_endable([&](std::stop_token stop, Deadline deadline) { return mutex.lock(stop, deadline); });
    expect_endable(
        [&](std::stop_token stop, Deadline deadline) { return mutex.lock_shared(stop, deadline); });
    done.set();
}

TEST(SharedMutex, AReaderInsideLetsReadersInButNoWriter) {
    SharedMutex mutex;
    mutex.lock_shared();
    EXPECT_TRUE(mutex.try_lock_shared());
    mutex.unlock_shared();
    EXPECT_FALSE(mutex.try_lock());
    expect_endable([&](std::stop_token stop, Deadline deadline) { return mutex.lock(stop, deadline); });
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) {
        const WaitStatus status = mutex.lock_shared(stop, deadline);
        mutex.unlock_shared();
        return status;
    });
    mutex.unlock_shared();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
}

TEST(SharedMutex, ReadersDoNotOvertakeAWaitingWriter) {
    SharedMutex mutex;
    std::atomic<int> order = 0;
    mutex.lock_shared();
    sys::Thread writer("writer", [&](std::stop_token) {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(++order, 1);
    });
    until_waiting(mutex, 1);
    EXPECT_FALSE(mutex.try_lock_shared());
    sys::Thread reader("reader", [&](std::stop_token) {
        const std::shared_lock lock(mutex);
        EXPECT_EQ(++order, 2);
    });
    until_waiting(mutex, 2);
    mutex.unlock_shared();
}

TEST(SharedMutex, AWriterThatGivesUpLetsTheReadersBehindItIn) {
    SharedMutex mutex;
    std::stop_source source;
    mutex.lock_shared();
    sys::Thread writer(
        "writer", [&](std::stop_token) { EXPECT_EQ(mutex.lock(source.get_token()), WaitStatus::stopped); });
    until_waiting(mutex, 1);
    sys::Thread reader("reader", [&](std::stop_token) { const std::shared_lock lock(mutex); });
    until_waiting(mutex, 2);
    source.request_stop();
    reader.join();
    mutex.unlock_shared();
}

TEST(SharedMutex, ItsMisuseIsAnError) {
    SharedMutex mutex;
    EXPECT_THROW(mutex.unlock(), Error);
    EXPECT_THROW(mutex.unlock_shared(), Error);
    mutex.lock();
    sys::Thread("other", [&](std::stop_token) { EXPECT_THROW(mutex.unlock(), Error); }).join();
    mutex.unlock();
    mutex.lock_shared();
    EXPECT_THROW(mutex.unlock(), Error) << "a reader is no writer, the only one neither";
    EXPECT_EQ(mutex.owner(), sys::this_thread_id());
    mutex.unlock_shared();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
}

} // namespace offstage
