#include "offstage/executor/snapshot.hpp"

#include "offstage/executor/runtime.hpp"
#include "offstage/executor/scope.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/executor/when.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/recursive_mutex.hpp"
#include "offstage/sync/shared_mutex.hpp"
#include "offstage/sys/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace offstage {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

/// Waits until there are some.
std::vector<std::string> first_deadlocks() {
    for (;;)
        if (std::vector<std::string> found = deadlocks(); !found.empty()) return found;
}

TEST(Snapshot, TellsEachThreadWhatItRunsAndWhatItWaitsOn) {
    Event begun;
    BoundedQueue<int> frames(4);
    Runtime runtime{{.name = "shop", .workers = 1}};
    runtime.post({.name = "show"}, [&](const std::stop_token& stop) {
        begun.set();
        std::ignore = frames.pop(stop);
    });
    auto camera =
        runtime.background("camera", [&](const std::stop_token& stop) { std::ignore = frames.pop(stop); });
    runtime.timers().after(1h, [] {});
    Snapshot snapshot = runtime.snapshot();
    const auto waits = [](const ThreadView& thread) { // on its way there it may meet a mutex
        return thread.waits_on.find("BoundedQueue") != std::string::npos;
    };
    const auto all_wait = [&] {
        return snapshot.threads.size() == 2 && std::ranges::all_of(snapshot.threads, waits);
    };
    for (; !all_wait(); snapshot = runtime.snapshot()) std::this_thread::yield();
    EXPECT_EQ(snapshot.runtime, "shop");
    EXPECT_EQ(snapshot.timers, 1u);
    EXPECT_EQ(snapshot.pool.waiting, 1u);
    EXPECT_EQ(snapshot.threads[0].thread, "shop/1");
    EXPECT_THAT(snapshot.threads[0].task, HasSubstr("show (snapshot_test.cpp:"));
    EXPECT_THAT(snapshot.threads[0].waits_on, HasSubstr("BoundedQueue at 0x"));
    EXPECT_EQ(snapshot.threads[1].thread, "camera");
    EXPECT_THAT(to_string(snapshot),
                AllOf(HasSubstr("runtime shop: 0 tasks queued"), HasSubstr("  camera: camera for"),
                      HasSubstr("waits on BoundedQueue at 0x")));
    EXPECT_THAT(dump(), HasSubstr("runtime shop"));
}

TEST(Snapshot, ARestingThreadIsIdle) {
    Runtime runtime{{.workers = 1}};
    runtime.submit([] {}).get();
    runtime.pool().drain();
    EXPECT_THAT(to_string(runtime.snapshot()), HasSubstr("offstage/1: idle"));
}

// Two locks taken in opposite orders, the classic; both waits can be stopped, so that the test ends.
TEST(Deadlocks, ACircleOfMutexesIsNamed) {
    Mutex ledger("ledger"), stock("stock");
    Event first, second;
    std::stop_source stop;
    Runtime runtime{{.workers = 2}};
    auto a = runtime.background("payer", [&] {
        const std::lock_guard held(ledger);
        first.set();
        second.wait();
        if (stock.lock(stop.get_token()) == WaitStatus::ok) stock.unlock();
    });
    auto b = runtime.background("seller", [&] {
        const std::lock_guard held(stock);
        second.set();
        first.wait();
        if (ledger.lock(stop.get_token()) == WaitStatus::ok) ledger.unlock();
    });
    const std::vector<std::string> found = first_deadlocks();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_THAT(found[0], AllOf(HasSubstr("payer waits on Mutex stock (lock) for seller"),
                                HasSubstr("seller waits on Mutex ledger (lock) for payer")));
    EXPECT_THAT(dump(), HasSubstr("DEADLOCK: "));
    stop.request_stop();
}

TEST(Deadlocks, ACircleOfFuturesIsNamed) {
    Event both;
    std::stop_source stop;
    Future<void> first, second;
    Runtime runtime{{.workers = 2}};
    first = runtime.submit({.name = "hen"}, [&] {
        both.wait();
        second.wait(stop.get_token());
    });
    second = runtime.submit({.name = "egg"}, [&] {
        both.wait();
        first.wait(stop.get_token());
    });
    both.set();
    const std::vector<std::string> found = first_deadlocks();
    EXPECT_THAT(found[0], AllOf(HasSubstr("waits on Future egg (snapshot_test.cpp:"),
                                HasSubstr("waits on Future hen (snapshot_test.cpp:")));
    stop.request_stop();
    runtime.pool().drain();
}

// Cancelled in the end, so that the test ends.
TEST(Deadlocks, ATaskThatWaitsForWhatFollowsFromItIsNamed) {
    for (const bool through_all : {false, true}) {
        Event go;
        std::stop_source stop;
        Future<int> after;
        Runtime runtime{{.workers = 2}};
        auto task = runtime.submit([&] {
            go.wait();
            after.wait(stop.get_token());
            return 1;
        });
        if (through_all) {
            std::vector<Future<int>> futures;
            futures.push_back(runtime.submit([] { return 2; }));
            futures.push_back(std::move(task));
            after = when_all(std::move(futures)).then([](const std::vector<int>& all) { return all[0]; });
        } else {
            after = std::move(task).then([](int value) { return value; });
        }
        go.set();
        const std::vector<std::string> found = first_deadlocks();
        EXPECT_THAT(found[0], HasSubstr("waits on Future task (snapshot_test.cpp:"));
        stop.request_stop();
        after.wait();
    }
}

