#include "offstage/stores/durations.hpp"

#include <gtest/gtest.h>

namespace offstage::stores {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

TEST(Durations, EachBoundIsTheLongestOfItsBucket) {
    for (std::size_t i = 0; i < Durations::buckets; ++i) {
        Durations one;
        one.add(Durations::bound(i));
        EXPECT_EQ(one.counts[i], 1) << i;
        if (i + 1 == Durations::buckets) break;
        EXPECT_LT(Durations::bound(i), Durations::bound(i + 1));
        Durations next;
        next.add(Durations::bound(i) + 1us);
        EXPECT_EQ(next.counts[i + 1], 1) << i;
    }
}

TEST(Durations, WhatIsTooShortOrTooLongIsInTheFirstAndTheLastBucket) {
    Durations some;
    some.add(-5s);
    some.add(0us);
    some.add(microseconds::max() / 4);
    EXPECT_EQ(some.counts.front(), 2);
    EXPECT_EQ(some.counts.back(), 1);
    EXPECT_EQ(some.count, 3);
}

TEST(Durations, AQuantileIsRightToWithinAFifth) {
    Durations some;
    for (int i = 1; i <= 1000; ++i) some.add(microseconds(i * 100));
    for (const double share : {0.1, 0.5, 0.9, 0.99}) {
        const double exact = share * 100'000;
        EXPECT_NEAR(static_cast<double>(some.quantile(share).count()), exact, exact / 5) << share;
    }
    EXPECT_EQ(Durations{}.quantile(0.5), 0us);
}

TEST(Durations, TheDifferenceOfTwoReadingsIsWhatCameBetween) {
    Durations earlier;
    earlier.add(1ms);
    Durations later = earlier;
    later.add(1s);
    const Durations between = later - earlier;
    EXPECT_EQ(between.count, 1);
    EXPECT_EQ(between.sum, 1s);
    EXPECT_GT(between.quantile(0.5), 700ms);
    Durations sum = earlier;
    sum += between;
    EXPECT_EQ(sum.counts, later.counts);
}

} // namespace
} // namespace offstage::stores
