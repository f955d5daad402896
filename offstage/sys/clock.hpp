// The machine's two clocks. Everything that needs the time asks here, so that a simulation can answer.
// Thread-safe; nothing blocks.
#pragma once

#include "offstage/base/time.hpp"

#include <chrono>

namespace offstage::sys {

/// The steady clock that deadlines are measured by. It never goes back; it stands still while the machine
/// sleeps.
SteadyTime steady_now() noexcept;

/// The same clock, up to some milliseconds behind, for a quarter of the price: to say since when something
/// runs.
SteadyTime steady_now_coarse() noexcept;

/// The time of day, in UTC. May jump, also back.
WallTime wall_now() noexcept;

/// The deadline `duration` from now. `nanoseconds::max()`, or whatever else lies past the clock's end, is
/// never.
Deadline deadline_after(std::chrono::nanoseconds duration) noexcept;

} // namespace offstage::sys
