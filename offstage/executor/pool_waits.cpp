#include "offstage/executor/pool_core.hpp"

// The waits of a pool: of its tasks, and for its end.

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"

#include <string_view>
#include <utility>

namespace offstage::detail {

namespace {
constinit thread_local const PoolCore* told_of = nullptr; // whose stalls this thread tells of

constexpr auto relaxed = std::memory_order_relaxed;
} // namespace

void Worker::wait_begins() noexcept {
    if (waits++ == 0) pool->begin_wait();
}

void Worker::wait_ends() noexcept {
    if (--waits == 0) pool->end_wait();
}

void PoolCore::begin_wait() noexcept {
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        --active_;
        ++waiting_;
        tell_attention();
        parker = provide();
        look_for_stall();
    }
    if (parker != nullptr) parker->unpark();
}

void PoolCore::end_wait() noexcept {
    const sys::MutexLock lock(mutex_);
    ++active_;
    --waiting_;
    stalled_ = false;
    tell_attention();
}

// To be called after provide(): a stall begins where it found nobody for what is queued, and ends with the
// first wait that ends. Most end by themselves, in the time that it takes a thread to wake: those are only
// counted. A thread of its own tells of the others, since whoever is here may hold locks, or begins to wait.
void PoolCore::look_for_stall() {
    if (stalled_ || active_ > 0 || waking_ || paused_ || live(queued()) == 0) return;
    if (queued_.load(relaxed) == 0 && !own_tasks()) return;
    stalled_ = true;
    ++stalls_;
    if (watching_ || closed_) return;
    if (watch_.joinable()) departed_.push_back(std::move(watch_)); // see start_thread()
    try {
        watch_ =
            sys::Thread(options_.name + "/stall", [this](const std::stop_token& stop) { watch_stall(stop); });
        watching_ = true;
    } catch (const std::exception&) {
        // No room for another thread: it is counted, at least.
    }
}

void PoolCore::watch_stall(const std::stop_token& stop) {
    told_of = this;
    sys::Parker& parker = sys::Parker::current();
    const std::stop_callback wake(stop, [&parker] { parker.unpark(); });
    join_departed();
    std::uint64_t told = 0;
    sys::MutexLock lock(mutex_);
    while (!closed_ && stalled_ && stalls_ != told) {
        const std::uint64_t stall = stalls_;
        lock.unlock();
        const Deadline deadline = sys::deadline_after(stall_patience);
        while (!stop.stop_requested() && parker.park(deadline)) {
        }
        lock.lock();
        if (closed_ || !stalled_ || stalls_ != stall) continue;
        told = stall;
        lock.unlock();
        report_stall();
        lock.lock();
    }
    watching_ = false;
    idle_waiters_.wake_all();
}

void PoolCore::report_stall() {
    const PoolStats now = stats();
    std::string text = "all " + std::to_string(now.threads) + " threads wait, with " +
                       std::to_string(now.queued) + " queued: ";
    std::string_view before;
    for (const ThreadView& view : threads(WaitTable())) {
        if (view.task.empty()) continue; // it has just gone on
        text.append(before).append(view.task).append(" ");
        text.append(view.waits_on.empty() ? "in a BlockingRegion" : "waits on " + view.waits_on);
        before = "; ";
    }
    text.append(". Raise max_threads, or let what they wait for be done elsewhere");
    sink_->report({std::make_exception_ptr(Error(Errc::full, text)), "stall of pool " + name()});
}

bool PoolCore::idle() {
    return active_ == 0 && waiting_ == 0 && queued_.load(relaxed) == 0 && !own_tasks();
}

WaitStatus PoolCore::drain(const std::stop_token& stop, Deadline deadline) {
    OFFSTAGE_CHECK(!called_by_task(), "a task cannot wait until its own pool is idle");
    sys::MutexLock lock(mutex_);
    Wait wait(lock, idle_waiters_, {.kind = "Pool", .action = "drain", .name = name(), .object = this}, stop,
              deadline);
    while (!idle())
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

WaitStatus PoolCore::wait_ended(Deadline deadline) {
    OFFSTAGE_CHECK(!called_by_task() && told_of != this,
                   "a task, or a handler that hears of a stall, cannot wait for the end of its own pool");
    sys::MutexLock lock(mutex_);
    const std::stop_token no_stop;
    Wait wait(lock, idle_waiters_, {.kind = "Pool", .action = "shutdown", .name = name(), .object = this},
              no_stop, deadline);
    while (threads_ > 0 || watching_)
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

} // namespace offstage::detail

namespace offstage {

BlockingRegion::BlockingRegion() noexcept {
    if (auto* const worker = detail::PoolCore::this_worker(); worker != nullptr) worker->wait_begins();
}

BlockingRegion::~BlockingRegion() {
    if (auto* const worker = detail::PoolCore::this_worker(); worker != nullptr) worker->wait_ends();
}

} // namespace offstage
