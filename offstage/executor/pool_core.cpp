#include "offstage/executor/pool_core.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/executor/future_state.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/pause.hpp"

#include <algorithm>
#include <utility>

namespace offstage::detail {

namespace {
constinit thread_local Worker* current_worker = nullptr;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr int spins = 25;     // pauses: about 1 us
constexpr int least_step = 8; // of them between two looks at the others' lanes, while they take from
constexpr int most_step = 64; // them what they put in: each look takes the cache line from its owner
constexpr std::uint64_t no_task = ~std::uint64_t{0};
constexpr unsigned turns_of_own = 64; // tasks that a worker takes from its own lane without a look at others

// For who alone writes it.
void count(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(relaxed) + 1, relaxed);
}

std::size_t lane_of(Priority priority) {
    return static_cast<std::size_t>(priority);
}

void tell(std::atomic<bool>& sign, bool value) {
    if (sign.load(relaxed) != value) sign.store(value); // all read it, always: its line is left alone
}
} // namespace

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
    if (current_worker != nullptr && push_own(*current_worker, task, priority)) return;
    std::vector<Task> over; // destroyed without the mutex
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        if (closed_)
            throw Error(Errc::closed, "pool " + options_.name + " was shut down: it takes no more tasks");
        if (!room()) {
            over = sweep();
            take_room_back();
            if (const std::size_t all = live(queued_.load(relaxed) + own_room_); all >= options_.queue_limit)
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
        if (!closed_) count = std::min(batch.size(), room());
        for (Entry& entry : batch.first(count)) {
            // None but the first finds somebody to wake, who is then on the way.
            if (sys::Parker* const woken = put(std::move(entry.task), entry.priority)) parker = woken;
        }
    }
    if (parker != nullptr) parker->unpark();
    return count;
}

void PoolCore::push_continuation(Task&& task, Priority priority) noexcept {
    if (current_worker != nullptr && push_own(*current_worker, task, priority)) return;
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        if (closed_) return; // the task is dropped by the caller, without the mutex
        parker = put(std::move(task), priority);
    }
    if (parker != nullptr) parker->unpark();
}

// Of so many places those that hold a task.
std::size_t PoolCore::live(std::size_t places) const noexcept {
    const auto all = static_cast<std::ptrdiff_t>(places);
    return static_cast<std::size_t>(std::clamp(all - overtaken_.load(relaxed), std::ptrdiff_t{0}, all));
}

// Takes the empty places out of the queue, once they are half of it: so each pays for a constant share.
std::vector<Task> PoolCore::sweep() {
    const auto is_over = [](const Task& task) {
        const auto* const queued = task.work.target<QueuedState>();
        return queued != nullptr && queued->over();
    };
    std::vector<Task> over;
    if (live(queued()) > queued() / 2) return over;
    over.reserve(queued());
    for (TaskLane& lane : lanes_) lane.sweep(is_over, over);
    queued_.store(queued_.load(relaxed) - over.size(), relaxed);
    for (Worker* worker = all_.load(relaxed); worker != nullptr; worker = worker->next)
        worker->own.sweep(is_over, over);
    overtaken_.fetch_sub(static_cast<std::ptrdiff_t>(over.size()), relaxed);
    tell_attention();
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
    if (priority == Priority::high) {
        tell_attention();
        if (lanes_[lane_of(priority)].size() == 1) pass_lanes();
    }
    sys::Parker* const parker = provide();
    if (active_ == 0) look_for_stall();
    return parker;
}

