// A handler thread's place: what it runs now, by when, and whether it was left behind.
//
// Threads: the handler's own, the watch, and whoever stops the worker. The run lies on the handler's stack;
// the mutex keeps it alive, for the handler takes it away under the mutex before the run is gone.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/jobs/worker/run.hpp"
#include "offstage/sys/mutex.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace offstage::jobs::detail {

struct Seat {
    explicit Seat(std::size_t in_lane) : lane(in_lane) {}

    const std::size_t lane;
    sys::Mutex mutex;
    Run* run OFFSTAGE_GUARDED_BY(mutex) = nullptr;
    SteadyTime due OFFSTAGE_GUARDED_BY(mutex) = SteadyTime::max(); ///< when the watch acts on the run's time
    bool timed_out OFFSTAGE_GUARDED_BY(mutex) = false;             ///< it was asked to stop for that
    bool left_behind OFFSTAGE_GUARDED_BY(mutex) = false; ///< the outcome of its run was written by others
    bool replaced OFFSTAGE_GUARDED_BY(mutex) = false;    ///< another thread has taken over; this one ends
};

} // namespace offstage::jobs::detail
