// The inside of a Pool. For the library's own use.
//
//   PoolCore    the queue, the threads, and how many of them may run; the own
//               lanes in pool_lanes.cpp, what waits in pool_waits.cpp, what is told in pool_views.cpp
//   Worker      what a pool knows of one of its threads, and the lane of what its tasks posted
//
// What comes from outside, or is of another priority than normal, lies in one queue under `mutex_`. What
// tasks post goes into their worker's own lane (own_lane.hpp) while that queue is empty, and is taken from
// there without `mutex_`: so workers whose tasks spawn tasks do not meet. Whoever finds its own lane empty
// takes from the others' before it takes from the queue. `attention_` calls every worker to `mutex_`,
// `hungry_` everyone who posts. That a worker takes more than one from another's lane at once, so that they
// meet seldom, is the idea of work stealing (Blumofe and Leiserson, 1999); that it takes the oldest keeps the
// order.
//
// A thread is resting (in `resting_`, asleep), or active, or waits inside its task (`waiting_`). At most
// `workers` are active, save that a task whose wait has ended goes on at once; then the next thread to end
// its task rests. Whoever makes a task runnable (push, resume, a task that begins to wait) calls provide():
// it wakes the thread that rests for the shortest time, whose cache is the warmest, or starts another. One
// wake is in flight at a time: a thread on its way takes a task and provides for the next one itself. So a
// burst of pushes costs one wake, and none is lost.
//
// Threads: all. `mutex_` is never held while a task, a handler or a stop callback runs. Lock order: `mutex_`,
// then one lane's, or two lanes' where `mutex_` is held; a FutureState's mutex is never held when the pool's
// is taken, nor the other way round.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/error_sink.hpp"
#include "offstage/executor/own_lane.hpp"
#include "offstage/executor/pool.hpp"
#include "offstage/executor/shutdown.hpp"
#include "offstage/executor/snapshot.hpp"
#include "offstage/executor/task.hpp"
#include "offstage/executor/task_lane.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/sys/thread_id.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace offstage::detail {

class FutureState;
class PoolCore;
class RunningTask;

/// How often a destructor that waits says for whom.
inline constexpr std::chrono::seconds reminder{10};
/// How long all threads must wait before somebody is told.
inline constexpr std::chrono::seconds stall_patience{1};

/// Cache lines, which processors fetch in pairs: what lies this far apart is not passed to and fro together.
inline constexpr std::size_t two_lines = 128;

struct alignas(two_lines) Worker final : WaitObserver { // touches no other's lines
    void wait_begins() noexcept override;
    void wait_ends() noexcept override;

    PoolCore* pool = nullptr;
    Worker* next = nullptr; // of the pool's list of all that there ever were
    OwnLane own;
    bool posts_first = true;     // the next task to be posted is the first of the one that runs; likewise
    unsigned turns = 0;          // tasks it took since it last looked at another; its own thread's
    Worker* next_look = nullptr; // at whom it looks next; likewise
    std::uint64_t seen = 0; // how many had been taken from its own when somebody last looked; under the mutex
    sys::Thread thread;
    std::atomic<sys::Parker*> parker{nullptr}; // set by the thread before it first rests
    std::atomic<sys::ThreadId> id{0};
    std::atomic<bool> awake{true}; // false while it rests; set by who wakes it, under the mutex
    bool ended = true;             // it has no thread, or one that is leaving; under the mutex
    bool not_run = false;          // its task was cancelled before; its own thread's
    unsigned waits = 0;            // nested waits that its task is in; its own thread's
    std::stop_token stop;          // the pool's, for tasks of post()
    std::atomic<std::uint64_t> finished{0}, failed{0}; // written by its own thread

    // What it runs: written by its own thread, read by who makes a report. Each is true by itself; a report
    // may catch them between two tasks. The name belongs to the task: it is read, and taken back, under the
    // mutex.
    std::atomic<bool> busy{false};
    std::atomic<std::source_location> where{std::source_location()};
    std::atomic<SteadyTime> since{SteadyTime()};
    const std::string* own_name = nullptr; // the same as `name`, for its own thread alone
    sys::Mutex name_mutex;
    const std::string* name OFFSTAGE_GUARDED_BY(name_mutex) = nullptr;
};

