#include "offstage/jobs/backoff.hpp"

#include "offstage/base/error.hpp"

#include <gtest/gtest.h>

#include <set>

namespace offstage::jobs {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToTheLongestAndIsShortenedByAtMostAQuarter) {
    const Backoff backoff = exponential(1s, 10s);
    const auto is_about = [&](int errors, std::chrono::microseconds full) {
        const auto wait = backoff(errors);
        EXPECT_LE(wait, full) << errors;
        EXPECT_GE(wait, full * 3 / 4) << errors;
    };
    is_about(1, 1s);
    is_about(2, 2s);
    is_about(4, 8s);
    is_about(5, 10s);
    is_about(30000, 10s);
}

TEST(Backoff, DoesNotBringBackTogetherWhatFailedTogether) {
    const Backoff backoff = exponential(1h, 1h);
    std::set<std::chrono::microseconds> waits;
    for (int job = 0; job < 20; ++job) waits.insert(backoff(1));
    EXPECT_GT(waits.size(), 10U);
}

TEST(Backoff, DoesNotOverflow) {
    const auto longest = std::chrono::microseconds::max();
    EXPECT_GE(exponential(1us, longest)(30000), longest / 4 * 3);
}

TEST(Backoff, ConstantIsAlwaysTheSame) {
    const Backoff backoff = constant(3s);
    EXPECT_EQ(backoff(1), 3s);
    EXPECT_EQ(backoff(20), 3s);
}

TEST(Backoff, RefusesWaitsThatCannotBe) {
    EXPECT_THROW(exponential(0s, 1s), Error);
    EXPECT_THROW(exponential(2s, 1s), Error);
    EXPECT_THROW(constant(-1s), Error);
}

} // namespace
} // namespace offstage::jobs