TEST(Deadlocks, AScopeWhoseTaskWaitsForWhatItsJoinerHoldsIsNamed) {
    Mutex ledger("ledger");
    std::stop_source stop;
    Runtime runtime{{.workers = 2}};
    auto joiner = runtime.background("joiner", [&] {
        const std::lock_guard held(ledger);
        TaskScope scope(runtime);
        std::ignore = scope.spawn([] {}); // over, and not it
        std::ignore = scope.spawn([&] {
            if (ledger.lock(stop.get_token()) == WaitStatus::ok) ledger.unlock(); // the joiner gave up first
        });
        scope.join();
    });
    const std::vector<std::string> found = first_deadlocks();
    EXPECT_THAT(found[0], AllOf(HasSubstr("joiner waits on TaskScope at"),
                                HasSubstr("waits on Mutex ledger (lock) for joiner")));
    stop.request_stop();
    joiner.join();
}

TEST(Deadlocks, ATimerThatWantsWhatItsCancellerHoldsIsNamed) {
    for (const bool plain : {true, false}) {
        Mutex ledger("ledger");
        Event runs;
        std::stop_source stop;
        Runtime runtime{{.workers = 2}};
        const auto add_up = [&] {
            runs.set();
            if (ledger.lock(stop.get_token()) == WaitStatus::ok) ledger.unlock();
        };
        auto canceller = runtime.background("canceller", [&] {
            const std::lock_guard held(ledger);
            Timer timer = plain ? runtime.timers().after(0s, add_up)
                                : runtime.timers().after(0s, add_up, {.name = "sum"});
            runs.wait();
            std::ignore = timer.cancel_and_wait(stop.get_token()); // ok where the timer gave up first
        });
        const std::vector<std::string> found = first_deadlocks();
        EXPECT_THAT(found[0], AllOf(HasSubstr("canceller waits on Timer at"),
                                    HasSubstr("waits on Mutex ledger (lock) for canceller")));
        stop.request_stop();
        canceller.join();
    }
}

TEST(Deadlocks, TheOnlyReaderOfASharedMutexIsNamed) {
    SharedMutex ledger("ledger");
    Mutex stock("stock");
    Event read, held;
    std::stop_source stop;
    sys::Thread reader("reader", [&](const std::stop_token&) {
        ledger.lock_shared();
        ledger.lock_shared(); // another that came and went
        ledger.unlock_shared();
        read.set();
        held.wait();
        if (stock.lock(stop.get_token()) == WaitStatus::ok) stock.unlock(); // the other gave up first
        ledger.unlock_shared();
    });
    sys::Thread writer("writer", [&](const std::stop_token&) {
        const std::lock_guard lock(stock);
        held.set();
        read.wait();
        if (ledger.lock(stop.get_token()) == WaitStatus::ok) ledger.unlock(); // the other gave up first
    });
    const std::vector<std::string> found = first_deadlocks();
    EXPECT_THAT(found[0], AllOf(HasSubstr("writer waits on SharedMutex ledger (lock) for reader"),
                                HasSubstr("reader waits on Mutex stock (lock) for writer")));
    stop.request_stop();
}

TEST(Deadlocks, AReaderThatWaitsBehindAWriterForItselfIsNamed) {
    SharedMutex ledger("ledger");
    std::stop_source stop;
    ledger.lock_shared();
    sys::Thread writer("writer", [&](const std::stop_token&) {
        if (ledger.lock(stop.get_token()) == WaitStatus::ok) ledger.unlock(); // the other gave up first
    });
    until_waiting("writer");
    std::vector<std::string> found;
    sys::Thread watch("watch", [&](const std::stop_token&) {
        found = first_deadlocks();
        stop.request_stop();
    });
    if (ledger.lock_shared(stop.get_token()) == WaitStatus::ok)
        ledger.unlock_shared(); // the writer gave up first
    watch.join();
    EXPECT_THAT(found[0], HasSubstr("waits on SharedMutex ledger (lock_shared) for"));
    ledger.unlock_shared();
}

TEST(Snapshot, ADumpTellsOfPoolsOfTheirOwnToo) {
    Event begun, go_on;
    Pool pool({.name = "press", .workers = 1});
    pool.post({.name = "print"}, [&] {
        begun.set();
        go_on.wait();
    });
    begun.wait();
    EXPECT_THAT(dump(), AllOf(HasSubstr("pool press: 0 tasks queued"),
                              HasSubstr("  press/1: print (snapshot_test.cpp:")));
    go_on.set();
}

TEST(Snapshot, ADumpTellsWhatARuntimesDestructorWaitsFor) {
    std::string told;
    {
        Runtime runtime{{.name = "closing", .workers = 1}};
        runtime.post({.name = "slow"}, [&](const std::stop_token& stop) {
            Event never;
            never.wait(stop);
            told = dump();
        });
        while (runtime.snapshot().threads.front().waits_on.empty()) std::this_thread::yield();
    }
    EXPECT_THAT(told, AllOf(HasSubstr("runtime closing:"), HasSubstr(": slow (snapshot_test.cpp:")));
}

TEST(Snapshot, ARecursiveMutexIsListedAsOne) {
    RecursiveMutex mutex("ledger");
    const std::lock_guard held(mutex);
    std::stop_source stop;
    sys::Thread waiter("waiter", [&](const std::stop_token&) { mutex.lock(stop.get_token()); });
    until_waiting("waiter");
    EXPECT_THAT(dump(), HasSubstr("waiter: RecursiveMutex ledger (lock) for"));
    stop.request_stop();
    waiter.join();
}

TEST(Deadlocks, AnOrdinaryWaitIsNone) {
    Event event;
    Runtime runtime{{.workers = 1}};
    auto waiter = runtime.background("waiter", [&] { event.wait(); });
    while (runtime.snapshot().threads.back().waits_on.empty()) std::this_thread::yield();
    EXPECT_THAT(deadlocks(), IsEmpty());
    event.set();
}

} // namespace
} // namespace offstage