/// Says, while it lives, what the calling thread runs, where it is a pool's; a nested one takes its place
/// meanwhile. Takes no lock where there is no name.
class RunningTask {
public:
    RunningTask(const std::source_location& where, const std::string* name) noexcept;
    ~RunningTask();
    RunningTask(const RunningTask&) = delete;
    RunningTask& operator=(const RunningTask&) = delete;

private:
    void set_name(const std::string* name) noexcept;

    Worker* const worker_;
    bool outer_busy_ = false;
    std::source_location outer_where_;
    SteadyTime outer_since_{};
    const std::string* outer_name_ = nullptr;
};

// Laid out by who reads and writes what, not to be small.
class PoolCore { // NOLINT(clang-analyzer-optin.performance.Padding)
public:
    PoolCore(PoolOptions options, std::shared_ptr<ErrorSink> sink);
    /// REQUIRES: every thread has been joined.
    ~PoolCore();
    PoolCore(const PoolCore&) = delete;
    PoolCore& operator=(const PoolCore&) = delete;

    void start();
    /// Throws Error closed or full.
    void push(Task&& task, Priority priority);
    struct Entry {
        Task task;
        Priority priority;
    };
    /// Puts in, with one lock and one wake, as many of the first as there is room for, none after close();
    /// how many those were.
    std::size_t push_batch(std::span<Entry> batch) noexcept;
    /// For what follows from a task that was counted already: knows no limit, and is dropped after close().
    void push_continuation(Task&& task, Priority priority) noexcept;
    /// A task in the queue was cancelled, or is run by who waits for it: its place in the queue is empty.
    void overtake() noexcept { overtaken_.fetch_add(1, std::memory_order_relaxed); }
    /// Such a place was come to.
    void pass_over() noexcept;
    /// Such a place was taken back.
    void overtaken_place_gone() noexcept { overtaken_.fetch_sub(1, std::memory_order_relaxed); }
    /// The calling worker's present task turned out to be cancelled: it does not count as finished.
    static void not_run() noexcept;
    /// The calling worker ran one more inside its present task.
    static void count_finished() noexcept;
    /// The task of `state`, where it is the youngest of those that the calling worker's tasks posted: as good
    /// as never queued.
    bool take_back(const FutureState& state, Task& task) noexcept;
    void pause(bool paused) noexcept;
    WaitStatus drain(const std::stop_token& stop, Deadline deadline);
    PoolStats stats() const;

    std::stop_token stop_token() const noexcept { return stop_.get_token(); }
    void request_stop() { stop_.request_stop(); }
    /// Refuses what comes and drops what has not begun; how many those were.
    std::size_t close();
    /// Blocks until every thread has ended its task and left. REQUIRES: close() was called.
    WaitStatus wait_ended(Deadline deadline);
    /// Joins the threads. REQUIRES: wait_ended() was ok.
    void join();
    /// Its threads, and what they do.
    std::vector<ThreadView> threads(const WaitTable& waits) const;
    std::vector<StillRunning> running() const;

    /// The calling thread, where it is one of a pool's.
    static Worker* this_worker() noexcept;
    /// Whether the calling thread is one of this pool's.
    bool called_by_task() const noexcept;
    /// A task begins to wait in its thread, or goes on.
    void begin_wait() noexcept;
    void end_wait() noexcept;

