#include "offstage/executor/pool.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/executor/snapshot.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"

#include <thread>
#include <vector>

namespace offstage {

namespace {

PoolOptions complete(PoolOptions options) {
    if (options.workers == 0) options.workers = std::max(1u, std::thread::hardware_concurrency());
    if (options.max_threads == 0) options.max_threads = options.workers + 64;
    if (options.max_threads < options.workers)
        throw Error(Errc::invalid_argument, "pool " + options.name + ": max_threads is " +
                                                std::to_string(options.max_threads) + ", fewer than its " +
                                                std::to_string(options.workers) + " workers");
    if (options.queue_limit == 0)
        throw Error(Errc::invalid_argument, "pool " + options.name + ": queue_limit must be at least 1");
    return options;
}

// Those that are no part of a runtime, for a dump.
struct LonePools {
    sys::Mutex mutex;
    std::vector<const detail::PoolCore*> alive OFFSTAGE_GUARDED_BY(mutex);

    static LonePools& instance() {
        static LonePools* const pools = new LonePools; // never destroyed: a pool may be static itself
        return *pools;
    }
};

} // namespace

std::vector<Snapshot> detail::lone_pools() {
    const WaitTable waits;
    LonePools& all = LonePools::instance();
    const sys::MutexLock lock(all.mutex); // keeps them alive meanwhile
    std::vector<Snapshot> found;
    for (const PoolCore* const pool : all.alive)
        found.push_back({.runtime = pool->name(),
                         .threads = pool->threads(waits),
                         .pool = pool->stats(),
                         .errors = pool->sink().reported()});
    return found;
}

Pool::Pool(PoolOptions options) : Pool(options, std::make_shared<ErrorSink>(options.on_error)) {
    LonePools& all = LonePools::instance();
    const sys::MutexLock lock(all.mutex);
    all.alive.push_back(core_.get());
}

Pool::Pool(PoolOptions options, std::shared_ptr<ErrorSink> sink)
    : core_(std::make_shared<detail::PoolCore>(complete(std::move(options)), std::move(sink))) {
    try {
        core_->start();
    } catch (...) {
        shutdown(Deadline::never());
        core_->join();
        throw;
    }
}

Pool::~Pool() {
    for (ShutdownReport report = shutdown(sys::deadline_after(detail::reminder)); !report.complete();
         report = shutdown(sys::deadline_after(detail::reminder)))
        core_->sink().report({std::make_exception_ptr(Error(Errc::timed_out, to_string(report))),
                              "shutdown of pool " + core_->name()});
    {
        LonePools& all = LonePools::instance();
        const sys::MutexLock lock(all.mutex);
        std::erase(all.alive, core_.get());
    }
    core_->join();
}

void Pool::post_work(TaskOptions options, detail::Work work) {
    if (options.blocking)
        work = detail::Work([inner = std::move(work)](const std::stop_token& stop) mutable {
            const BlockingRegion region;
            inner(stop);
        });
    core_->push({std::move(work), options.where, detail::keep_name(std::move(options.name))},
                options.priority);
}

void Pool::pause() noexcept {
    core_->pause(true);
}

void Pool::resume() noexcept {
    core_->pause(false);
}

WaitStatus Pool::drain(std::stop_token stop, Deadline deadline) {
    return core_->drain(stop, deadline);
}

PoolStats Pool::stats() const {
    return core_->stats();
}

ShutdownReport Pool::shutdown(Deadline deadline) {
    const std::uint64_t finished = core_->stats().finished;
    ShutdownReport report{.stopped = core_->close()};
    core_->request_stop();
    if (core_->wait_ended(deadline) != WaitStatus::ok) report.still_running = core_->running();
    report.finished = core_->stats().finished - finished;
    return report;
}

} // namespace offstage
