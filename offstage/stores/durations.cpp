#include "offstage/stores/durations.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace offstage::stores {
namespace {

using std::chrono::microseconds;

constexpr int first_octave = 4; // 16 us

// Bounds are 2^k and 1.5 * 2^k: whole numbers, so that a bound's own bucket is no matter of rounding.
std::size_t bucket_of(microseconds duration) noexcept {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 1)) - 1;
    const int octave = static_cast<int>(std::bit_width(value)) - 1; // value is in [2^octave, 2^(octave + 1))
    if (octave < first_octave) return 0;
    const bool upper = (value >> (octave - 1) & 1U) != 0;
    const std::size_t index = static_cast<std::size_t>(octave - first_octave) * 2 + (upper ? 2 : 1);
    return std::min(index, Durations::buckets - 1);
}

} // namespace

microseconds Durations::bound(std::size_t index) noexcept {
    const std::int64_t octave = std::int64_t{1} << (first_octave + index / 2);
    return microseconds(index % 2 == 0 ? octave : octave + octave / 2);
}

void Durations::add(microseconds duration) noexcept {
    ++counts[bucket_of(duration)];
    ++count;
    sum += std::max(duration, microseconds(0));
}

microseconds Durations::quantile(double share) const noexcept {
    if (count == 0) return microseconds(0);
    const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(count);
    double below = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
        const auto here = static_cast<double>(counts[i]);
        if (here > 0 && below + here >= wanted) {
            const double least = i == 0 ? 0 : static_cast<double>(bound(i - 1).count());
            const double most = static_cast<double>(bound(i).count());
            return microseconds(std::llround(least + (most - least) * (wanted - below) / here));
        }
        below += here;
    }
    return bound(buckets - 1);
}

Durations& Durations::operator+=(const Durations& other) noexcept {
    for (std::size_t i = 0; i < buckets; ++i) counts[i] += other.counts[i];
    count += other.count;
    sum += other.sum;
    return *this;
}

Durations operator-(const Durations& later, const Durations& earlier) noexcept {
    Durations between = later;
    for (std::size_t i = 0; i < Durations::buckets; ++i) between.counts[i] -= earlier.counts[i];
    between.count -= earlier.count;
    between.sum -= earlier.sum;
    return between;
}

} // namespace offstage::stores
