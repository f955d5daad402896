// The inside of a pipeline. For the library's own use.
//
//   Link           the queue between two stages
//   Stage          one stage: its options, counters, and the order of its results
//   PipelineCore   starts the threads, reads the source, ends everything
//
// Threads: those of the stages, the one that calls run(), and any for counters().
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/pipeline_options.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sys/mutex.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace offstage::detail {

/// The queue behind a stage or the source: made when the stage after it is known, whose capacity it has.
template <class T>
struct Link {
    std::optional<BoundedQueue<T>> queue;
};

class Stage {
public:
    Stage(StageOptions options, std::size_t number);

    template <class T>
    struct Taken {
        std::uint64_t turn;
        T item;
    };
    /// The next item, with its turn; none when the queue is closed and empty, or after an abort.
    template <class T>
    std::optional<Taken<T>> take(BoundedQueue<T>& queue, const std::stop_token& abort) {
        std::unique_lock<Mutex> one_by_one;
        if (in_turns()) { // so that turns are given in the order of the queue
            if (taking_.lock(abort) != WaitStatus::ok) return std::nullopt;
            one_by_one = std::unique_lock(taking_, std::adopt_lock);
        }
        if (abort.stop_requested()) return std::nullopt;
        auto item = queue.pop(abort);
        if (!item) return std::nullopt;
        count(taken);
        return Taken<T>{in_turns() ? next_taken_++ : 0, *std::move(item)};
    }
    /// Blocks until all turns before have ended; false after an abort.
    bool wait_turn(std::uint64_t turn, const std::stop_token& abort);
    void end_turn();

    static void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
        counter.fetch_add(by, std::memory_order_relaxed); // counters order nothing
    }
    StageCounters counters() const;

    const StageOptions options;
    std::atomic<std::uint64_t> taken{0}, passed{0}, left_out{0}, failed{0}, dropped{0};
    std::function<void(Stage&)> body;        // what each of its threads does
    std::function<void()> close_output;      // when the last of them has ended
    std::function<std::size_t()> queued;     // items in its queue
    std::function<std::size_t()> drop_input; // closes its queue; how many were in it
    std::atomic<unsigned> running{0};

private:
    bool in_turns() const noexcept { return options.ordered && options.threads > 1; }

    Mutex taking_;
    std::uint64_t next_taken_ = 0; // under taking_
    sys::Mutex mutex_;
    Condition turn_ended_;
    std::uint64_t turn_ OFFSTAGE_GUARDED_BY(mutex_) = 0; // whose turn it is
};

class PipelineCore {
public:
    explicit PipelineCore(PipelineOptions options);

    Stage& add_stage(StageOptions options);
    std::stop_token abort_token() const noexcept { return abort_.get_token(); }
    /// A stage's function threw.
    void stage_failed(Stage& stage, std::exception_ptr error);
    /// An item that was read, but found no way into the first queue any more.
    void count_lost() noexcept { Stage::count(stages_.front()->dropped); }
    PipelineReport run(const std::stop_token& stop, Deadline deadline);
    std::vector<StageCounters> counters() const;

    /// Reads the source into the first queue until it ends (closed), a stop or the deadline; closes the
    /// queue.
    std::function<WaitStatus(const std::stop_token& stop, Deadline deadline)> pump;
    std::function<void()> close_source;

private:
    void fail(std::exception_ptr error, const std::string& name, const std::source_location& where);
    void run_thread(Stage& stage);
    WaitStatus read_source(const std::stop_token& stop, Deadline deadline);

    ErrorSink sink_;
    std::stop_source abort_;
    std::atomic<bool> ran_{false};
    std::vector<std::unique_ptr<Stage>> stages_; // not changed once it runs
    sys::Mutex mutex_;
    std::exception_ptr first_error_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage::detail
