// The two kinds of time, never mixed: a steady one for waits, a wall one for what is written down.
//
//   Deadline   when a wait ends; made from a duration or a steady time point, or never
//   WallTime   microseconds since 1970 UTC, as stores keep it and people read it
//
// Reading a clock is sys' business (sys/clock.hpp); here are only the types. Values, thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offstage {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// When a wait ends. Durations count from now, once, at construction; what would overflow is `never()`.
class Deadline {
public:
    constexpr Deadline(SteadyTime when) noexcept : when_(when) {}
    /// From now on, by the steady clock given (sys::steady_now()).
    static Deadline after(SteadyTime now, std::chrono::nanoseconds duration) noexcept;
    static constexpr Deadline never() noexcept { return {SteadyTime::max()}; }

    /// Over since ever: makes a try of a wait.
    static constexpr Deadline past() noexcept { return {SteadyTime::min()}; }

    constexpr bool is_never() const noexcept { return when_ == SteadyTime::max(); }
    constexpr SteadyTime when() const noexcept { return when_; }
    constexpr auto operator<=>(const Deadline&) const noexcept = default;

private:
    SteadyTime when_;
};

/// "2026-11-21T09:30:00.123456Z": UTC, always six decimals, so that text order is time order.
std::string to_iso8601(WallTime time);

/// Reads what to_iso8601 writes, the decimals optional; nothing where the text is anything else.
std::optional<WallTime> parse_iso8601(std::string_view text);

/// A duration for people, in two figures at most of the units that say something: "80 us", "350 ms", "1.2 s",
/// "5 min 30 s", "2 h 5 min", "3 d 4 h". A negative one is "0 us".
std::string to_text(std::chrono::nanoseconds duration);

/// Microseconds since 1970, as stores keep times.
constexpr std::int64_t to_micros(WallTime time) noexcept {
    return time.time_since_epoch().count();
}
constexpr WallTime from_micros(std::int64_t micros) noexcept {
    return WallTime(std::chrono::microseconds(micros));
}

} // namespace offstage
