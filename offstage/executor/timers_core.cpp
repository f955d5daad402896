#include "offstage/executor/timers_core.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/random.hpp"

#include <algorithm>
#include <exception>
#include <tuple>
#include <utility>

namespace offstage::detail {

namespace {

constexpr std::chrono::seconds longest_sleep_of_an_alarm{60};

// Timers that are due closer together than this share a wake of the thread that keeps the time.
constexpr std::chrono::microseconds between_wakes{20};

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
    Firing(std::shared_ptr<TimersCore> core, TimersCore::Id id) noexcept : core_(std::move(core)), id_(id) {}
    Firing(Firing&&) noexcept = default;
    Firing& operator=(Firing&&) = delete;
    ~Firing() {
        if (core_ != nullptr) core_->drop(id_);
    }
    void operator()(const std::stop_token& pool_stop) { std::exchange(core_, nullptr)->fire(id_, pool_stop); }

private:
    std::shared_ptr<TimersCore> core_;
    TimersCore::Id id_;
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
    return timer.generation == id.generation ? &timer : nullptr;
}

bool TimersCore::runs(const TimerSlot& timer) noexcept {
    const Series* const series = timer.series();
    return series != nullptr ? series->running > 0 : timer.state == TimerSlot::State::running;
}

TimersCore::Remains TimersCore::take(TimerSlot& timer) noexcept {
    return {std::move(timer.work), std::move(timer.extra)};
}

std::uint32_t TimersCore::new_slot() {
    if (closed_) throw Error(Errc::closed, "the timers were shut down: they take no more");
    if (!thread_.joinable())
        thread_ = sys::Thread(pool_->name() + "/timers", [this](const std::stop_token&) { keep_time(); });
    std::uint32_t index = first_free_;
    if (index != none) {
        first_free_ = slot(index).next_free;
    } else {
        if (used_ == max_timers)
            throw Error(Errc::full, "there are 16777216 timers already, the most at once");
        if (used_ % block_slots == 0)
            blocks_.push_back(std::make_unique_for_overwrite<std::array<TimerSlot, block_slots>>());
        armed_.push_back(not_armed);
        index = used_++;
    }
    ++live_;
    return index;
}

TimersCore::Remains TimersCore::free_slot(std::uint32_t index) noexcept {
    TimerSlot& timer = slot(index);
    take_out(index);
    if (timer.state != TimerSlot::State::cancelled) --live_;
    timer.state = TimerSlot::State::free;
    ++timer.generation;
    timer.next_free = std::exchange(first_free_, index);
    return take(timer);
}

sys::Parker* TimersCore::put(std::uint32_t index, SteadyTime when) {
    if (++next_number_ == not_armed) ++next_number_;
    armed_[index] = next_number_;
    heap_.push({when.time_since_epoch().count(), index, next_number_});
    return wake_before(when);
}

// Alarms lie apart, by the time of day: so equal ones stay in their order, and only the first is looked at.
sys::Parker* TimersCore::put_alarm(std::uint32_t index, WallTime when) {
    if (++next_number_ == not_armed) ++next_number_;
    armed_[index] = next_number_;
    alarms_.push({when.time_since_epoch().count(), index, next_number_});
    return wake_before(next_look(when));
}

sys::Parker* TimersCore::wake_before(SteadyTime when) {
    if (when >= sleeps_until_) return nullptr;
    sleeps_until_ = SteadyTime::min(); // it is on its way
    return parker_;
}

bool TimersCore::stale(const TimerHeap::Node& node) {
    return armed_[node.slot] != node.number;
}

void TimersCore::take_out(std::uint32_t index) noexcept {
    if (std::exchange(armed_[index], not_armed) == not_armed) return;
    constexpr std::size_t few = 64;
    const std::size_t all = heap_.size() + alarms_.size();
    if (++stale_ < all / 4 * 3 || all < few) return;
    for (TimerHeap* const heap : {&heap_, &alarms_})
        heap->sweep([this](const TimerHeap::Node& node) OFFSTAGE_REQUIRES(mutex_) { return stale(node); });
    stale_ = 0;
}

TimerCancel TimersCore::cancel(Id id) {
    Remains remains;
    std::stop_source stop(std::nostopstate);
    {
        const sys::MutexLock lock(mutex_);
        TimerSlot* const timer = find(id);
        if (timer == nullptr) return TimerCancel::fired;
        if (!runs(*timer)) {
            if (timer->state != TimerSlot::State::cancelled) remains = free_slot(id.slot); // else by close()
            return TimerCancel::cancelled;
        }
        if (timer->series() != nullptr && timer->state != TimerSlot::State::cancelled) {
            take_out(id.slot);
            timer->state = TimerSlot::State::cancelled;
            --live_;
        }
        stop = timer->stop();
    }
    stop.request_stop();
    return TimerCancel::running;
}

WaitStatus TimersCore::wait_ended(Id id, const std::stop_token& stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    Wait wait(lock, run_waiters_, {.kind = "Timer", .action = "cancel_and_wait", .object = this}, stop,
              deadline);
    for (;;) {
        const TimerSlot* const timer = find(id);
        if (timer == nullptr || !runs(*timer)) return WaitStatus::ok;
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    }
}

std::size_t TimersCore::size() const {
    const sys::MutexLock lock(mutex_);
    return live_;
}

void TimersCore::close() {
    std::vector<Remains> remains;
    std::vector<std::stop_source> stops;
    sys::Thread thread; // joined last; it never waits for anything of ours
    {
        const sys::MutexLock lock(mutex_);
        if (std::exchange(closed_, true)) return;
        for (std::uint32_t index = 0; index < used_; ++index) {
            TimerSlot& timer = slot(index);
            if (timer.state == TimerSlot::State::free || timer.state == TimerSlot::State::cancelled) continue;
            armed_[index] = not_armed;
            if (timer.extra != nullptr) stops.push_back(timer.extra->stop);
            if (runs(timer)) {
                if (timer.series() == nullptr) continue; // ends by itself
            } else {
                remains.push_back(take(timer));
            }
            timer.state = TimerSlot::State::cancelled; // not freed: its handle is to hear of it
            --live_;
        }
        heap_.clear();
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
        expire_alarms(due);
        while (!heap_.empty() && due.size() < at_once) {
            const TimerHeap::Node node = heap_.top();
            if (stale(node)) {
                --stale_;
            } else {
                if (node.when > now.time_since_epoch().count()) break;
                expire(node, now, due);
                continue;
            }
            heap_.pop();
        }
        if (!due.empty()) {
            not_before = now + between_wakes;
        } else {
            sleeps_until_ =
                heap_.empty() ? SteadyTime::max()
                              : std::max(not_before, SteadyTime(std::chrono::nanoseconds(heap_.top().when)));
        }
        if (due.empty()) sleeps_until_ = std::min(sleeps_until_, std::max(not_before, next_alarm()));
        const Deadline deadline(sleeps_until_);
        lock.unlock();
        if (due.empty()) sys::Parker::current().park(deadline);
        for (Run& run : due) push(std::move(run));
        due.clear();
        lock.lock();
        sleeps_until_ = SteadyTime::min();
    }
}

void TimersCore::expire(const TimerHeap::Node& node, SteadyTime now, std::vector<Run>& due) {
    heap_.pop();
    TimerSlot& timer = slot(node.slot);
    armed_[node.slot] = not_armed;
    if (timer.series() != nullptr) {
        expire_series(node, now, due);
    } else {
        timer.state = TimerSlot::State::queued;
        due.push_back(make_run(node.slot));
    }
}

void TimersCore::expire_alarms(std::vector<Run>& due) {
    while (!alarms_.empty() && due.size() < at_once) {
        const TimerHeap::Node node = alarms_.top();
        if (stale(node)) {
            --stale_;
        } else {
            if (node.when > sys::wall_now().time_since_epoch().count()) return;
            armed_[node.slot] = not_armed;
            slot(node.slot).state = TimerSlot::State::queued;
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

void TimersCore::expire_series(const TimerHeap::Node& node, SteadyTime now, std::vector<Run>& due) {
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
    const TimerSlot& timer = slot(index);
    const std::string* const name = timer.extra != nullptr ? timer.extra->name.get() : nullptr;
    return {{Work(Firing(shared_from_this(), {index, timer.generation})), timer.where,
             keep_name(name != nullptr ? *name : "")},
            timer.priority};
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
        if (timer == nullptr || timer->state == TimerSlot::State::cancelled) return PoolCore::not_run();
        if (const TimerExtra* const extra = timer->extra.get(); extra != nullptr) {
            series = extra->series;
            stop = extra->stop;
            name = extra->name.get();
            blocking = extra->blocking;
        }
        if (series != nullptr) {
            --series->queued;
            ++series->running;
        } else {
            timer->state = TimerSlot::State::running;
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
            // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): one of the two is there
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
                   --series.running, timer.state == TimerSlot::State::cancelled) {
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
        if (timer == nullptr || timer->state == TimerSlot::State::cancelled) return;
        if (Series* const series = timer->series(); series == nullptr) {
            remains = free_slot(id.slot);
        } else if (--series->queued; series->pace == Pace::fixed_delay) {
            parker = rest_before_next(id.slot, *series);
        }
    }
    if (parker != nullptr) parker->unpark();
}

} // namespace offstage::detail
