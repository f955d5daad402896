#include "offstage/executor/pool_core.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/executor/future_state.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/pause.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace offstage::detail {

namespace {
constinit thread_local Worker* current_worker = nullptr;
constinit thread_local const PoolCore* told_of = nullptr; // whose stalls this thread tells of

constexpr auto relaxed = std::memory_order_relaxed;
constexpr int spins = 25; // pauses: about 1 us

// For who alone writes it.
void count(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(relaxed) + 1, relaxed);
}

std::size_t lane_of(Priority priority) {
    return static_cast<std::size_t>(priority);
}
} // namespace

RunningTask::RunningTask(const std::source_location& where, const std::string* name) noexcept
    : worker_(current_worker) {
    if (worker_ == nullptr) return;
    // Values to be told: nothing follows from them.
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

PoolCore::PoolCore(PoolOptions options, std::shared_ptr<ErrorSink> sink)
    : options_(std::move(options)), sink_(std::move(sink)) {}

PoolCore::~PoolCore() = default;

void PoolCore::start() {
    const sys::MutexLock lock(mutex_);
    workers_.reserve(options_.max_threads);
    resting_.reserve(options_.max_threads);
    for (unsigned i = 0; i < options_.workers; ++i) start_thread();
}

void PoolCore::push(Task&& task, Priority priority) {
    std::vector<Task> over; // destroyed without the mutex
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        if (closed_)
            throw Error(Errc::closed, "pool " + options_.name + " was shut down: it takes no more tasks");
        if (queued_.load(relaxed) >= options_.queue_limit) {
            over = sweep();
            if (const std::size_t all = live(); all >= options_.queue_limit)
                throw Error(Errc::full,
                            "pool " + options_.name + " has " + std::to_string(all) +
                                " tasks queued, its queue_limit: wait for some of them, or raise it");
        }
        parker = put(std::move(task), priority);
    }
    if (parker != nullptr) parker->unpark();
}

std::size_t PoolCore::push_batch(std::span<Entry> batch) noexcept {
    std::size_t count = 0;
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        while (!closed_ && count < batch.size() && queued_.load(relaxed) < options_.queue_limit) {
            Entry& entry = batch[count++];
            // None but the first finds somebody to wake, who is then on the way.
            if (sys::Parker* const woken = put(std::move(entry.task), entry.priority)) parker = woken;
        }
    }
    if (parker != nullptr) parker->unpark();
    return count;
}

void PoolCore::push_continuation(Task&& task, Priority priority) noexcept {
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        if (closed_) return; // the task is dropped by the caller, without the mutex
        parker = put(std::move(task), priority);
    }
    if (parker != nullptr) parker->unpark();
}

std::size_t PoolCore::live() const {
    const auto all = static_cast<std::ptrdiff_t>(queued_.load(relaxed));
    return static_cast<std::size_t>(std::clamp(all - overtaken_.load(relaxed), std::ptrdiff_t{0}, all));
}

// Takes the empty places out of the queue, once they are half of it: so each pays for a constant share.
std::vector<Task> PoolCore::sweep() {
    std::vector<Task> over;
    if (live() > queued_ / 2) return over;
    over.reserve(queued_);
    for (TaskLane& lane : lanes_)
        lane.sweep(
            [](const Task& task) {
                const auto* const queued = task.work.target<QueuedState>();
                return queued != nullptr && queued->over();
            },
            over);
    queued_.store(queued_.load(relaxed) - over.size(), relaxed);
    overtaken_.fetch_sub(static_cast<std::ptrdiff_t>(over.size()), relaxed);
    return over;
}

void PoolCore::pass_over() noexcept {
    overtaken_.fetch_sub(1, relaxed);
    not_run();
}

void PoolCore::not_run() noexcept {
    if (current_worker != nullptr) current_worker->not_run = true;
}

void PoolCore::count_finished() noexcept {
    count(current_worker->finished);
}

sys::Parker* PoolCore::put(Task&& task, Priority priority) {
    lanes_[lane_of(priority)].push(std::move(task));
    queued_.store(queued_.load(relaxed) + 1, relaxed);
    sys::Parker* const parker = provide();
    if (active_ == 0) look_for_stall();
    return parker;
}

void PoolCore::pause(bool paused) noexcept {
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        paused_ = paused;
        parker = provide();
        look_for_stall();
    }
    if (parker != nullptr) parker->unpark();
}

