// How the jobs went lately, for the page's charts: what came, ended and waited in each interval, the last
// half hour of it.
//
// Each sample is the difference of two readings of the store's totals, which cost the same however many jobs
// there are; all queues together. Kept in memory: a new process begins anew.
//
// Threads: all() by any; take() by one at a time.
#pragma once

#include "offstage/base/json.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/sys/mutex.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace offstage::web::jobs_api {

/// One interval. Rates are jobs a second; a latency is null where no job began or ended.
struct SampleView {
    std::int64_t at_ms = 0; ///< its end, since 1970
    double enqueued = 0;
    double done = 0;
    double failed = 0;
    double cancelled = 0;
    double errors = 0;                   ///< attempts that failed and are tried again
    std::optional<double> waited_p50_ms; ///< from when a job was ready to its start
    std::optional<double> waited_p99_ms;
    std::optional<double> ran_p50_ms; ///< from its start to its end
    std::optional<double> ran_p99_ms;
    std::int64_t scheduled = 0; ///< jobs at the end of the interval
    std::int64_t ready = 0;
    std::int64_t running = 0;
};
BOOST_DESCRIBE_STRUCT(SampleView, (),
                      (at_ms, enqueued, done, failed, cancelled, errors, waited_p50_ms, waited_p99_ms,
                       ran_p50_ms, ran_p99_ms, scheduled, ready, running))

class Samples {
public:
    Samples(stores::Store& store, std::size_t keep) : store_(store), keep_(keep) {}

    /// Reads the totals; a sample where there was a reading before.
    std::optional<SampleView> take(SteadyTime now);
    std::vector<SampleView> all() const;

private:
    struct Reading {
        SteadyTime at;
        stores::QueueTotals sum;
    };
    stores::Store& store_;
    const std::size_t keep_;
    std::optional<Reading> last_; // take()'s
    mutable sys::Mutex mutex_;
    std::deque<SampleView> samples_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage::web::jobs_api
