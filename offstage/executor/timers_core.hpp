// The inside of Timers. For the library's own use.
//
//                arm            expire            fire             end_run
//   (free) ──────────► armed ──────────► queued ─────────► running ─────────► (free), or armed again
//      ▲                 │                  │                 │
//      └──── cancel() ───┴─ drop() ─────────┘                 └─ cancel(): running, then (free)
//
// A slot's generation grows whenever it becomes free; whoever comes with an older one (a handle, a run in the
// pool's queue) finds that its timer is over. A series may be armed, queued and running at the same time; it
// counts its runs. Most timers have no TimerExtra: the run of such a simple one takes no mutex (fire_simple).
//
// Threads: all. No function, destructor or stop callback of the user's runs under the mutex.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/chunked.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/executor/timer_queue.hpp"
#include "offstage/executor/timers.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/sys/thread_id.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <stop_token>
#include <string>
#include <vector>

namespace offstage::detail {

/// What a timer of every() has beyond a plain one. Shared by its slot and its runs.
struct Series {
    TimerWork work;
    std::chrono::nanoseconds period{}, jitter{};
    Pace pace{};
    Overlap overlap{};
    Misfire misfire{};
    SteadyTime due;         // of the run that it is armed for, without the jitter
    unsigned queued = 0;    // runs in the pool's queue
    unsigned running = 0;   // runs begun
    std::uint64_t owed = 0; // runs that wait for the one before (Overlap::queue)
};

/// What most timers have not.
struct TimerExtra {
    std::shared_ptr<Series> series;
    std::unique_ptr<const std::string> name;
    std::optional<WallTime> alarm; // of at()
    std::stop_source stop{std::nostopstate};
    bool blocking = false;
};

struct TimerSlot {
    enum class State : std::uint8_t { free, armed, queued, running, awaited, cancelled };
    struct Life {
        std::uint32_t generation = 0;
        State state = State::free; // of a series: armed, or cancelled while a run of it goes on
        Priority priority = Priority::normal;
        std::uint16_t unused = 0;
    };

    TimerWork work; // of a plain one
    std::unique_ptr<TimerExtra> extra;
    std::source_location where;
    std::atomic<Life> life = Life();
    // Of a free one the next free one; of a plain one that runs the thread that runs it, to be told.
    std::atomic<std::uint32_t> next_free = 0;
    std::uint32_t armed = 0; // the number of its node in the queue; 0: it has none

    // Under the mutex, as all but what a simple one's run does.
    void set(State state) noexcept {
        Life now = life.load(std::memory_order_relaxed);
        now.state = state;
        life.store(now, std::memory_order_relaxed);
    }
    Series* series() const noexcept { return extra != nullptr ? extra->series.get() : nullptr; }
    /// Who runs a plain one that somebody waits for; 0 for nobody.
    sys::ThreadId runner() const noexcept {
        if (life.load(std::memory_order_relaxed).state != State::awaited) return 0;
        return next_free.load(std::memory_order_relaxed);
    }
    std::stop_source stop() const noexcept {
        return extra != nullptr ? extra->stop : std::stop_source(std::nostopstate);
    }
};
static_assert(sizeof(TimerSlot) == 64 && std::atomic<TimerSlot::Life>::is_always_lock_free);

class TimersCore : public std::enable_shared_from_this<TimersCore> {
public:
    explicit TimersCore(std::shared_ptr<PoolCore> pool);
    TimersCore(const TimersCore&) = delete;
    TimersCore& operator=(const TimersCore&) = delete;

    struct Id {
        std::uint32_t slot, generation;
    };
    /// Puts in a timer; `fill(TimerSlot&)` says what it is, under the mutex.
    template <class Fill>
    Id arm(SteadyTime when, Priority priority, Fill fill) {
        sys::Parker* parker = nullptr;
        Id id{};
        {
            const sys::MutexLock lock(mutex_);
            id.slot = new_slot();
            TimerSlot& timer = slot(id.slot);
            id.generation = timer.life.load(std::memory_order_relaxed).generation;
            timer.life.store({id.generation, TimerSlot::State::armed, priority}, std::memory_order_relaxed);
            fill(timer);
            const bool alarm = timer.extra != nullptr && timer.extra->alarm;
            parker = alarm ? put_alarm(id.slot, *timer.extra->alarm) : put(id.slot, when);
        }
        if (parker != nullptr) parker->unpark();
        return id;
    }
    TimerCancel cancel(Id id);
    WaitStatus wait_ended(Id id, const std::stop_token& stop, Deadline deadline);
    void close();
    std::size_t size() const;

