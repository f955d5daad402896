#include "offstage/executor/timers_core.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/random.hpp"

#include <algorithm>
#include <exception>
#include <span>
#include <tuple>
#include <utility>

namespace offstage::detail {

namespace {

constexpr std::chrono::seconds longest_sleep_of_an_alarm{60};

// Timers that are due closer together than this share a wake of the thread that keeps the time.
constexpr std::chrono::microseconds between_wakes{30};

using State = TimerSlot::State;
constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;

std::int64_t ticks(SteadyTime when) {
    return when.time_since_epoch().count();
}

// When to look at the clock for an alarm: when it is due, or in a minute, since somebody may set the clock.
SteadyTime next_look(WallTime when) {
    const WallTime now = sys::wall_now(); // past the clock's begin: what is left after it cannot overflow
    if (when <= now) return sys::steady_now();
    return sys::deadline_after(std::min<std::chrono::microseconds>(when - now, longest_sleep_of_an_alarm))
        .when();
}

constexpr std::size_t at_once = 256; // runs, so that others get at the mutex in between

struct RequestStop {
    std::stop_source source;
    void operator()() noexcept { source.request_stop(); }
};

/// A run in the pool's queue.
class Firing {
public:
    Firing(std::shared_ptr<TimersCore> core, TimersCore::Id id, TimerSlot* simple) noexcept
        : core_(std::move(core)), id_(id), simple_(simple) {}
    Firing(Firing&&) noexcept = default;
    Firing& operator=(Firing&&) = delete;
    ~Firing() {
        if (core_ != nullptr) core_->drop(id_);
    }
    void operator()(const std::stop_token& pool_stop) {
        const auto core = std::exchange(core_, nullptr);
        if (simple_ != nullptr)
            core->fire_simple(id_, *simple_);
        else
            core->fire(id_, pool_stop);
    }

private:
    std::shared_ptr<TimersCore> core_;
    TimersCore::Id id_;
    TimerSlot* simple_; // where it is one without a TimerExtra
};

} // namespace

TimersCore::TimersCore(std::shared_ptr<PoolCore> pool) : pool_(std::move(pool)), random_(sys::random_u64()) {}

// Sebastiano Vigna's splitmix64: spread is all that is asked of it.
SteadyTime TimersCore::with_jitter(const Series& series) {
    if (series.jitter == std::chrono::nanoseconds::zero()) return series.due;
    std::uint64_t bits = random_.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    bits ^= bits >> 31;
    const std::chrono::nanoseconds part(bits % static_cast<std::uint64_t>(series.jitter.count() + 1));
    return Deadline::after(series.due, part).when();
}

TimerSlot* TimersCore::find(Id id) {
    TimerSlot& timer = slot(id.slot);
    return timer.life.load(acquire).generation == id.generation ? &timer : nullptr;
}

bool TimersCore::runs(const TimerSlot& timer, TimerSlot::Life life) noexcept {
    const Series* const series = timer.series();
    return series != nullptr ? series->running > 0
                             : life.state == State::running || life.state == State::awaited;
}

// A run in the pool's queue. False where it has begun meanwhile; `life` says what it has come to.
bool TimersCore::take_back(TimerSlot& timer, TimerSlot::Life& life) noexcept {
    if (life.state != State::queued) return true;
    TimerSlot::Life taken = life;
    taken.state = State::armed; // in no queue, until the caller says what becomes of it
    return timer.life.compare_exchange_strong(life, taken, acquire);
}

TimersCore::Remains TimersCore::take(TimerSlot& timer) noexcept {
    return {std::move(timer.work), std::move(timer.extra)};
}

std::uint32_t TimersCore::new_slot() {
    if (closed_) throw Error(Errc::closed, "the timers were shut down: they take no more");
    if (!thread_.joinable())
        thread_ = sys::Thread(pool_->name() + "/timers", [this](const std::stop_token&) { keep_time(); });
    // Acquire, of a list that is pushed to by release: whoever freed a slot is done with it.
    if (first_free_ == none) first_free_ = ended_.exchange(none, acquire);
    std::uint32_t index = first_free_;
    if (index != none) {
        first_free_ = slot(index).next_free.load(relaxed);
    } else {
        if (slots_.size() == max_timers)
            throw Error(Errc::full, "there are 16777216 timers already, the most at once");
        index = static_cast<std::uint32_t>(slots_.size());
        slots_.add();
    }
    live_.fetch_add(1, relaxed);
    return index;
}

TimersCore::Remains TimersCore::free_slot(std::uint32_t index) noexcept {
    TimerSlot& timer = slot(index);
    take_out(index);
    const TimerSlot::Life life = timer.life.load(relaxed);
    if (life.state != State::cancelled) live_.fetch_sub(1, relaxed);
    timer.life.store({.generation = life.generation + 1}, relaxed);
    timer.next_free.store(std::exchange(first_free_, index), relaxed);
    return take(timer);
}

sys::Parker* TimersCore::put(std::uint32_t index, SteadyTime when) {
    queue_.push({ticks(when), index, arm_next(index)});
    return wake_before(when);
}

// Alarms lie apart, by the time of day: so equal ones stay in their order, and only the first is looked at.
sys::Parker* TimersCore::put_alarm(std::uint32_t index, WallTime when) {
    alarms_.push({when.time_since_epoch().count(), index, arm_next(index)});
    return wake_before(next_look(when));
}

std::uint32_t TimersCore::arm_next(std::uint32_t index) {
    if (++next_number_ == 0) ++next_number_;
    return slot(index).armed = next_number_;
}

sys::Parker* TimersCore::wake_before(SteadyTime when) {
    if (when >= sleeps_until_) return nullptr;
    sleeps_until_ = SteadyTime::min(); // it is on its way
    return parker_;
}

bool TimersCore::stale(const TimerQueue::Node& node) {
    return slot(node.slot).armed != node.number;
}

void TimersCore::take_out(std::uint32_t index) noexcept {
    if (std::exchange(slot(index).armed, 0) == 0) return;
    const std::size_t all = queue_.size() + alarms_.size();
    if (++stale_ < all / 4 * 3 || all < 64) return; // few are not worth a sweep
    // Called with the mutex held, where the analysis does not see it.
    const auto is_stale = [this](const TimerQueue::Node& node)
                              OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS { return stale(node); };
    queue_.sweep(is_stale);
    alarms_.sweep(is_stale);
    stale_ = 0;
}

TimerCancel TimersCore::cancel(Id id) {
    Remains remains;
    std::stop_source stop(std::nostopstate);
    {
        const sys::MutexLock lock(mutex_);
        TimerSlot& timer = slot(id.slot);
        TimerSlot::Life life = timer.life.load(acquire); // once: a simple one may end at any time
        if (life.generation == id.generation && !runs(timer, life) && take_back(timer, life)) {
            if (life.state != State::cancelled) remains = free_slot(id.slot); // else by close()
            return TimerCancel::cancelled;
        }
        if (life.generation != id.generation) return TimerCancel::fired;
        if (timer.series() != nullptr && life.state != State::cancelled) {
            take_out(id.slot);
            timer.set(State::cancelled);
            live_.fetch_sub(1, relaxed);
        }
        stop = timer.stop();
    }
    stop.request_stop();
    return TimerCancel::running;
}

WaitStatus TimersCore::wait_ended(Id id, const std::stop_token& stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    TimerSlot& timer = slot(id.slot);
    Wait wait(lock, run_waiters_,
              {.kind = "Timer",
               .action = "cancel_and_wait",
               .object = &timer,
               .owner = [](const void* self) { return static_cast<const TimerSlot*>(self)->runner(); }},
              stop, deadline);
    for (;;) {
        TimerSlot::Life life = timer.life.load(acquire);
        if (life.generation != id.generation || !runs(timer, life)) return WaitStatus::ok;
        TimerSlot::Life awaited = life;
        awaited.state = State::awaited;
        if (life.state == State::running && !timer.life.compare_exchange_strong(life, awaited, acquire))
            continue; // it has just ended
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    }
}

std::size_t TimersCore::size() const {
    return live_.load(acquire); // what the ended ones did is seen by who sees that they are no more
}

void TimersCore::close() {
    std::vector<Remains> remains;
    std::vector<std::stop_source> stops;
    sys::Thread thread; // joined last; it never waits for anything of ours
    {
        const sys::MutexLock lock(mutex_);
        if (std::exchange(closed_, true)) return;
        for (std::uint32_t index = 0; index < slots_.size(); ++index) {
            TimerSlot& timer = slot(index);
            TimerSlot::Life life = timer.life.load(acquire);
            if (life.state == State::free || life.state == State::cancelled) continue;
            timer.armed = 0;
            if (timer.extra != nullptr) stops.push_back(timer.extra->stop);
            if (!runs(timer, life) && take_back(timer, life))
                remains.push_back(take(timer));
            else if (timer.series() == nullptr)
                continue;                // ends by itself
            timer.set(State::cancelled); // not freed: its handle is to hear of it
            live_.fetch_sub(1, relaxed);
        }
        queue_.clear();
        alarms_.clear();
        stale_ = 0;
        thread = std::move(thread_);
        if (parker_ != nullptr) parker_->unpark();
    }
    for (std::stop_source& stop : stops) stop.request_stop();
}

void TimersCore::keep_time() {
    sys::keep_exact_time();
    std::vector<Run> due;
    sys::MutexLock lock(mutex_);
    parker_ = &sys::Parker::current();
    SteadyTime not_before = SteadyTime::min();
    while (!closed_) {
        const SteadyTime now = sys::steady_now();
        const bool settled =
            queue_.settle(ticks(now), [this](std::uint32_t index) OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
                __builtin_prefetch(&slot(index), 1);
            });
        expire_alarms(due);
        while (settled && due.size() < at_once && queue_.top() != nullptr) {
            const TimerQueue::Node node = *queue_.top();
            if (stale(node)) {
                --stale_;
            } else {
                if (node.when > ticks(now)) break;
                expire(node, now, due);
                continue;
            }
            queue_.pop();
        }
        if (!due.empty() || !queue_.idle()) not_before = now + between_wakes; // others get at the mutex
        if (due.empty()) {
            const SteadyTime next(std::chrono::nanoseconds(queue_.next_due()));
            sleeps_until_ = std::max(not_before, std::min(next, next_alarm()));
        }
        const Deadline deadline(sleeps_until_);
        lock.unlock();
        if (due.empty()) sys::Parker::current().park(deadline);
        push_all(due);
        lock.lock();
        sleeps_until_ = SteadyTime::min();
    }
}