// Sees to it that a task that can be begun is begun: wakes a thread (returned, to be unparked without the
// mutex), or starts one, or finds that one is on its way already.
sys::Parker* PoolCore::provide() {
    if (waking_ || !may_run() || active_ >= options_.workers) return nullptr;
    if (!resting_.empty()) {
        Worker& worker = *resting_.back();
        resting_.pop_back();
        ++active_;
        waking_ = true;
        worker.awake.store(true, std::memory_order_release);
        return worker.parker;
    }
    if (threads_ < options_.max_threads && !closed_) {
        try {
            start_thread();
        } catch (const std::exception&) {
            // No room for another thread: those that are there will come to it.
        }
    }
    return nullptr;
}

bool PoolCore::may_run() const {
    return queued_.load(relaxed) > 0 && !paused_;
}

void PoolCore::start_thread() {
    // A thread that left has left its Worker behind: its place is used again.
    auto place = std::ranges::find_if(workers_, [](const auto& worker) { return worker->ended; });
    if (place == workers_.end()) place = workers_.insert(place, std::make_unique<Worker>());
    Worker& worker = **place;
    // Not joined here: a task that begins to wait may be the one that starts us, and has but one parker.
    if (worker.thread.joinable()) departed_.push_back(std::move(worker.thread));
    worker.pool = this;
    worker.awake.store(true, std::memory_order_relaxed);
    worker.stop = stop_.get_token();
    worker.thread = sys::Thread(options_.name + "/" + std::to_string(place - workers_.begin() + 1),
                                [this, &worker](const std::stop_token&) { work(worker); });
    worker.ended = false; // only now: where there is no room for a thread, the place stays free
    ++threads_;
    ++active_;
    waking_ = true;
}

void PoolCore::work(Worker& me) {
    current_worker = &me;
    wait_observer = &me;
    me.parker = &sys::Parker::current();
    me.id = sys::this_thread_id();
    join_departed();
    sys::MutexLock lock(mutex_);
    waking_ = false;
    for (;;) {
        if (may_run() && active_ <= options_.workers) {
            Task task = take();
            sys::Parker* const next = provide();
            lock.unlock();
            if (next != nullptr) next->unpark();
            run(me, task);
            lock.lock();
        } else if (closed_) {
            --active_;
            break;
        } else if (!look_again(lock) && !rest(me, lock)) {
            break;
        }
    }
    me.ended = true;
    --threads_;
    idle_waiters_.wake_all();
}

void PoolCore::join_departed() {
    std::vector<sys::Thread> departed;
    const sys::MutexLock lock(mutex_);
    departed.swap(departed_);
}

Task PoolCore::take() {
    queued_.store(queued_.load(relaxed) - 1, relaxed);
    for (TaskLane& lane : lanes_)
        if (!lane.empty()) return lane.pop();
    check_failed("queued_ > 0", "a pool's count of queued tasks is wrong", std::source_location::current());
}

void PoolCore::run(Worker& me, Task& task) noexcept {
    std::exception_ptr error;
    {
        const RunningTask here(task.where, task.name.get());
        try {
            task.work(me.stop);
        } catch (...) {
            // Handed on only after this block, where the runtime's own hold on the exception ends.
            error = std::current_exception();
        }
        task.work.reset();
    }
    if (std::exchange(me.not_run, false)) return;
    count(me.finished);
    if (error == nullptr || (me.stop.stop_requested() && is_stop(error))) return;
    count(me.failed);
    sink_->report({std::move(error), task.name ? *task.name : "", task.where});
}

// Spins for some microseconds before a thread goes to sleep: in a stream of short tasks the next one comes
// sooner than a sleep and a wake would take. It counts as being on its way meanwhile (waking_), so that
// whoever pushes wakes nobody, and there is never more than one. False where there is nothing to do. The
// analysis does not follow a lock that is passed by reference.
bool PoolCore::look_again(sys::MutexLock& lock) OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    if (waking_ || paused_ || active_ > options_.workers) return false;
    waking_ = true;
    lock.unlock();
    for (int turn = 0; turn < spins && queued_.load(relaxed) == 0; ++turn) sys::detail::pause();
    lock.lock();
    waking_ = false;
    return closed_ || (may_run() && active_ <= options_.workers); // close() wakes only those that rest
}