// What a task posts goes into its worker's own lane, as long as nothing lies in the pool's queue: so whatever
// is in an own lane is older than all of its priority in the queue. False where it has to go there.
bool PoolCore::push_own(Worker& me, Task& task, Priority priority) {
    if (me.pool != this || priority != Priority::normal) return false;
    if (queued_.load(relaxed) > 0 || attention_.load(relaxed)) return false;
    OwnLane::Pushed pushed = me.own.push(task, me.posts_first, closed_);
    if (pushed == OwnLane::Pushed::no_room) {
        const sys::MutexLock lock(mutex_);
        if (!give_room(me.own)) return false;
        pushed = me.own.push(task, me.posts_first, closed_);
    }
    if (pushed != OwnLane::Pushed::yes) return false;
    me.posts_first = false;
    // See own_tasks().
    if (!posted_own_.load()) posted_own_.store(true);
    if (!hungry_.load()) return true;
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        parker = provide();
        look_for_stall(); // of a task in a BlockingRegion
    }
    if (parker != nullptr) parker->unpark();
    return true;
}

bool PoolCore::take_back(const FutureState& state, Task& task) noexcept {
    return current_worker->own.take_back(task, [&state](Task& youngest) {
        const auto* const queued = youngest.work.target<QueuedState>();
        return queued != nullptr && queued->is(state);
    });
}

void PoolCore::pause(bool paused) noexcept {
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        paused_ = paused;
        tell_attention();
        pass_lanes();
        parker = provide();
        look_for_stall();
    }
    if (parker != nullptr) parker->unpark();
}

void PoolCore::tell_attention() {
    tell(attention_,
         paused_ || closed_ || active_ > options_.workers || !lanes_[lane_of(Priority::high)].empty());
}

// Sees to it that a task that can be begun is begun: wakes a thread (returned, to be unparked without the
// mutex), or starts one, or finds that one is on its way already. To be called after every change of what it
// looks at.
sys::Parker* PoolCore::provide() {
    const bool can_run_more = !waking_ && !paused_ && active_ < options_.workers;
    if (!can_run_more || queued_.load(relaxed) == 0) {
        tell(hungry_, can_run_more);
        if (!can_run_more || !own_tasks()) return nullptr;
    }
    sys::Parker* parker = nullptr;
    if (!resting_.empty()) {
        Worker& worker = *resting_.back();
        resting_.pop_back();
        ++active_;
        waking_ = true;
        worker.awake.store(true, std::memory_order_release);
        parker = worker.parker;
    } else if (threads_ < options_.max_threads && !closed_) {
        try {
            start_thread();
        } catch (const std::exception&) {
            // No room for another thread: those that are there will come to it.
        }
    }
    tell(hungry_, !waking_); // what follows is provided for by the one on its way
    return parker;
}

