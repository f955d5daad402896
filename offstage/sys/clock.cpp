#include "offstage/sys/clock.hpp"

namespace offstage::sys {

SteadyTime steady_now() noexcept {
    return std::chrono::steady_clock::now();
}

WallTime wall_now() noexcept {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Deadline deadline_after(std::chrono::nanoseconds duration) noexcept {
    return Deadline::after(steady_now(), duration);
}

} // namespace offstage::sys