// Sleeps until somebody wakes this thread: true. False where it is no longer needed, and on no list then.
// The analysis does not follow a lock that is passed by reference.
bool PoolCore::rest(Worker& me, sys::MutexLock& lock) OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    --active_;
    me.awake.store(false, std::memory_order_relaxed);
    resting_.push_back(&me);
    if (idle()) idle_waiters_.wake_all();
    while (!me.awake.load(std::memory_order_relaxed)) {
        const bool spare = threads_ > options_.workers;
        const Deadline deadline = spare ? sys::deadline_after(options_.idle_timeout) : Deadline::never();
        lock.unlock();
        bool in_time = true;
        while (in_time && !me.awake.load(std::memory_order_acquire))
            in_time = me.parker.load()->park(deadline);
        lock.lock();
        if (in_time || me.awake.load(std::memory_order_relaxed) || threads_ <= options_.workers) continue;
        std::erase(resting_, &me);
        return false;
    }
    waking_ = false;
    return true;
}

bool PoolCore::idle() const {
    return queued_ == 0 && active_ == 0 && waiting_ == 0;
}

WaitStatus PoolCore::drain(const std::stop_token& stop, Deadline deadline) {
    OFFSTAGE_CHECK(current_worker == nullptr || current_worker->pool != this,
                   "a task cannot wait until its own pool is idle");
    sys::MutexLock lock(mutex_);
    Wait wait(lock, idle_waiters_, {.kind = "Pool", .action = "drain", .name = name(), .object = this}, stop,
              deadline);
    while (!idle())
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

std::size_t PoolCore::close() {
    std::vector<Task> dropped;
    std::vector<sys::Parker*> parkers;
    std::size_t live = 0;
    {
        const sys::MutexLock lock(mutex_);
        closed_ = true;
        live = this->live();
        overtaken_.fetch_sub(static_cast<std::ptrdiff_t>(queued_ - live), relaxed);
        dropped.reserve(queued_);
        while (queued_ > 0) dropped.push_back(take());
        watch_.request_stop(); // which runs no code of the user's
        for (Worker* const worker : resting_) {
            ++active_;
            worker->awake.store(true, std::memory_order_release);
            parkers.push_back(worker->parker);
        }
        resting_.clear();
    }
    for (sys::Parker* const parker : parkers) parker->unpark();
    return live; // and cancels their futures, without the mutex
}

WaitStatus PoolCore::wait_ended(Deadline deadline) {
    OFFSTAGE_CHECK((current_worker == nullptr || current_worker->pool != this) && told_of != this,
                   "a task, or a handler that hears of a stall, cannot wait for the end of its own pool");
    sys::MutexLock lock(mutex_);
    const std::stop_token no_stop;
    Wait wait(lock, idle_waiters_, {.kind = "Pool", .action = "shutdown", .name = name(), .object = this},
              no_stop, deadline);
    while (threads_ > 0 || watching_)
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

void PoolCore::join() {
    std::vector<std::unique_ptr<Worker>> workers;
    sys::Thread watch;
    {
        const sys::MutexLock lock(mutex_);
        workers.swap(workers_);
        watch = std::move(watch_);
    }
    // Their destructors join threads that have nothing left to do.
}

PoolStats PoolCore::stats() const {
    const sys::MutexLock lock(mutex_);
    PoolStats stats{.queued = live(),
                    .threads = threads_,
                    .idle = static_cast<unsigned>(resting_.size()),
                    .waiting = waiting_,
                    .stalls = stalls_};
    for (const auto& worker : workers_) {
        stats.finished += worker->finished.load(std::memory_order_relaxed);
        stats.failed += worker->failed.load(std::memory_order_relaxed);
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

Worker* PoolCore::this_worker() noexcept {
    return current_worker;
}

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
}

// To be called after provide(): a stall begins where it found nobody for what is queued, and ends with the
// first wait that ends. Most end by themselves, in the time that it takes a thread to wake: those are only
// counted. A thread of its own tells of the others, since whoever is here may hold locks, or begins to wait.
void PoolCore::look_for_stall() {
    if (stalled_ || active_ > 0 || waking_ || !may_run() || live() == 0) return;
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

} // namespace offstage::detail

namespace offstage {

BlockingRegion::BlockingRegion() noexcept {
    if (auto* const worker = detail::PoolCore::this_worker(); worker != nullptr) worker->wait_begins();
}

BlockingRegion::~BlockingRegion() {
    if (auto* const worker = detail::PoolCore::this_worker(); worker != nullptr) worker->wait_ends();
}

} // namespace offstage