void PoolCore::start_thread() {
    // A thread that left has left its Worker behind: its place is used again.
    auto place = std::ranges::find_if(workers_, [](const auto& worker) { return worker->ended; });
    if (place == workers_.end()) {
        place = workers_.insert(place, std::make_unique<Worker>());
        (*place)->next = all_.load(relaxed);
        all_.store(place->get(), std::memory_order_release); // who follows the list sees it made
    }
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
        if (Task task; may_run() && take(me, task)) {
            sys::Parker* const next = provide();
            lock.unlock();
            if (next != nullptr) next->unpark();
            do run(me, task);
            while (take_own(me, task));
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

bool PoolCore::may_run() const {
    return !paused_ && !closed_ && active_ <= options_.workers;
}

// The next one of its own, without the pool's mutex.
bool PoolCore::take_own(Worker& me, Task& task) noexcept {
    if (me.own.size() == 0 || ++me.turns >= turns_of_own) return false;
    me.posts_first = true;
    return me.own.pop_unless(attention_, task);
}

// High ones first. Then what tasks posted, which is older than what lies in the pool's queue; its own first,
// since that is at hand.
bool PoolCore::take(Worker& me, Task& task) {
    me.posts_first = true;
    const bool queued = queued_.load(relaxed) > 0;
    if (queued && take_queued(Priority::high, task)) return true;
    if (posted_own_.load(relaxed)) {
        if (me.turns >= turns_of_own && take_from_lagging(me, task)) return true;
        if (me.own.size() > 0 && me.own.pop(task)) return true;
        for (Worker* other = all_.load(relaxed); other != nullptr; other = other->next)
            if (other->own.size() > 0 && me.own.take_over(other->own, task)) return true;
    }
    return queued && (take_queued(Priority::normal, task) || take_queued(Priority::low, task));
}

bool PoolCore::take_queued(Priority priority, Task& task) {
    TaskLane& lane = lanes_[lane_of(priority)];
    if (lane.empty()) return false;
    queued_.store(queued_.load(relaxed) - 1, relaxed);
    lane.pop(task);
    if (priority == Priority::high) tell_attention();
    return true;
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
// whoever pushes wakes nobody, and there is never more than one. A lone task in an own lane is left to its
// owner until it has been there for two looks: it is likely to be waited for, or to be the next. As long as
// owners take what they post, it goes on looking, ever more seldom: to rest would have them wake it for each.
// False where there is nothing to do. The analysis does not follow a lock that is passed by reference.
bool PoolCore::look_again(sys::MutexLock& lock) OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    if (waking_ || paused_ || closed_ || active_ > options_.workers) return false;
    waking_ = true;
    tell(hungry_, false);
    lock.unlock();
    std::uint64_t taken = 0, lone = no_task;
    own_sizes(taken);
    bool found = false, queued = false;
    for (int left = spins, step = 1; left > 0 && !found && !queued;) {
        const std::uint64_t before = taken;
        const std::size_t own = own_sizes(taken);
        found = own > 1 || (own == 1 && taken == lone);
        lone = own == 1 ? taken : no_task;
        if (own == 1 || taken != before)
            step = std::clamp(2 * step, least_step, most_step);
        else
            left -= step;
        for (int pauses = step; pauses > 0 && !found; --pauses) {
            queued = queued_.load(relaxed) > 0;
            if (queued) break;
            sys::detail::pause();
        }
    }
    lock.lock();
    waking_ = false;
    return found || queued_.load(relaxed) > 0 || closed_; // close() wakes only those that rest
}

// Sleeps until somebody wakes this thread: true. False where it is no longer needed, and on no list then.
// The analysis does not follow a lock that is passed by reference.
bool PoolCore::rest(Worker& me, sys::MutexLock& lock) OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
    --active_;
    tell_attention();
    own_room_ -= me.own.take_room();
    me.awake.store(false, std::memory_order_relaxed);
    resting_.push_back(&me);
    if (sys::Parker* const parker = provide(); parker != nullptr) parker->unpark();
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

std::size_t PoolCore::close() {
    std::vector<Task> dropped;
    std::vector<sys::Parker*> parkers;
    std::size_t live = 0;
    {
        const sys::MutexLock lock(mutex_);
        closed_ = true; // after this nobody puts a task into a lane that was found empty
        dropped.reserve(queued());
        Task task;
        for (Worker* worker = all_.load(relaxed); worker != nullptr; worker = worker->next)
            while (worker->own.pop(task)) dropped.push_back(std::move(task));
        for (const Priority priority : {Priority::high, Priority::normal, Priority::low})
            while (take_queued(priority, task)) dropped.push_back(std::move(task));
        const auto all = static_cast<std::ptrdiff_t>(dropped.size());
        const std::ptrdiff_t over = std::clamp(overtaken_.load(relaxed), std::ptrdiff_t{0}, all);
        overtaken_.fetch_sub(over, relaxed);
        live = static_cast<std::size_t>(all - over);
        tell_attention();
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

void PoolCore::join() {
    std::vector<std::unique_ptr<Worker>> workers;
    sys::Thread watch;
    {
        const sys::MutexLock lock(mutex_);
        workers.swap(workers_);
        all_ = nullptr;
        watch = std::move(watch_);
    }
    // Their destructors join threads that have nothing left to do.
}

Worker* PoolCore::this_worker() noexcept {
    return current_worker;
}

bool PoolCore::called_by_task() const noexcept {
    return current_worker != nullptr && current_worker->pool == this;
}

} // namespace offstage::detail
