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

TEST(DurationText, HasAtMostTwoFigures) {
    EXPECT_EQ(to_text(-1s), "0 us");
    EXPECT_EQ(to_text(80us), "80 us");
    EXPECT_EQ(to_text(350ms), "350 ms");
    EXPECT_EQ(to_text(1s), "1 s");
    EXPECT_EQ(to_text(1290ms), "1.2 s");
    EXPECT_EQ(to_text(330s), "5 min 30 s");
    EXPECT_EQ(to_text(2h + 5min + 59s), "2 h 5 min");
    EXPECT_EQ(to_text(76h), "3 d 4 h");
    EXPECT_EQ(to_text(48h), "2 d");
}

} // namespace offstage
