#include "offstage/sync/lifo_queue.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <gmock/gmock.h>
#include <vector>

namespace offstage {

using namespace testing;
using ::testing::ElementsAre;

TEST(LifoQueue, GivesWhatCameLastFirst) {
    LifoQueue<int> queue(3);
    queue.push(1);
    queue.push(2);
    EXPECT_EQ(*queue.pop(), 2);
    queue.push(3);
    queue.push(4);
    EXPECT_FALSE(queue.try_push(5));
    std::vector<int> out;
    EXPECT_EQ(queue.pop_all(out), WaitStatus::ok);
    EXPECT_THAT(out, ElementsAre(4, 3, 1));
    queue.push(6);
    queue.push(7);
    EXPECT_THAT(queue.close_and_take(), ElementsAre(7, 6));
}

TEST(LifoQueue, DropOldestDropsTheOneAtTheBottom) {
    LifoQueue<int> queue(2, Overflow::drop_oldest);
    for (int i = 1; i <= 4; ++i) queue.push(i);
    EXPECT_EQ(queue.dropped(), 2U);
    EXPECT_THAT(queue.close_and_take(), ElementsAre(4, 3));
}

TEST(LifoQueue, AWaitEndsByStopOrDeadline) {
    LifoQueue<int> queue(1);
    expect_endable(
        [&](std::stop_token stop, Deadline deadline) { return queue.pop(stop, deadline).status(); });
    queue.push(1);
    expect_endable([&](std::stop_token stop, Deadline deadline) { return queue.push(2, stop, deadline); });
}

} // namespace offstage
