// One queue of a worker: the jobs that wait for its handlers, and how many more it wants.
// Not thread-safe: the intake's mutex guards it.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/stores/types.hpp"
#include "offstage/sync/condition.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace offstage::jobs::detail {

class Lane {
public:
    Lane(std::string queue, int handlers, std::chrono::nanoseconds claim_ahead)
        : queue_(std::move(queue)), handlers_(handlers), claim_ahead_(claim_ahead) {}

    const std::string& queue() const noexcept { return queue_; }
    std::size_t buffered() const noexcept { return buffered_; }

    /// How many jobs to ask for now.
    int wanted() const noexcept;

    void put(std::vector<stores::ClaimedJob> jobs, SteadyTime now);
    /// REQUIRES: something is buffered.
    stores::ClaimedJob take();
    void finished(std::optional<std::chrono::nanoseconds> ran);
    void resize(int handlers) noexcept { handlers_ += handlers; }

    std::optional<stores::ClaimedJob> take_out(stores::JobId id, stores::Lease lease);
    std::vector<stores::ClaimedJob> take_all();
    /// Those that have waited for too long. From then on less is wanted, until short jobs have shown that
    /// more can be done.
    std::vector<stores::ClaimedJob> take_late(SteadyTime now);
    /// When the oldest will have waited for too long.
    SteadyTime next_late() const noexcept;

    /// Where its handlers wait for jobs. On the heap, for lanes lie in a vector.
    Condition& arrived() noexcept { return *arrived_; }
    int waiting = 0;               ///< handlers that wait for jobs
    bool is_asking = false;        ///< a claim stands for it
    bool expects_suspects = false; ///< see intake.hpp

private:
    struct Batch {
        std::vector<stores::ClaimedJob> jobs;
        std::size_t next = 0; ///< the first that was not taken
        SteadyTime arrived;
    };
    std::chrono::nanoseconds patience() const noexcept;

    std::string queue_;
    int handlers_;
    std::chrono::nanoseconds claim_ahead_;
    std::deque<Batch> batches_; // none of them empty
    std::size_t buffered_ = 0;
    int running_ = 0;
    std::chrono::nanoseconds usual_ =
        std::chrono::nanoseconds::max(); // a handler's time, averaged; max: not known
    std::unique_ptr<Condition> arrived_ = std::make_unique<Condition>();
};

} // namespace offstage::jobs::detail
