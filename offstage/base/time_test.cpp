#include "offstage/base/time.hpp"

#include <gtest/gtest.h>

namespace offstage {

using namespace std::chrono_literals;

TEST(Deadline, AnEndlessDurationIsNever) {
    const SteadyTime now = SteadyTime{} + 5s;
    EXPECT_TRUE(Deadline::after(now, std::chrono::nanoseconds::max()).is_never());
    EXPECT_EQ(Deadline::after(now, 2s).when(), SteadyTime{} + 7s);
    EXPECT_EQ(Deadline::after(now, -2s).when(), now) << "a past deadline has passed now";
}

TEST(Iso8601, WritesAndReadsTheSameTime) {
    const WallTime time = from_micros(1795253400123456);
    EXPECT_EQ(to_iso8601(time), "2026-11-21T09:30:00.123456Z");
    EXPECT_EQ(parse_iso8601("2026-11-21T09:30:00.123456Z"), time);
    EXPECT_EQ(parse_iso8601("2026-11-21T09:30:00.123456Z")->time_since_epoch().count(), to_micros(time));
    EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00Z"), WallTime{});
}

TEST(Iso8601, RefusesWhatIsNoTime) {
    for (const char* text :
         {"", "2026-11-21", "2026-13-21T09:30:00Z", "2026-02-30T09:30:00Z", "2026-11-21T24:00:00Z",
          "2026-11-21T09:30:00", "2026-11-21T09:30:00.1234567Z", "2026-11-21 09:30:00Z"})
        EXPECT_FALSE(parse_iso8601(text)) << text;
}

} // namespace offstage