void TimersCore::expire(const TimerQueue::Node& node, SteadyTime now, std::vector<Run>& due) {
    queue_.pop();
    TimerSlot& timer = slot(node.slot);
    timer.armed = 0;
    if (timer.series() != nullptr) {
        expire_series(node, now, due);
    } else {
        timer.set(State::queued);
        due.push_back(make_run(node.slot));
    }
}

void TimersCore::expire_alarms(std::vector<Run>& due) {
    while (!alarms_.empty() && due.size() < at_once) {
        const TimerQueue::Node node = alarms_.top();
        if (stale(node)) {
            --stale_;
        } else {
            if (node.when > sys::wall_now().time_since_epoch().count()) return;
            slot(node.slot).armed = 0;
            slot(node.slot).set(State::queued);
            due.push_back(make_run(node.slot));
        }
        alarms_.pop();
    }
}

// When to look at the clock again.
SteadyTime TimersCore::next_alarm() const {
    if (alarms_.empty()) return SteadyTime::max();
    return next_look(WallTime(WallTime::duration(alarms_.top().when)));
}

void TimersCore::expire_series(const TimerQueue::Node& node, SteadyTime now, std::vector<Run>& due) {
    Series& series = *slot(node.slot).series();
    if (series.pace == Pace::fixed_delay) { // armed again when the run ends
        ++series.queued;
        due.push_back(make_run(node.slot));
        return;
    }
    const auto missed = (now - SteadyTime(std::chrono::nanoseconds(node.when))) / series.period;
    const bool left_out = missed > 0 && series.misfire == Misfire::skip;
    // Those that may run beside each other come one by one, others are counted: with the mutex held, the
    // work must not grow with the number of runs that are due.
    const bool one_by_one = series.misfire == Misfire::all && series.overlap == Overlap::parallel;
    const auto periods = one_by_one ? 1 : missed + 1;
    if (series.misfire == Misfire::all && series.overlap == Overlap::queue)
        series.owed += static_cast<std::uint64_t>(missed);
    series.due = Deadline::after(series.due, series.period * periods).when();
    std::ignore = put(node.slot, with_jitter(series));
    if (left_out) return;
    if (series.overlap != Overlap::parallel && series.queued + series.running > 0) {
        if (series.overlap == Overlap::queue) ++series.owed;
        return;
    }
    ++series.queued;
    due.push_back(make_run(node.slot));
}

