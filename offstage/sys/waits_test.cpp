#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/sys/waits.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <optional>

namespace offstage::sys {

using namespace std::chrono_literals;

namespace {

std::optional<WaitInfo> wait_of(std::string_view thread) {
    for (WaitInfo& wait : waits())
        if (wait.thread_name == thread) return wait;
    return std::nullopt;
}

void until(const std::function<bool()>& condition) {
    while (!condition()) Parker::current().park(deadline_after(100us));
}

} // namespace

TEST(Waits, TellWhoWaitsForWhichMutexAndWhoHoldsIt) {
    Mutex mutex;
    const SteadyTime before = steady_now();
    MutexLock lock(mutex);
    Thread waiter("wanting", [&](std::stop_token) { const MutexLock own(mutex); });
    until([] { return wait_of("wanting").has_value(); });
    const auto wait = wait_of("wanting");
    EXPECT_EQ(wait->kind, "Mutex");
    EXPECT_EQ(wait->action, "lock");
    EXPECT_EQ(wait->object, &mutex);
    EXPECT_EQ(wait->owner, this_thread_id());
    EXPECT_GE(wait->since, before);
    EXPECT_LE(wait->since, steady_now());
    lock.unlock();
    waiter.join();
    EXPECT_FALSE(wait_of("wanting"));
}

TEST(Waits, TellWhichThreadIsJoined) {
    std::atomic<bool> end = false;
    Thread inner("slow one", [&](std::stop_token) { until([&] { return end.load(); }); });
    Thread joiner("joiner", [&](std::stop_token) { inner.join(); });
    until([] { // a thread is joined by its number once it runs
        const auto wait = wait_of("joiner");
        return wait && wait->owner != 0;
    });
    const auto wait = wait_of("joiner");
    EXPECT_EQ(wait->kind, "Thread");
    EXPECT_EQ(wait->name, "slow one");
    EXPECT_NE(wait->owner, 0U);
    EXPECT_NE(wait->owner, wait->thread);
    EXPECT_TRUE(deadlocks().empty());
    end = true;
}

TEST(Waits, WhoHasTheMutexByNowIsNotTakenForOneThatWaitsForItself) {
    const ThreadId self = this_thread_id();
    const auto owner = [](const void* id) { return *static_cast<const ThreadId*>(id); };
    const WaitSubject subject{
        .kind = "Mutex", .action = "lock", .object = &self, .owner = owner, .over_when_own = true};
    const WaitMark mark(subject);
    EXPECT_TRUE(deadlocks().empty());
}

TEST(Waits, AMarkInAMarkTakesItsPlaceMeanwhile) {
    const WaitSubject outer{.kind = "Outer", .action = "wait"}, inner{.kind = "Inner", .action = "wait"};
    const ThreadId self = this_thread_id();
    const auto kind = [&]() -> std::string {
        for (const WaitInfo& wait : waits())
            if (wait.thread == self) return wait.kind;
        return "";
    };
    {
        const WaitMark first(outer);
        {
            const WaitMark second(inner);
            EXPECT_EQ(kind(), "Inner");
        }
        EXPECT_EQ(kind(), "Outer");
    }
    EXPECT_EQ(kind(), "");
}

TEST(Deadlocks, ACircleIsNamedAndNobodyElse) {
    // Marks stand for real waits, so that the test can end.
    static std::atomic<ThreadId> ids[4];
    for (auto& id : ids) id = 0;
    std::atomic<bool> end = false;
    const auto waits_for = [&](int self, int other) {
        return [&, self, other](std::stop_token) {
            ids[self] = this_thread_id();
            const WaitSubject subject{
                .kind = "Mutex", .action = "lock", .object = &ids[other], .owner = [](const void* id) {
                    return static_cast<const std::atomic<ThreadId>*>(id)->load();
                }};
            const WaitMark mark(subject);
            until([&] { return end.load(); });
        };
    };
    Thread outside("outside", waits_for(0, 1)), a("a", waits_for(1, 2)), b("b", waits_for(2, 3)),
        c("c", waits_for(3, 1));
    until([] { return !deadlocks().empty(); });
    const auto circles = deadlocks();
    ASSERT_EQ(circles.size(), 1U);
    std::string names;
    for (const WaitInfo& wait : circles[0]) names += wait.thread_name;
    std::ranges::sort(names);
    EXPECT_EQ(names, "abc");
    end = true;
}

} // namespace offstage::sys
