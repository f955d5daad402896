// How long many things took, in constant space: how many of them by duration, and their sum.
//
// Two buckets an octave, from 16 us to about 12 days: a quantile is right to within a fifth. Values; two that
// were read one after the other are subtracted to know what came between.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace offstage::stores {

struct Durations {
    static constexpr std::size_t buckets = 74;

    std::array<std::int64_t, buckets> counts{}; ///< bucket i: those longer than bound(i - 1), up to bound(i)
    std::int64_t count = 0;
    std::chrono::microseconds sum{0};

    /// The longest that is in bucket `index`; the last one has all that is longer.
    static std::chrono::microseconds bound(std::size_t index) noexcept;

    /// A negative one, of a clock that was set back, counts as none at all.
    void add(std::chrono::microseconds duration) noexcept;
    /// How long the shortest `share` (0 to 1) of them took at most; 0 where there are none.
    std::chrono::microseconds quantile(double share) const noexcept;

    Durations& operator+=(const Durations& other) noexcept;
    friend Durations operator-(const Durations& later, const Durations& earlier) noexcept;
};

} // namespace offstage::stores
