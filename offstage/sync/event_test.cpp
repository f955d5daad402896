#include "offstage/sync/event.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace offstage {

using namespace testing;

TEST(Event, BeginsClearAndKeepsWhatItWasTold) {
    Event event;
    EXPECT_FALSE(event.is_set());
    event.set();
    EXPECT_TRUE(event.is_set());
    event.set();
    EXPECT_TRUE(event.is_set());
    event.clear();
    EXPECT_FALSE(event.is_set());
    event.clear();
    EXPECT_FALSE(event.is_set());
}

TEST(Event, AWaitEndsByStopOrDeadlineAndSaysWhich) {
    Event event;
    expect_endable([&](std::stop_token stop, Deadline deadline) { return event.wait(stop, deadline); });
}

TEST(Event, ASetEventNeverWaits) {
    Event event;
    event.set();
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) { return event.wait(stop, deadline); });
}

TEST(Event, SetWakesAllWhoWait) {
    Event event, second;
    std::atomic<int> through = 0;
    {
        std::vector<sys::Thread> threads;
        for (int i = 0; i < 100; ++i)
            threads.emplace_back("waiter", [&](std::stop_token) {
                EXPECT_EQ(event.wait(), WaitStatus::ok);
                if (++through == 100) second.set();
            });
        EXPECT_EQ(through, 0);
        event.set();
        EXPECT_EQ(second.wait(), WaitStatus::ok);
    }
    EXPECT_EQ(through, 100);
}

TEST(Event, AWaiterWokenBySetReturnsThoughItIsClearedAgain) {
    Event event, waiting;
    for (int i = 0; i < 200; ++i) {
        WaitStatus ended = WaitStatus::timed_out;
        std::atomic<bool> returned = false;
        sys::Thread waiter("waiter", [&](std::stop_token) {
            waiting.set();
            ended = event.wait();
            returned = true;
        });
        waiting.wait();
        waiting.clear();
        // The waiter is between waiting.set() and its sleep, or asleep: so again until it was asleep in time.
        while (!returned) {
            event.set();
            event.clear();
        }
        waiter.join();
        EXPECT_EQ(ended, WaitStatus::ok);
    }
}

TEST(Event, MayGoAsSoonAsItsWaiterHasReturned) {
    for (int i = 0; i < 500; ++i) {
        auto event = std::make_unique<Event>();
        Event* const raw = event.get();
        sys::Thread setter("setter", [raw](std::stop_token) { raw->set(); });
        event->wait();
        event.reset();
    }
}

TEST(Event, IsSeenToBeWaitedForByItsName) {
    Event event("lens cap off");
    sys::Thread waiter("camera", [&](std::stop_token) { event.wait(); });
    for (bool seen = false; !seen;)
        for (const sys::WaitInfo& wait : sys::waits())
            if (wait.object == &event) {
                seen = true;
                EXPECT_EQ(wait.thread_name, "camera");
                EXPECT_EQ(wait.kind, "Event");
                EXPECT_EQ(wait.action, "wait");
                EXPECT_EQ(wait.name, "lens cap off");
                EXPECT_EQ(wait.owner, 0U);
            }
    event.set();
}

} // namespace offstage