TimersCore::Run TimersCore::make_run(std::uint32_t index) {
    TimerSlot& timer = slot(index);
    const TimerSlot::Life life = timer.life.load(relaxed);
    TimerSlot* const simple = timer.extra == nullptr ? &timer : nullptr;
    const std::string* const name = timer.extra != nullptr ? timer.extra->name.get() : nullptr;
    return {{Work(Firing(shared_from_this(), {index, life.generation}, simple)), timer.where,
             name != nullptr ? keep_name(*name) : nullptr},
            life.priority};
}

void TimersCore::push(Run run) noexcept {
    const std::source_location where = run.task.where;
    try {
        pool_->push(std::move(run.task), run.priority);
    } catch (const Error& error) {
        if (error.code() != Errc::closed)
            pool_->sink().report(
                {std::make_exception_ptr(error), run.task.name != nullptr ? *run.task.name : "timer", where});
    }
}

void TimersCore::push_all(std::vector<Run>& runs) noexcept {
    const std::size_t pushed = runs.empty() ? 0 : pool_->push_batch(runs);
    for (Run& run : std::span(runs).subspan(pushed)) push(std::move(run)); // and tells what is wrong
    runs.clear();
}

void TimersCore::fire(Id id, const std::stop_token& pool_stop) {
    TimerWork once;
    std::shared_ptr<Series> series;
    std::stop_source stop{std::nostopstate};
    const std::string* name = nullptr; // stays while the run goes on
    std::source_location where;
    bool blocking = false;
    {
        const sys::MutexLock lock(mutex_);
        TimerSlot* const timer = find(id);
        if (timer == nullptr || timer->life.load(relaxed).state == State::cancelled)
            return PoolCore::not_run();
        const TimerExtra& extra = *timer->extra;
        series = extra.series;
        stop = extra.stop;
        name = extra.name.get();
        blocking = extra.blocking;
        if (series != nullptr) {
            --series->queued;
            ++series->running;
        } else {
            timer->next_free.store(sys::this_thread_id(), relaxed);
            timer->set(State::running);
            once = std::move(timer->work);
        }
        where = timer->where;
    }
    std::exception_ptr error;
    {
        const RunningTask here(where, name);
        std::optional<BlockingRegion> region;
        if (blocking) region.emplace();
        try {
            const std::stop_callback linked(pool_stop, RequestStop{stop});
            (series != nullptr ? series->work : once)(stop.get_token());
        } catch (...) {
            error = std::current_exception();
        }
        once.reset();
    }
    if (error != nullptr && !(stop.stop_requested() && is_stop(error)))
        pool_->sink().report({std::move(error), name != nullptr ? *name : "timer", where});
    end_run(id);
}