    SteadyTime with_jitter(const Series& series);

    /// For a run in the pool's queue: it begins, or it was dropped.
    void fire(Id id, const std::stop_token& pool_stop);
    void fire_simple(Id id, TimerSlot& timer);
    void drop(Id id) noexcept;

private:
    // What a slot held, to be destroyed without the mutex.
    struct Remains {
        TimerWork work = {};
        std::unique_ptr<TimerExtra> extra = {};
    };
    using Run = PoolCore::Entry; // to be put into the pool's queue without the mutex

    void keep_time();
    TimerSlot& slot(std::uint32_t index) OFFSTAGE_REQUIRES(mutex_) { return slots_[index]; }
    TimerSlot* find(Id id) OFFSTAGE_REQUIRES(mutex_);
    static bool runs(const TimerSlot& timer, TimerSlot::Life life) noexcept;
    static bool take_back(TimerSlot& timer, TimerSlot::Life& life) noexcept;
    static Remains take(TimerSlot& timer) noexcept;
    std::uint32_t new_slot() OFFSTAGE_REQUIRES(mutex_);
    Remains free_slot(std::uint32_t index) noexcept OFFSTAGE_REQUIRES(mutex_);
    [[nodiscard]] sys::Parker* put(std::uint32_t index, SteadyTime when) OFFSTAGE_REQUIRES(mutex_);
    [[nodiscard]] sys::Parker* put_alarm(std::uint32_t index, WallTime when) OFFSTAGE_REQUIRES(mutex_);
    std::uint32_t arm_next(std::uint32_t index) OFFSTAGE_REQUIRES(mutex_);
    [[nodiscard]] sys::Parker* wake_before(SteadyTime when) OFFSTAGE_REQUIRES(mutex_);
    void expire_alarms(std::vector<Run>& due) OFFSTAGE_REQUIRES(mutex_);
    SteadyTime next_alarm() const OFFSTAGE_REQUIRES(mutex_);
    void take_out(std::uint32_t index) noexcept OFFSTAGE_REQUIRES(mutex_);
    bool stale(const TimerQueue::Node& node) OFFSTAGE_REQUIRES(mutex_);
    void expire(const TimerQueue::Node& node, SteadyTime now, std::vector<Run>& due)
        OFFSTAGE_REQUIRES(mutex_);
    void expire_series(const TimerQueue::Node& node, SteadyTime now, std::vector<Run>& due)
        OFFSTAGE_REQUIRES(mutex_);
    Run make_run(std::uint32_t index) OFFSTAGE_REQUIRES(mutex_);
    void push(Run run) noexcept;
    void push_all(std::vector<Run>& runs) noexcept;
    [[nodiscard]] sys::Parker* rest_before_next(std::uint32_t index, Series& series)
        OFFSTAGE_REQUIRES(mutex_);
    void end_run(Id id) noexcept;

    static constexpr std::uint32_t max_timers = 1u << 24;
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    const std::shared_ptr<PoolCore> pool_; // shared: runs and handles may outlive the Pool
    std::atomic<std::uint64_t> random_;    // a source of jitter: orders nothing

    mutable sys::Mutex mutex_;
    Chunked<TimerSlot> slots_ OFFSTAGE_GUARDED_BY(mutex_);
    std::uint32_t first_free_ OFFSTAGE_GUARDED_BY(mutex_) = none;
    // Slots that were freed without the mutex: pushed by any thread, all taken at once under the mutex.
    std::atomic<std::uint32_t> ended_{none};
    std::atomic<std::size_t> live_{0}; // neither free nor cancelled
    TimerQueue queue_ OFFSTAGE_GUARDED_BY(mutex_);
    TimerHeap alarms_ OFFSTAGE_GUARDED_BY(mutex_); // those of at(), by their moments, in WallTime's ticks
    std::size_t stale_ OFFSTAGE_GUARDED_BY(mutex_) = 0; // nodes in both whose timer is gone
    std::uint32_t next_number_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    SteadyTime sleeps_until_ OFFSTAGE_GUARDED_BY(mutex_) = SteadyTime::min(); // min: it is awake
    sys::Parker* parker_ OFFSTAGE_GUARDED_BY(mutex_) = nullptr;               // of the thread, once it runs
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    WaiterList run_waiters_ OFFSTAGE_GUARDED_BY(mutex_);
    sys::Thread thread_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage::detail
