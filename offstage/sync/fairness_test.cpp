// Whoever waits longest is served first: proved by letting threads begin to wait one after the other, each
// when the one before is seen to wait.
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <functional>
#include <mutex>
#include <numeric>
#include <vector>

namespace offstage {

using namespace testing;

namespace {

constexpr int waiters = 6;

void until_waiting(const void* object, std::size_t count) {
    for (std::size_t seen = count + 1; seen != count;) {
        seen = 0;
        for (const sys::WaitInfo& wait : sys::waits())
            if (wait.object == object) ++seen;
    }
}

/// `wait(i)` blocks on `object` until served and notes its turn; `serve()` serves one.
void expect_first_come_first_served(const void* object, const std::function<void(int)>& wait,
                                    const std::function<void()>& serve, const std::vector<int>& order) {
    std::vector<sys::Thread> threads;
    for (int i = 0; i < waiters; ++i) {
        threads.emplace_back("waiter " + std::to_string(i), [&wait, i](std::stop_token) { wait(i); });
        until_waiting(object, static_cast<std::size_t>(i + 1));
    }
    for (int i = 0; i < waiters; ++i) {
        serve();
        threads[static_cast<std::size_t>(i)].join(); // the one that came as the i-th, and no other
    }
    std::vector<int> expected(waiters);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(order, expected);
}

} // namespace

TEST(Fairness, ASemaphoreServesWhoWaitsLongest) {
    Semaphore semaphore(0);
    std::vector<int> order;
    expect_first_come_first_served(
        &semaphore,
        [&](int i) {
            EXPECT_EQ(semaphore.acquire(), WaitStatus::ok);
            order.push_back(i);
        },
        [&] { semaphore.release(); }, order);
}

TEST(Fairness, AConditionWakesWhoWaitsLongest) {
    sys::Mutex mutex;
    Condition condition;
    int served = 0;
    std::vector<int> order;
    expect_first_come_first_served(
        &condition,
        [&](int i) {
            sys::MutexLock lock(mutex);
            condition.wait(lock, [&] { return served > 0; });
            --served;
            order.push_back(i);
        },
        [&] {
            const sys::MutexLock lock(mutex);
            ++served;
            condition.notify_one();
        },
        order);
}

TEST(Fairness, AQueueWakesThePopperThatWaitsLongest) {
    BoundedQueue<int> queue(1);
    std::vector<int> order;
    expect_first_come_first_served(
        &queue,
        [&](int i) {
            EXPECT_TRUE(queue.pop());
            order.push_back(i);
        },
        [&] { queue.push(0); }, order);
}

TEST(Fairness, AQueueWakesThePusherThatWaitsLongest) {
    BoundedQueue<int> queue(1);
    queue.push(-1);
    std::vector<int> order;
    int expected = -1;
    expect_first_come_first_served(
        &queue,
        [&](int i) {
            EXPECT_EQ(queue.push(i), WaitStatus::ok);
            order.push_back(i);
        },
        [&] { EXPECT_EQ(*queue.pop(), expected++); }, order);
}

TEST(Fairness, AMutexIsHandedToWhoWaitsLongest) {
    Mutex mutex;
    std::vector<int> order;
    mutex.lock();
    std::vector<sys::Thread> threads;
    for (int i = 0; i < waiters; ++i) {
        threads.emplace_back("waiter", [&, i](std::stop_token) {
            const std::lock_guard lock(mutex);
            order.push_back(i);
        });
        until_waiting(&mutex, static_cast<std::size_t>(i + 1));
    }
    mutex.unlock();
    EXPECT_FALSE(mutex.try_lock() && order.empty()) << "nobody overtakes those who wait";
    if (mutex.owner() == sys::this_thread_id()) mutex.unlock();
    threads.clear();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

TEST(Fairness, AWaiterThatLeavesDoesNotTakeItsTurnWithIt) {
    Semaphore semaphore(0);
    std::stop_source source;
    sys::Thread leaves("leaves", [&](std::stop_token) {
        EXPECT_EQ(semaphore.acquire(source.get_token()), WaitStatus::stopped);
    });
    until_waiting(&semaphore, 1);
    sys::Thread stays("stays", [&](std::stop_token) { EXPECT_EQ(semaphore.acquire(), WaitStatus::ok); });
    until_waiting(&semaphore, 2);
    source.request_stop();
    leaves.join();
    semaphore.release();
    stays.join();
    EXPECT_EQ(semaphore.available(), 0U);
}

} // namespace offstage
