#include "offstage/executor/pool_core.hpp"

// What a pool tells of itself, and its workers of what they run.

#include "offstage/executor/snapshot.hpp"
#include "offstage/sys/clock.hpp"

#include <utility>

namespace offstage::detail {

namespace {
constexpr auto relaxed = std::memory_order_relaxed; // values to be told: nothing follows from them
} // namespace

RunningTask::RunningTask(const std::source_location& where, const std::string* name) noexcept
    : worker_(PoolCore::this_worker()) {
    if (worker_ == nullptr) return;
    outer_busy_ = worker_->busy.load(relaxed);
    outer_where_ = worker_->where.load(relaxed);
    outer_since_ = worker_->since.load(relaxed);
    outer_name_ = worker_->own_name;
    worker_->where.store(where, relaxed);
    worker_->since.store(sys::steady_now_coarse(), relaxed);
    set_name(name);
    worker_->busy.store(true, relaxed);
}

RunningTask::~RunningTask() {
    if (worker_ == nullptr) return;
    worker_->busy.store(outer_busy_, relaxed);
    set_name(outer_name_);
    worker_->where.store(outer_where_, relaxed);
    worker_->since.store(outer_since_, relaxed);
}

void RunningTask::set_name(const std::string* name) noexcept {
    if (worker_->own_name == name) return;
    const sys::MutexLock lock(worker_->name_mutex); // after this nobody reads the one before
    worker_->name = worker_->own_name = name;
}

PoolStats PoolCore::stats() const {
    const sys::MutexLock lock(mutex_);
    PoolStats stats{.queued = live(queued()),
                    .threads = threads_,
                    .idle = static_cast<unsigned>(resting_.size()),
                    .waiting = waiting_,
                    .stalls = stalls_};
    for (const auto& worker : workers_) {
        stats.finished += worker->finished.load(relaxed);
        stats.failed += worker->failed.load(relaxed);
    }
    return stats;
}

std::vector<ThreadView> PoolCore::threads(const WaitTable& waits) const {
    const SteadyTime now = sys::steady_now();
    std::vector<ThreadView> all;
    const sys::MutexLock lock(mutex_);
    for (const auto& worker : workers_) {
        if (worker->ended) continue;
        ThreadView& view = all.emplace_back();
        view.thread = worker->thread.name();
        if (!worker->busy) continue;
        const sys::MutexLock name_lock(worker->name_mutex);
        view.task = describe_task(worker->name != nullptr ? *worker->name : "", worker->where);
        view.since = now - worker->since.load();
        view.waits_on = waits.of(worker->id);
    }
    return all;
}

std::vector<StillRunning> PoolCore::running() const {
    std::vector<StillRunning> all;
    for (ThreadView& view : threads(WaitTable()))
        if (!view.task.empty()) all.push_back({std::move(view.task), view.since, std::move(view.waits_on)});
    return all;
}

} // namespace offstage::detail
