#include "offstage/web/rate_window.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

using namespace std::chrono_literals;

TEST(RateWindow, BeginsAnewOnlyWhenTheShareWasMoved) {
    const SteadyTime start{};
    RateWindow window(100, 10s, start);
    EXPECT_EQ(window.deadline(), start + 10s);
    window.moved(999, start + 9s);
    EXPECT_EQ(window.deadline(), start + 10s) << "a drip is not enough";
    window.moved(1, start + 9s);
    EXPECT_EQ(window.deadline(), start + 19s);
    window.moved(1'000'000, start + 10s);
    EXPECT_EQ(window.deadline(), start + 20s) << "having been quick gives no credit";
}

TEST(RateWindow, ExcusesTheTimeThatWeTook) {
    const SteadyTime start{};
    RateWindow window(100, 10s, start);
    window.excuse(5s);
    EXPECT_EQ(window.deadline(), start + 15s);
}

} // namespace offstage::web
