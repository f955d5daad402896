// What a runtime is doing just now: for people who wonder why nothing happens.
//
//   Snapshot       its threads, what each runs and waits on, its pool and timers
//   WaitTable      who waits on what, looked up by thread
//   dump           all runtimes and pools of the process, everyone else who waits, and deadlocks by name; as
//   text
//
// Values; safe to make from any thread at any time. It is no picture of one instant: threads go on while it
// is made.
#pragma once

#include "offstage/executor/pool_stats.hpp"
#include "offstage/sys/thread_id.hpp"
#include "offstage/sys/waits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace offstage {

/// A thread of a runtime.
struct ThreadView {
    std::string thread;               ///< "offstage/1"
    std::string task;                 ///< what it runs: "mail (shop.cpp:12)"; empty while it rests
    std::chrono::nanoseconds since{}; ///< how long it has been at it
    std::string waits_on;             ///< "BoundedQueue frames (pop) for 1.2 s", or, of one without a name,
                                      ///< "BoundedQueue at 0x7f30a81c (pop) …"; empty while it does not wait
};

struct Snapshot {
    std::string runtime;
    std::vector<ThreadView> threads;
    PoolStats pool;
    std::size_t timers = 0;   ///< that have not fired or go on firing
    std::uint64_t errors = 0; ///< that reached the sink
};

/// A few lines, each thread one.
std::string to_string(const Snapshot& snapshot);

/// Who waits on what in this process, at one look.
class WaitTable {
public:
    WaitTable();
    /// "BoundedQueue frames (pop) for 1.2 s"; empty where the thread does not wait in Offstage.
    std::string of(sys::ThreadId thread) const;

private:
    std::unordered_map<sys::ThreadId, sys::WaitInfo> waits_;
};

/// Each circle of threads that wait for each other, as a sentence: "a waits on Mutex ledger (lock) for b; b
/// waits on Mutex stock (lock) for a". Followed is what one thread alone can end: a wait for the holder of a
/// Mutex, RecursiveMutex or sys::Mutex, or the writer or only reader of a SharedMutex; for a Thread or
/// Background to end; for a Future that runs, or stands on one that does (of a when_all the first one that
/// is not done); for a TaskScope (the first of its tasks that runs); for a timer of after() or at() that is
/// cancelled while it runs. Not followed, and so named only as waits: several readers of a SharedMutex, the
/// runs of a series, when_any, a future that is still queued, and what any thread may end (queues, events,
/// semaphores, barriers, gates, select).
std::vector<std::string> deadlocks();

/// Everything, as text: what SIGQUIT prints (StopSignals).
std::string dump();

} // namespace offstage
