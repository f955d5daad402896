// What a worker counts and tells: its statistics, and its events to whoever listens.
// Threads: all. Counts are plain sums: they order nothing.
#pragma once

#include "offstage/jobs/events.hpp"
#include "offstage/jobs/worker.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <string_view>
#include <utility>

namespace offstage::jobs::detail {

About about(const stores::ClaimedJob& job);

class Tally {
public:
    explicit Tally(std::function<void(const Event&)> on_event) : on_event_(std::move(on_event)) {}

    /// Whether somebody listens: events need not be built otherwise.
    bool is_heard() const noexcept { return static_cast<bool>(on_event_); }
    void tell(const Event& event) const {
        if (on_event_) on_event_(event);
    }

    void started(const stores::ClaimedJob& job, const stores::Store& store);
    /// Counts an outcome that is handed to the store, and tells it.
    void ended(const stores::ClaimedJob& job, const stores::Outcome& outcome, std::chrono::nanoseconds ran);
    /// Counts jobs that are given back without having been started.
    void gave_back(std::int64_t jobs) { add(released_, jobs); }
    void timed_out(const stores::ClaimedJob& job, std::chrono::nanoseconds after);
    /// A handler is left behind; told by left_behind(), once no mutex is held.
    void left_one() { add(hung_, 1); }
    void left_behind(const stores::ClaimedJob& job, bool replaced);
    /// A handler that had been left behind has ended.
    void came_back() { add(hung_, -1); }
    void refused(JobId id, Lease lease);
    void store_failed(std::string_view doing, const std::exception_ptr& error);

    int hung() const noexcept { return static_cast<int>(hung_.load(std::memory_order_relaxed)); }
    WorkerStats stats() const;

private:
    using Count = std::atomic<std::int64_t>;
    static void add(Count& count, std::int64_t n) { count.fetch_add(n, std::memory_order_relaxed); }

    const std::function<void(const Event&)> on_event_;
    Count started_{0}, done_{0}, retried_{0}, failed_{0}, cancelled_{0}, snoozed_{0}, released_{0};
    Count timed_out_{0}, refused_{0}, hung_{0};
};

} // namespace offstage::jobs::detail
