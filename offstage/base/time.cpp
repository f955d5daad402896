#include "offstage/base/time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace offstage {

using namespace std::chrono_literals;

Deadline Deadline::after(SteadyTime now, std::chrono::nanoseconds duration) noexcept {
    if (duration <= std::chrono::nanoseconds::zero()) return {now};
    if (duration >= SteadyTime::max() - now) return never();
    return {now + duration};
}

std::string to_iso8601(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    char text[40];
    const int length = std::snprintf(
        text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return {text, static_cast<std::size_t>(length)};
}

std::optional<WallTime> parse_iso8601(std::string_view text) {
    const auto number = [&](std::size_t at, std::size_t digits) -> std::optional<int> {
        if (at + digits > text.size()) return std::nullopt;
        int value = 0;
        const char* const end = text.data() + at + digits;
        const auto [stopped, error] = std::from_chars(text.data() + at, end, value);
        if (error != std::errc{} || stopped != end || value < 0) return std::nullopt;
        return value;
    };
    const auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
    const auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    int micros = 0;
    std::size_t at = 19;
    if (at < text.size() && text[at] == '.') {
        int scale = 100000;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9' && scale > 0; ++at, scale /= 10)
            micros += (text[at] - '0') * scale;
    }
    if (at + 1 != text.size() || text[at] != 'Z') return std::nullopt;
    return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second) + std::chrono::microseconds(micros);
}

std::string to_text(std::chrono::nanoseconds duration) {
    using namespace std::chrono;
    const auto two = [](std::int64_t count, std::int64_t per, const char* large, const char* small) {
        std::string text = std::to_string(count / per) + large;
        if (count % per != 0) text.append(" ").append(std::to_string(count % per)).append(small);
        return text;
    };
    if (duration < 1ms)
        return std::to_string(duration_cast<microseconds>(std::max(duration, 0ns)).count()) + " us";
    if (duration < 1s) return std::to_string(duration_cast<milliseconds>(duration).count()) + " ms";
    if (duration < 1min) {
        const auto tenths = duration_cast<milliseconds>(duration).count() / 100;
        std::string text = std::to_string(tenths / 10);
        if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
        return text + " s";
    }
    if (duration < 1h) return two(duration_cast<seconds>(duration).count(), 60, " min", " s");
    if (duration < 24h) return two(duration_cast<minutes>(duration).count(), 60, " h", " min");
    return two(duration_cast<hours>(duration).count(), 24, " d", " h");
}

} // namespace offstage
