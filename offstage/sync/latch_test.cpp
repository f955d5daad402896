#include "offstage/base/error.hpp"
#include "offstage/sync/latch.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <vector>

namespace offstage {

using namespace testing;

TEST(Latch, AWaitEndsByStopOrDeadlineAndTheCountStays) {
    Latch latch(1000);
    expect_endable([&](std::stop_token stop, Deadline deadline) { return latch.wait(stop, deadline); });
    EXPECT_EQ(latch.count(), 1000U);
    expect_endable(
        [&](std::stop_token stop, Deadline deadline) { return latch.arrive_and_wait(stop, deadline); });
    EXPECT_EQ(latch.count(), 1000U - 10) << "who arrived has arrived";
}

TEST(Latch, AtZeroNobodyWaits) {
    Latch latch(2);
    latch.count_down();
    latch.count_down();
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) { return latch.wait(stop, deadline); });
    Latch none(0);
    EXPECT_EQ(none.wait(), WaitStatus::ok);
}

TEST(Latch, TheLastOneLetsAllGo) {
    constexpr std::size_t threads = 20;
    Latch latch(threads);
    std::atomic<std::size_t> arrived = 0;
    std::vector<sys::Thread> all;
    for (std::size_t i = 0; i < threads; ++i)
        all.emplace_back("arriver", [&](std::stop_token) {
            ++arrived;
            EXPECT_EQ(latch.arrive_and_wait(), WaitStatus::ok);
            EXPECT_EQ(arrived, threads);
        });
    EXPECT_EQ(latch.wait(), WaitStatus::ok);
}

TEST(Latch, CountingBelowZeroIsAnError) {
    Latch latch(2);
    EXPECT_THROW(latch.count_down(3), Error);
    EXPECT_EQ(latch.count(), 2U);
    latch.count_down(2);
    EXPECT_THROW(latch.count_down(), Error);
}

} // namespace offstage
