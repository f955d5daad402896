// What happened in a queue since its store was opened: numbers that only grow, for rates and metrics.
//
// They are kept in memory by what writes, and cost nothing that grows with the jobs. What a commit that
// failed would have done may be among them. Values.
#pragma once

#include "offstage/stores/durations.hpp"

#include <cstdint>
#include <string>

namespace offstage::stores {

struct QueueTotals {
    std::string queue = {};
    std::int64_t enqueued = 0;
    std::int64_t done = 0, failed = 0, cancelled = 0; ///< ended so
    std::int64_t retried = 0;                         ///< attempts that failed and are tried again
    Durations waited = {};                            ///< from when a job was ready to its start
    Durations ran = {};                               ///< from a job's start to the end of that attempt

    QueueTotals& operator+=(const QueueTotals& other) noexcept {
        enqueued += other.enqueued;
        done += other.done;
        failed += other.failed;
        cancelled += other.cancelled;
        retried += other.retried;
        waited += other.waited;
        ran += other.ran;
        return *this;
    }
};

} // namespace offstage::stores
