#include "offstage/executor/timer_queue.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace offstage::detail {
namespace {

// A queue beside a set that does the same.
class TimerQueueTest : public testing::Test {
protected:
    using Key = std::pair<std::int64_t, std::uint32_t>; // when, number

    TimerQueue queue;
    std::set<Key> model;
    std::mt19937_64 random{1};
    std::uint32_t number = 0;
    std::int64_t now = std::int64_t{1} << 50;

    // From nanoseconds to years.
    std::int64_t some_time() {
        return static_cast<std::int64_t>(random() & ((std::uint64_t{1} << random() % 56) - 1));
    }
    void push(std::int64_t when) {
        queue.push({when, 0, ++number});
        model.emplace(when, number);
    }
    void take_what_is_due() {
        while (!queue.settle(now, [](std::uint32_t) {})) {
        }
        std::vector<Key> taken, due;
        while (queue.top() != nullptr && queue.top()->when <= now) {
            taken.emplace_back(queue.top()->when, queue.top()->number);
            queue.pop();
        }
        while (!model.empty() && model.begin()->first <= now)
            due.push_back(model.extract(model.begin()).value());
        ASSERT_EQ(taken, due);
        ASSERT_EQ(queue.size(), model.size());
        if (!model.empty()) {
            ASSERT_LE(queue.next_due(), model.begin()->first);
        }
    }
};

TEST_F(TimerQueueTest, GivesOutInTheOrderOfTimesAndEqualOnesInTheOrderOfTheirComing) {
    for (int step = 0; step < 20'000; ++step) {
        for (auto count = random() % 8; count > 0; --count) push(now + some_time());
        if (!model.empty() && step % 3 == 0) push(model.rbegin()->first);
        if (!model.empty() && step % 5 == 0) push(model.begin()->first);
        now += step % 100 == 99 ? some_time() : static_cast<std::int64_t>(random() % 3'000'000);
        ASSERT_NO_FATAL_FAILURE(take_what_is_due());
    }
}

TEST_F(TimerQueueTest, ThousandsThatAreDueTogetherComeInTheirOrder) {
    for (int i = 0; i < 50'000; ++i) push(now + 5'000'000'000);
    for (int i = 0; i < 50'000; ++i)
        push(now + 5'000'000'000 + static_cast<std::int64_t>(random() % 1'000'000'000));
    ASSERT_NO_FATAL_FAILURE(take_what_is_due());
    for (now += 5'000'000'000; !model.empty(); now += 50'000'000) ASSERT_NO_FATAL_FAILURE(take_what_is_due());
}

TEST_F(TimerQueueTest, OneForTheEndOfTimeIsNeverDue) {
    push(std::numeric_limits<std::int64_t>::max());
    ASSERT_NO_FATAL_FAILURE(take_what_is_due());
    EXPECT_EQ(queue.next_due(), std::numeric_limits<std::int64_t>::max());
}

TEST_F(TimerQueueTest, ASweepLeavesTheOthersInTheirOrder) {
    for (int i = 0; i < 10'000; ++i) push(now + some_time());
    now += 1'000'000'000;
    ASSERT_NO_FATAL_FAILURE(take_what_is_due());
    queue.sweep([](const TimerQueue::Node& node) { return node.number % 4 != 0; });
    std::erase_if(model, [](const Key& key) { return key.second % 4 != 0; });
    for (int step = 0; step < 1000; ++step) {
        ASSERT_NO_FATAL_FAILURE(take_what_is_due());
        now += some_time() / 1000;
    }
    queue.clear();
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(queue.next_due(), std::numeric_limits<std::int64_t>::max());
}

} // namespace
} // namespace offstage::detail
