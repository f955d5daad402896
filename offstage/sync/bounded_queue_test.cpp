#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <gmock/gmock.h>
#include <limits>
#include <memory>
#include <vector>

namespace offstage {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(BoundedQueue, GivesWhatCameFirstFirst) {
    BoundedQueue<int> queue(3);
    for (int round = 0; round < 10; ++round) {
        queue.push(round);
        queue.push(round + 100);
        EXPECT_EQ(queue.size(), 2U);
        EXPECT_EQ(queue.pop().value(), round);
        EXPECT_EQ(queue.try_pop(), round + 100);
        EXPECT_EQ(queue.try_pop(), std::nullopt);
    }
}

TEST(BoundedQueue, AWaitingPushEndsByStopOrDeadlineAndKeepsTheValue) {
    BoundedQueue<std::unique_ptr<int>> queue(1);
    queue.push(std::make_unique<int>(1));
    auto value = std::make_unique<int>(2);
    expect_endable([&](std::stop_token stop, Deadline deadline) {
        return queue.push(std::move(value), stop, deadline);
    });
    ASSERT_NE(value, nullptr);
    EXPECT_FALSE(queue.try_push(std::move(value)));
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(queue.size(), 1U);
}

TEST(BoundedQueue, AWaitingPopEndsByStopOrDeadline) {
    BoundedQueue<int> queue(1);
    expect_endable(
        [&](std::stop_token stop, Deadline deadline) { return queue.pop(stop, deadline).status(); });
    std::vector<int> out;
    expect_endable(
        [&](std::stop_token stop, Deadline deadline) { return queue.pop_all(out, 9, stop, deadline); });
    EXPECT_THAT(out, IsEmpty());
}

TEST(BoundedQueue, WhatIsThereIsGivenWhateverTheStopOrDeadline) {
    BoundedQueue<int> queue(8);
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) { return queue.push(1, stop, deadline); });
    expect_ok_at_once(
        [&](std::stop_token stop, Deadline deadline) { return queue.pop(stop, deadline).status(); });
    queue.task_done(5);
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) { return queue.join(stop, deadline); });
}

TEST(BoundedQueue, RefuseSaysFullAndKeepsTheValue) {
    BoundedQueue<std::unique_ptr<int>> queue(1, Overflow::refuse);
    EXPECT_EQ(queue.push(std::make_unique<int>(1)), WaitStatus::ok);
    auto value = std::make_unique<int>(2);
    EXPECT_EQ(queue.push(std::move(value)), WaitStatus::full);
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(queue.dropped(), 0U);
}

TEST(BoundedQueue, DropOldestKeepsTheNewestAndCounts) {
    BoundedQueue<int> queue(2, Overflow::drop_oldest);
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(queue.push(i), WaitStatus::ok);
    EXPECT_EQ(queue.dropped(), 3U);
    EXPECT_THAT(queue.close_and_take(), ElementsAre(4, 5));
}

TEST(BoundedQueue, DropNewestKeepsTheOldestAndCounts) {
    BoundedQueue<int> queue(2, Overflow::drop_newest);
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(queue.push(i), WaitStatus::ok);
    EXPECT_EQ(queue.dropped(), 3U);
    EXPECT_THAT(queue.close_and_take(), ElementsAre(1, 2));
}

TEST(BoundedQueue, ADroppedValueMayUseTheQueueInItsDestructor) {
    struct Talker {
        BoundedQueue<std::unique_ptr<Talker>>* queue;
        std::size_t* seen;
        ~Talker() { *seen = queue->size(); }
    };
    std::size_t seen = 99;
    {
        BoundedQueue<std::unique_ptr<Talker>> queue(1, Overflow::drop_oldest);
        queue.push(std::unique_ptr<Talker>(new Talker{&queue, &seen}));
        queue.push(nullptr);
        EXPECT_EQ(seen, 1U);
    }
}

