// The worker: takes jobs from a store, runs their handlers, writes what became of them.
//
//   jobs::Worker worker{*store, kinds, runtime, {.queues = {{"imports", 2}, {"default", 8}}}};
//   …
//   worker.stop(deadline);
//
// Each queue has at most its `concurrency` handlers at once; each handler has a thread of its own while it
// runs. Claims and outcomes go to the store in batches, and short jobs are claimed ahead, a few milliseconds'
// worth, so that a worker is never idle for a round trip. A job whose worker died (a suspect) runs while this
// worker runs nothing else, until it ends or checkpoints, so that the next death blames only the guilty one.
//
// What always holds: a handler's outcome is written under its lease or refused and counted; a handler past
// its timeout and its grace is left behind on its thread, a new thread takes its place (up to max_hung; then
// the queue is narrower, and it is told); an outcome that could not be written (disk full) is kept and tried
// again. When the runtime is shut down first, the worker takes no more jobs and asks its handlers to stop.
//
// Threads: all calls from any thread; stop() and the destructor not from a handler. The runtime outlives the
// worker. The store and the registry outlive the runtime, which waits for handlers that were left behind:
// declare them in the order store, registry, runtime, worker.
#pragma once

#include "offstage/executor/runtime.hpp"
#include "offstage/jobs/events.hpp"
#include "offstage/jobs/registry.hpp"
#include "offstage/stores/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace offstage::jobs {

struct WorkerOptions {
    struct Queue {
        std::string name;
        int concurrency = 1; ///< handlers at once; 1 to 1000
    };
    std::vector<Queue> queues = {{"default", 4}}; ///< served in this order
    std::string name = {};                        ///< for people; default host:pid
    int max_crashes = 5; ///< deaths in a row without a checkpoint before a job is failed
    int max_hung = 8;    ///< threads left behind with handlers that do not stop
    std::chrono::microseconds timeout_grace =
        std::chrono::seconds(5); ///< from the stop request at a timeout to leaving it behind
    std::chrono::microseconds claim_ahead =
        std::chrono::milliseconds(5); ///< work claimed beyond what runs; zero: none
    std::chrono::microseconds heartbeat = std::chrono::seconds(10);
    std::chrono::microseconds rescue_every = std::chrono::seconds(15); ///< see maintenance/rescuer.hpp
    std::chrono::microseconds prune_every = std::chrono::minutes(1);   ///< see maintenance/pruner.hpp
    /// See events.hpp; called on worker and store threads, must not block or throw. Without one, StoreFailed
    /// goes to stderr.
    std::function<void(const Event&)> on_event = {};
};

struct WorkerStats {
    std::int64_t started = 0, done = 0, retried = 0, failed = 0, cancelled = 0, snoozed = 0, released = 0;
    std::int64_t timed_out = 0;
    std::int64_t refused = 0; ///< outcomes that came with an old lease
    int running = 0;
    int hung = 0; ///< threads left behind, still running
};

struct StopReport {
    std::int64_t finished = 0; ///< handlers that ended by themselves while stopping
    std::int64_t released = 0; ///< jobs given back
    /// "import_books 42, since 31 s": handlers that did not end and were left behind; their jobs are given
    /// back.
    std::vector<std::string> still_running = {};
};

class Worker {
public:
    /// Rescues what dead workers held, then starts. Throws Error(invalid_argument) on options out of range,
    /// or what the store throws.
    Worker(stores::Store& store, const Registry& kinds, Runtime& runtime, WorkerOptions options);
    /// Stops, saying every 10 s for whom it waits. Prefer stop().
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Takes no more jobs, asks running handlers to stop (StopReason::shutdown) and waits for them until
    /// shortly before the deadline; gives back what did not finish, so that it runs at once elsewhere or at
    /// the next start. A store that does not answer is waited for at least a second, at most 10 s past the
    /// last handler where there is no deadline. A second call waits for the first and answers the same.
    StopReport stop(Deadline deadline);

    WorkerStats stats() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace offstage::jobs
