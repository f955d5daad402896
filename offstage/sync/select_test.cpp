#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/select.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace offstage {

using namespace testing;

TEST(Select, TakesTheFirstThatIsReadyAndOnlyThat) {
    BoundedQueue<int> numbers(4);
    BoundedQueue<std::string> words(4);
    numbers.push(7);
    words.push("seven");
    int number = 0;
    std::string word;
    const auto which = select(on_pop(words, [&](std::string w) { word = std::move(w); }),
                              on_pop(numbers, [&](int n) { number = n; }));
    EXPECT_EQ(*which, 0U);
    EXPECT_EQ(word, "seven");
    EXPECT_EQ(number, 0);
    EXPECT_EQ(numbers.size(), 1U);
}

TEST(Select, AWaitEndsByStopOrDeadlineAndLeavesNoTrace) {
    BoundedQueue<int> empty(1), full(1);
    full.push(1);
    Event event;
    int value = 2;
    expect_endable([&](std::stop_token stop, Deadline deadline) {
        return select(stop, deadline, on_pop(empty, [](int) { FAIL(); }),
                      on_push(full, value, [] { FAIL(); }), on_set(event, [] { FAIL(); }))
            .status();
    });
    EXPECT_EQ(value, 2);
}

TEST(Select, WhatIsReadyIsTakenWhateverTheStopOrDeadline) {
    Event event;
    event.set();
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) {
        return select(stop, deadline, on_set(event, [] {})).status();
    });
}

TEST(Select, WakesForEachKindOfThing) {
    for (int round = 0; round < 200; ++round) {
        BoundedQueue<int> empty(1), full(1);
        full.push(1);
        Event event;
        int value = 2;
        std::size_t which = 9;
        sys::Thread waiter("waiter", [&](std::stop_token) {
            which = *select(on_pop(empty, [](int n) { EXPECT_EQ(n, 5); }), on_push(full, value, [] {}),
                            on_set(event, [] {}));
        });
        switch (round % 3) {
        case 0:
            empty.push(5);
            break;
        case 1:
            (void)full.pop();
            break;
        case 2:
            event.set();
            break;
        }
        waiter.join();
        EXPECT_EQ(which, static_cast<std::size_t>(round % 3));
    }
}

TEST(Select, EndsWithClosedWhenNothingCanComeAnyMore) {
    BoundedQueue<int> one(4), other(4);
    int sum = 0;
    sys::Thread feeder("feeder", [&](std::stop_token) {
        for (int i = 1; i <= 100; ++i) (i % 2 == 0 ? one : other).push(i);
        one.close();
        other.close();
    });
    WaitStatus status;
    do {
        const auto add = [&](int n) { sum += n; };
        status = select(on_pop(one, add), on_pop(other, add)).status();
    } while (status == WaitStatus::ok);
    EXPECT_EQ(status, WaitStatus::closed);
    EXPECT_EQ(sum, 5050);
}

// As if another thread pushed its last value and closed just after select's first look at it.
struct FilledAfterALook : BoundedQueue<int> {
    FilledAfterALook() : BoundedQueue<int>(4) {}
    template <class Answer>
    Answer and_fill(Answer answer) {
        push(1);
        close();
        return answer;
    }
    std::optional<int> try_pop() { return and_fill(BoundedQueue<int>::try_pop()); }
    WaitResult<int> pop(const std::stop_token& stop, Deadline deadline) {
        return and_fill(BoundedQueue<int>::pop(stop, deadline));
    }
};

TEST(Select, IsNotClosedWhileAValueIsQueued) {
    FilledAfterALook queue;
    int got = 0;
    while (select(on_pop(queue, [&](int value) { got += value; }))) {
    }
    EXPECT_EQ(got, 1) << queue.size() << " values left";
}

// The same between two threads.
TEST(Select, TakesTheLastValueOfAQueueThatIsClosedAtOnce) {
    for (int round = 0; round < 500; ++round) {
        BoundedQueue<int> queue(4);
        int got = 0;
        sys::Thread producer("producer", [&](std::stop_token) {
            queue.push(1);
            queue.close();
        });
        while (select(on_pop(queue, [&](int value) { got += value; }))) {
        }
        ASSERT_EQ(got, 1) << queue.size() << " values left in round " << round;
    }
}

TEST(Select, AClosedQueueDoesNotHideTheOthers) {
    BoundedQueue<int> closed(1);
    closed.close();
    Event event;
    sys::Thread setter("setter", [&](std::stop_token) { event.set(); });
    EXPECT_EQ(*select(on_pop(closed, [](int) { FAIL(); }), on_set(event, [] {})), 1U);
}

TEST(Select, AHandlersExceptionPassesThrough) {
    BoundedQueue<int> queue(1);
    queue.push(1);
    EXPECT_THROW((void)select(on_pop(queue, [](int) { throw std::runtime_error("blurred"); })),
                 std::runtime_error);
    EXPECT_EQ(queue.size(), 0U);
}

TEST(Select, TakesMoveOnlyValues) {
    BoundedQueue<std::unique_ptr<int>> from(1), to(1);
    from.push(std::make_unique<int>(3));
    std::unique_ptr<int> got;
    EXPECT_TRUE(select(on_pop(from, [&](std::unique_ptr<int> value) { got = std::move(value); })));
    EXPECT_TRUE(select(on_push(to, got, [] {})));
    EXPECT_EQ(got, nullptr);
    EXPECT_EQ(**to.pop(), 3);
}

// A select that was notified of one queue but takes another's value must pass the notification on.
TEST(Select, LosesNoWakeUpOfOthers) {
    constexpr int each = 3000;
    BoundedQueue<int> a(2), b(2);
    std::atomic<int> taken = 0;
    {
        std::vector<sys::Thread> takers, feeders;
        for (int t = 0; t < 2; ++t)
            takers.emplace_back("selecting", [&](std::stop_token) {
                const auto count = [&](int) { ++taken; };
                while (select(on_pop(a, count), on_pop(b, count))) {
                }
            });
        takers.emplace_back("popping a", [&](std::stop_token) {
            while (a.pop()) ++taken;
        });
        takers.emplace_back("popping b", [&](std::stop_token) {
            while (b.pop()) ++taken;
        });
        for (auto* queue : {&a, &b})
            feeders.emplace_back("feeder", [queue](std::stop_token) {
                for (int i = 0; i < each; ++i) queue->push(i);
                queue->close();
            });
    }
    EXPECT_EQ(taken, 2 * each);
}

TEST(Select, AmongAsManyAsTheProgramLikes) {
    std::vector<std::unique_ptr<Event>> events;
    std::vector<SetCase<std::function<void()>>> cases;
    std::vector<SelectCase*> pointers;
    int handled = -1;
    for (int i = 0; i < 50; ++i) {
        events.push_back(std::make_unique<Event>());
        cases.push_back(on_set(*events.back(), std::function<void()>([&handled, i] { handled = i; })));
    }
    for (auto& one : cases) pointers.push_back(&one);
    events[37]->set();
    EXPECT_EQ(*select_among(pointers), 37U);
    EXPECT_EQ(handled, 37);
}

} // namespace offstage