TEST(BoundedQueue, ClosedItRefusesIntakeAndIsDrained) {
    BoundedQueue<int> queue(4);
    queue.push(1);
    queue.push(2);
    queue.close();
    queue.close();
    EXPECT_TRUE(queue.is_closed());
    EXPECT_EQ(queue.push(3), WaitStatus::closed);
    EXPECT_FALSE(queue.try_push(3));
    EXPECT_EQ(queue.pop().value(), 1);
    EXPECT_EQ(queue.pop().value(), 2);
    EXPECT_EQ(queue.pop().status(), WaitStatus::closed);
    EXPECT_EQ(queue.pop(stopped_token(), Deadline::past()).status(), WaitStatus::closed);
}

TEST(BoundedQueue, CloseWakesWhoeverWaits) {
    for (int i = 0; i < 100; ++i) {
        BoundedQueue<int> full(1), empty(1);
        full.push(0);
        WaitStatus push = WaitStatus::ok, pop = WaitStatus::ok;
        sys::Thread pusher("pusher", [&](std::stop_token) { push = full.push(1); });
        sys::Thread popper("popper", [&](std::stop_token) { pop = empty.pop().status(); });
        full.close();
        empty.close();
        pusher.join();
        popper.join();
        EXPECT_EQ(push, WaitStatus::closed);
        EXPECT_EQ(pop, WaitStatus::closed);
    }
}

TEST(BoundedQueue, CloseAndTakeHandsOverWhatIsInOrder) {
    BoundedQueue<std::unique_ptr<int>> queue(4);
    queue.push(std::make_unique<int>(1));
    queue.push(std::make_unique<int>(2));
    const auto taken = queue.close_and_take();
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(*taken[0], 1);
    EXPECT_EQ(*taken[1], 2);
    EXPECT_EQ(queue.pop().status(), WaitStatus::closed);
}

TEST(BoundedQueue, JoinWaitsUntilAllIsDone) {
    BoundedQueue<int> queue(4);
    EXPECT_EQ(queue.join(), WaitStatus::ok);
    queue.push(1);
    queue.push(2);
    expect_endable([&](std::stop_token stop, Deadline deadline) { return queue.join(stop, deadline); });
    queue.pop().value();
    queue.pop().value();
    EXPECT_EQ(queue.unfinished(), 2U);
    queue.task_done();
    EXPECT_EQ(queue.join({}, Deadline::past()), WaitStatus::timed_out);
    sys::Thread joiner("joiner", [&](std::stop_token) { EXPECT_EQ(queue.join(), WaitStatus::ok); });
    queue.task_done();
    joiner.join();
}

TEST(BoundedQueue, TaskDoneMoreOftenThanPoppedIsAnError) {
    BoundedQueue<int> queue(4);
    EXPECT_THROW(queue.task_done(), Error);
    queue.push(1);
    EXPECT_THROW(queue.task_done(), Error) << "it is still in the queue";
    queue.pop().value();
    queue.task_done();
    EXPECT_THROW(queue.task_done(), Error);
}

TEST(BoundedQueue, CloseAndTakeLeavesJoinWaitingForWhatWasPopped) {
    BoundedQueue<int> queue(4);
    queue.push(1);
    queue.push(2);
    queue.pop().value();
    queue.close_and_take();
    EXPECT_EQ(queue.join({}, Deadline::past()), WaitStatus::timed_out);
    queue.task_done();
    EXPECT_EQ(queue.join(), WaitStatus::ok);
}

TEST(BoundedQueue, DroppedValuesDoNotHoldUpJoin) {
    BoundedQueue<int> oldest(1, Overflow::drop_oldest), newest(1, Overflow::drop_newest);
    for (auto* queue : {&oldest, &newest}) {
        queue->push(1);
        queue->push(2);
        queue->pop().value();
        queue->task_done();
        EXPECT_EQ(queue->join({}, Deadline::past()), WaitStatus::ok);
    }
}