// The run of most timers takes no mutex, so that it never waits for the thread that keeps the time. From
// `queued` to `running` it races with cancel() and close() alone: who exchanges first has the timer and what
// it holds. From `running` to its end with wait_ended() alone, which marks it as awaited; then it ends as
// others do. Release, and acquire where it is found to be over: what the function did is seen then.
void TimersCore::fire_simple(Id id, TimerSlot& timer) {
    TimerSlot::Life life = timer.life.load(relaxed);
    if (life.generation != id.generation || life.state != State::queued) return PoolCore::not_run();
    TimerSlot::Life next = life;
    next.state = State::running;
    // Relaxed: what the timer holds has come with the run, through the pool's mutex.
    if (!timer.life.compare_exchange_strong(life, next, relaxed)) return PoolCore::not_run();
    timer.next_free.store(sys::this_thread_id(), relaxed);
    const std::source_location where = timer.where;
    std::exception_ptr error;
    {
        const RunningTask here(where, nullptr);
        TimerWork work = std::move(timer.work);
        try {
            work(std::stop_token());
        } catch (...) {
            error = std::current_exception();
        }
    }
    if (error != nullptr) pool_->sink().report({std::move(error), "timer", where});
    const TimerSlot::Life free{.generation = id.generation + 1};
    if (!timer.life.compare_exchange_strong(next, free, std::memory_order_release, relaxed))
        return end_run(id);
    std::uint32_t next_free = ended_.load(relaxed);
    do timer.next_free.store(next_free, relaxed);
    while (!ended_.compare_exchange_weak(next_free, id.slot, std::memory_order_release, relaxed));
    live_.fetch_sub(1, std::memory_order_release);
}

void TimersCore::end_run(Id id) noexcept {
    Remains remains;
    std::optional<Run> next;
    sys::Parker* parker = nullptr;
    {
        sys::MutexLock lock(mutex_);
        TimerSlot& timer = slot(id.slot); // of this generation still: a run keeps it
        if (timer.series() == nullptr) {
            remains = free_slot(id.slot);
        } else if (Series& series = *timer.series();
                   --series.running, timer.life.load(relaxed).state == State::cancelled) {
            if (series.running == 0) remains = closed_ ? take(timer) : free_slot(id.slot);
        } else if (series.pace == Pace::fixed_delay) {
            parker = rest_before_next(id.slot, series);
        } else if (series.owed > 0 && series.queued + series.running == 0) {
            --series.owed;
            ++series.queued;
            next = make_run(id.slot);
        }
        run_waiters_.notify_all(lock);
    }
    if (parker != nullptr) parker->unpark();
    if (next) push(std::move(*next));
}

// Arms a series of fixed delay again.
sys::Parker* TimersCore::rest_before_next(std::uint32_t index, Series& series) {
    series.due = sys::deadline_after(series.period).when();
    return put(index, with_jitter(series));
}

void TimersCore::drop(Id id) noexcept {
    Remains remains;
    sys::Parker* parker = nullptr;
    {
        const sys::MutexLock lock(mutex_);
        TimerSlot* const timer = find(id);
        if (timer == nullptr || timer->life.load(relaxed).state == State::cancelled) return;
        if (Series* const series = timer->series(); series == nullptr) {
            remains = free_slot(id.slot);
        } else if (--series->queued; series->pace == Pace::fixed_delay) {
            parker = rest_before_next(id.slot, *series);
        }
    }
    if (parker != nullptr) parker->unpark();
}

} // namespace offstage::detail
