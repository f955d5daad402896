#include "offstage/sys/clock.hpp"
#include "offstage/sys/random.hpp"

#include <array>
#include <cstddef>
#include <gtest/gtest.h>

namespace offstage::sys {

using namespace std::chrono_literals;

TEST(Clock, TheSteadyClockNeverGoesBack) {
    SteadyTime last = steady_now();
    for (int i = 0; i < 1000; ++i) {
        const SteadyTime now = steady_now();
        ASSERT_GE(now, last);
        last = now;
    }
}

TEST(Clock, AnEndlessDurationIsNeverAndAPastOneIsOver) {
    EXPECT_TRUE(deadline_after(std::chrono::nanoseconds::max()).is_never());
    const Deadline past = deadline_after(std::chrono::nanoseconds::min());
    EXPECT_LE(past.when(), steady_now());
    EXPECT_GT(deadline_after(1h).when(), steady_now());
    EXPECT_FALSE(deadline_after(1h).is_never());
}

TEST(Random, FillsEveryByteAndNeverTheSame) {
    std::array<std::byte, 300> first{}, second{};
    random_bytes(first);
    random_bytes(second);
    EXPECT_NE(first, second);
    EXPECT_NE(random_u64(), random_u64());
    random_bytes({});
}

} // namespace offstage::sys