TEST(BoundedQueue, BatchesKeepTheirOrderAndTheirBounds) {
    BoundedQueue<int> queue(5);
    std::vector<int> in{1, 2, 3, 4, 5, 6, 7}, out;
    EXPECT_EQ(queue.push_all(in, {}, Deadline::past()), WaitStatus::timed_out);
    EXPECT_THAT(in, ElementsAre(6, 7)) << "what is not in stays with the caller";
    EXPECT_EQ(queue.pop_all(out, 2), WaitStatus::ok);
    EXPECT_EQ(queue.push_all(in), WaitStatus::ok);
    EXPECT_THAT(in, IsEmpty());
    EXPECT_EQ(queue.pop_all(out), WaitStatus::ok);
    EXPECT_THAT(out, ElementsAre(1, 2, 3, 4, 5, 6, 7));
    queue.close();
    in = {8};
    EXPECT_EQ(queue.push_all(in), WaitStatus::closed);
    EXPECT_THAT(in, ElementsAre(8));
    EXPECT_EQ(queue.pop_all(out), WaitStatus::closed);
}

TEST(BoundedQueue, ABatchLargerThanTheQueueGoesThroughIt) {
    BoundedQueue<int> queue(3);
    sys::Thread pusher("pusher", [&](std::stop_token) {
        std::vector<int> all(100);
        for (int i = 0; i < 100; ++i) all[static_cast<std::size_t>(i)] = i;
        EXPECT_EQ(queue.push_all(all), WaitStatus::ok);
        queue.close();
    });
    int expected = 0;
    while (auto value = queue.pop()) EXPECT_EQ(*value, expected++);
    EXPECT_EQ(expected, 100);
}

TEST(BoundedQueue, NeedsACapacity) {
    EXPECT_THROW(BoundedQueue<int>(0), Error);
}

TEST(BoundedQueue, ManyPushersAndPoppersLoseAndDoubleNothing) {
    constexpr int each = 5000, pairs = 3;
    BoundedQueue<int> queue(16);
    std::vector<std::atomic<int>> seen(each * pairs);
    {
        std::vector<sys::Thread> poppers, pushers;
        for (int t = 0; t < pairs; ++t)
            poppers.emplace_back("popper", [&](std::stop_token) {
                while (auto value = queue.pop()) {
                    ++seen[static_cast<std::size_t>(*value)];
                    queue.task_done();
                }
            });
        for (int t = 0; t < pairs; ++t)
            pushers.emplace_back("pusher", [&, t](std::stop_token) {
                for (int i = 0; i < each; ++i) queue.push(t * each + i);
            });
        pushers.clear();
        EXPECT_EQ(queue.join(), WaitStatus::ok);
        queue.close();
    }
    for (const auto& times : seen) EXPECT_EQ(times, 1);
}

TEST(BoundedQueue, StoppedPoppersLoseNothing) {
    for (int i = 0; i < 300; ++i) {
        BoundedQueue<int> queue(4);
        std::stop_source source;
        WaitStatus first = WaitStatus::closed;
        std::atomic<int> popped = 0;
        sys::Thread a("a", [&](std::stop_token) {
            first = queue.pop(source.get_token()).status();
            if (first == WaitStatus::ok) ++popped;
        });
        sys::Thread b("b", [&](std::stop_token) {
            while (queue.pop()) ++popped;
        });
        queue.push(1);
        source.request_stop();
        queue.push(2);
        a.join();
        queue.close();
        b.join();
        EXPECT_EQ(popped, 2);
    }
}

// A sanitizer ends the process where there is no memory.
constexpr bool sanitized =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#elif defined(__has_feature)
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
    false;
#endif

TEST(BoundedQueue, ACapacityForWhichThereIsNoRoomIsRefused) {
    const auto code_of = [](std::size_t capacity) {
        try {
            BoundedQueue<int> queue(capacity);
            for (int i = 1; i <= 5; ++i) queue.push(i);
            for (int i = 1; i <= 5; ++i) EXPECT_EQ(queue.try_pop(), i) << capacity;
        } catch (const Error& error) {
            return error.code();
        }
        return Errc::internal;
    };
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    for (const std::size_t capacity : {most, most / 2 + 2, most / 2 + 1, most / sizeof(int)})
        EXPECT_EQ(code_of(capacity), Errc::invalid_argument) << capacity;
    EXPECT_TRUE(sanitized || code_of(std::size_t{1} << 60) == Errc::full) << "more than any machine has";
    EXPECT_EQ(code_of(5), Errc::internal) << "that is, not refused";
}

} // namespace offstage
