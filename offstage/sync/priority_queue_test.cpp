#include "offstage/sync/priority_queue.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace offstage {

using namespace testing;
using ::testing::ElementsAre;

TEST(PriorityQueue, GivesTheLeastFirst) {
    PriorityQueue<int> queue(10);
    for (int i : {5, 1, 4, 2, 3}) queue.push(i);
    EXPECT_EQ(*queue.pop(), 1);
    queue.push(0);
    EXPECT_THAT(queue.close_and_take(), ElementsAre(0, 2, 3, 4, 5));
}

TEST(PriorityQueue, AmongEqualsTheFirstToComeIsTheFirst) {
    using Task = std::pair<int, int>;
    PriorityQueue<Task, decltype([](const Task& a, const Task& b) { return a.first > b.first; })> queue(1000);
    for (int i = 0; i < 1000; ++i) queue.push({i % 3, i});
    int last_priority = 3, last_number = -1;
    for (const auto& [priority, number] : queue.close_and_take()) {
        if (priority == last_priority)
            EXPECT_GT(number, last_number);
        else
            EXPECT_EQ(priority, --last_priority);
        last_number = number;
    }
    EXPECT_EQ(last_priority, 0);
}

TEST(PriorityQueue, DropOldestDropsTheFirstToComeAndKeepsTheOrder) {
    PriorityQueue<int> queue(3, Overflow::drop_oldest);
    for (int i : {9, 1, 8, 7, 6}) queue.push(i);
    EXPECT_EQ(queue.dropped(), 2U);
    EXPECT_THAT(queue.close_and_take(), ElementsAre(6, 7, 8));
}

TEST(PriorityQueue, TakesMoveOnlyValues) {
    struct Least {
        bool operator()(const std::unique_ptr<int>& a, const std::unique_ptr<int>& b) const noexcept {
            return *a < *b;
        }
    };
    PriorityQueue<std::unique_ptr<int>, Least> queue(4);
    for (int i : {3, 1, 2}) queue.push(std::make_unique<int>(i));
    EXPECT_EQ(**queue.pop(), 1);
    EXPECT_EQ(**queue.pop(), 2);
}

TEST(PriorityQueue, AWaitEndsByStopOrDeadline) {
    PriorityQueue<int> queue(1);
    expect_endable(
        [&](std::stop_token stop, Deadline deadline) { return queue.pop(stop, deadline).status(); });
    queue.push(1);
    expect_endable([&](std::stop_token stop, Deadline deadline) { return queue.push(2, stop, deadline); });
}

} // namespace offstage
