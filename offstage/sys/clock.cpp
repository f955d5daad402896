#include "offstage/sys/clock.hpp"

#include <ctime>

namespace offstage::sys {

SteadyTime steady_now() noexcept {
    return std::chrono::steady_clock::now();
}

SteadyTime steady_now_coarse() noexcept {
    ::timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now); // CLOCK_MONOTONIC is what std::chrono::steady_clock reads
    return SteadyTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

WallTime wall_now() noexcept {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Deadline deadline_after(std::chrono::nanoseconds duration) noexcept {
    return Deadline::after(steady_now(), duration);
}

} // namespace offstage::sys
