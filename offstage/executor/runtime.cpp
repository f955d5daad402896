#include "offstage/executor/runtime.hpp"

#include "offstage/base/error.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/sys/clock.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <ranges>

namespace offstage {

namespace {

PoolOptions pool_options(const RuntimeOptions& options) {
    return {.name = options.name,
            .workers = options.workers,
            .max_threads = options.max_threads,
            .queue_limit = options.queue_limit};
}

// The runtimes that a dump tells of.
struct Runtimes {
    sys::Mutex mutex;
    std::vector<const Runtime*> alive OFFSTAGE_GUARDED_BY(mutex);

    static Runtimes& instance() {
        static Runtimes* const runtimes = new Runtimes; // never destroyed: a runtime may be static itself
        return *runtimes;
    }
};

} // namespace

Runtime::Runtime(RuntimeOptions options)
    : options_(std::move(options)), sink_(std::make_shared<ErrorSink>(options_.on_error)),
      pool_(pool_options(options_), sink_), timers_(pool_) {
    Runtimes& all = Runtimes::instance();
    const sys::MutexLock lock(all.mutex);
    all.alive.push_back(this);
}

Runtime::~Runtime() {
    for (;;) {
        const ShutdownReport report = shutdown(sys::deadline_after(options_.remind_every));
        if (report.complete()) break;
        sink_->report({std::make_exception_ptr(Error(Errc::timed_out, to_string(report))),
                       "shutdown of runtime " + options_.name});
    }
    for (const auto& thread : backgrounds()) thread->end();
    Runtimes& all = Runtimes::instance(); // only now: a dump is to tell what a destructor waits for
    const sys::MutexLock lock(all.mutex);
    std::erase(all.alive, this);
}

Background Runtime::start_background(detail::NameHere name, std::function<void(std::stop_token)> body) {
    auto thread = std::make_shared<detail::BackgroundThread>(std::move(name), std::move(body), sink_);
    std::vector<std::shared_ptr<detail::BackgroundThread>> gone; // and destroyed without the mutex
    const sys::MutexLock lock(mutex_);
    if (closed_)
        throw Error(Errc::closed, "runtime " + options_.name + " was shut down: it starts no more threads");
    // Those that have ended and that nobody can start again are let go.
    const auto over = std::ranges::partition(
        backgrounds_, [](const auto& one) { return one.use_count() > 1 || one->running(); });
    gone.assign(std::move_iterator(over.begin()), std::move_iterator(over.end()));
    backgrounds_.erase(over.begin(), over.end());
    backgrounds_.push_back(thread);
    thread->start();
    return Background(std::move(thread));
}

std::vector<std::shared_ptr<detail::BackgroundThread>> Runtime::backgrounds() const {
    const sys::MutexLock lock(mutex_);
    return backgrounds_;
}

Snapshot Runtime::snapshot() const {
    const WaitTable waits;
    Snapshot snapshot{.runtime = options_.name,
                      .threads = pool_.core()->threads(waits),
                      .pool = pool_.stats(),
                      .timers = timers_.size(),
                      .errors = sink_->reported()};
    for (const auto& thread : backgrounds())
        if (auto view = thread->view(waits)) snapshot.threads.push_back(std::move(*view));
    return snapshot;
}

std::vector<Snapshot> snapshots() {
    Runtimes& all = Runtimes::instance();
    const sys::MutexLock lock(all.mutex); // keeps them alive meanwhile
    std::vector<Snapshot> found;
    for (const Runtime* const runtime : all.alive) found.push_back(runtime->snapshot());
    return found;
}

ShutdownReport Runtime::shutdown(Deadline deadline) {
    {
        const sys::MutexLock lock(mutex_);
        closed_ = true;
    }
    timers_.close();
    const auto threads = backgrounds();
    std::size_t before = 0;
    for (const auto& thread : threads | std::views::reverse) {
        thread->close();
        if (thread->running()) ++before;
        thread->request_stop();
    }
    detail::PoolCore& pool = *pool_.core();
    const std::uint64_t finished = pool.stats().finished;
    pool.request_stop();

    for (const auto& thread : threads) thread->join({}, deadline);
    ShutdownReport report = pool_.shutdown(deadline);
    report.finished = pool.stats().finished - finished + before;
    const WaitTable waits;
    for (const auto& thread : threads)
        if (auto view = thread->view(waits)) {
            --report.finished;
            report.still_running.push_back({std::move(view->task), view->since, std::move(view->waits_on)});
        }
    return report;
}

} // namespace offstage