    unsigned workers() const noexcept { return options_.workers; }
    const std::string& name() const noexcept { return options_.name; }
    ErrorSink& sink() const noexcept { return *sink_; }

private:
    void work(Worker& me);
    void join_departed();
    void run(Worker& me, Task& task) noexcept;
    bool idle() OFFSTAGE_REQUIRES(mutex_);
    bool may_run() const OFFSTAGE_REQUIRES(mutex_);
    bool push_own(Worker& me, Task& task, Priority priority);
    bool take_own(Worker& me, Task& task) noexcept;
    bool take(Worker& me, Task& task) OFFSTAGE_REQUIRES(mutex_);
    bool take_from_lagging(Worker& me, Task& task) OFFSTAGE_REQUIRES(mutex_);
    bool take_queued(Priority priority, Task& task) OFFSTAGE_REQUIRES(mutex_);
    bool own_tasks() OFFSTAGE_REQUIRES(mutex_);
    std::size_t room() OFFSTAGE_REQUIRES(mutex_);
    void take_room_back() OFFSTAGE_REQUIRES(mutex_);
    bool give_room(OwnLane& lane) OFFSTAGE_REQUIRES(mutex_);
    void pass_lanes() OFFSTAGE_REQUIRES(mutex_);
    void tell_attention() OFFSTAGE_REQUIRES(mutex_);
    std::size_t queued() const noexcept;
    std::size_t own_sizes(std::uint64_t& taken) const noexcept;
    bool look_again(sys::MutexLock& lock) OFFSTAGE_REQUIRES(mutex_);
    bool rest(Worker& me, sys::MutexLock& lock) OFFSTAGE_REQUIRES(mutex_);
    [[nodiscard]] sys::Parker* provide() OFFSTAGE_REQUIRES(mutex_);
    void start_thread() OFFSTAGE_REQUIRES(mutex_);
    std::size_t live(std::size_t places) const noexcept;
    std::vector<Task> sweep() OFFSTAGE_REQUIRES(mutex_);
    void look_for_stall() OFFSTAGE_REQUIRES(mutex_);
    void watch_stall(const std::stop_token& stop);
    void report_stall();
    [[nodiscard]] sys::Parker* put(Task&& task, Priority priority) OFFSTAGE_REQUIRES(mutex_);

    const PoolOptions options_;
    const std::shared_ptr<ErrorSink> sink_; // shared with the runtime, and with futures through this object
    std::stop_source stop_;

    alignas(two_lines) mutable sys::Mutex mutex_;
    // What every push and take touches, side by side; not beside the mutex, which others look at.
    alignas(two_lines) std::atomic<std::size_t> queued_{0}; // in lanes_; written under the mutex
    unsigned threads_ OFFSTAGE_GUARDED_BY(mutex_) = 0;      // started and not ended
    unsigned active_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    unsigned waiting_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    std::size_t own_room_ OFFSTAGE_GUARDED_BY(mutex_) = 0; // that own lanes were given
    bool waking_ OFFSTAGE_GUARDED_BY(mutex_) = false;      // a thread is on its way to take a task
    bool paused_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    std::atomic<bool> closed_{false}; // written under the mutex
    std::array<TaskLane, 3> lanes_ OFFSTAGE_GUARDED_BY(mutex_);

    // What workers read all the time and hardly ever write: under the mutex, save posted_own_.
    alignas(two_lines) std::atomic<bool> attention_{false}; // who takes of its own must come to the mutex
    std::atomic<bool> posted_own_{false};                   // some own lane may hold a task
    std::atomic<Worker*> all_{nullptr}; // those of workers_, newest first; a list that only grows
    // Apart: it changes whenever a worker goes to rest or comes back.
    alignas(two_lines) std::atomic<bool> hungry_{false}; // a worker that posts must come and provide()
    std::vector<std::unique_ptr<Worker>> workers_ OFFSTAGE_GUARDED_BY(mutex_); // never more than max_threads
    std::vector<sys::Thread> departed_ OFFSTAGE_GUARDED_BY(mutex_); // ended, and joined by the next to start
    std::vector<Worker*> resting_ OFFSTAGE_GUARDED_BY(mutex_);
    // How many queued tasks, own lanes' included, hold nothing any longer: a count, told a moment after the
    // fact and so below 0 at times.
    std::atomic<std::ptrdiff_t> overtaken_{0};
    std::uint64_t stalls_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    bool stalled_ OFFSTAGE_GUARDED_BY(mutex_) = false;  // all threads wait, since the last of stalls_
    bool watching_ OFFSTAGE_GUARDED_BY(mutex_) = false; // watch_ has not ended, or is about to begin
    sys::Thread watch_ OFFSTAGE_GUARDED_BY(mutex_);
    WaiterList idle_waiters_ OFFSTAGE_GUARDED_BY(mutex_); // drain(), wait_ended()
};

/// One of every pool in the process that is no part of a runtime, under its own name.
std::vector<Snapshot> lone_pools();

} // namespace offstage::detail
