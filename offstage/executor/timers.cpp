#include "offstage/executor/timers.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/executor/timers_core.hpp"
#include "offstage/sys/clock.hpp"

namespace offstage {

using detail::TimerExtra;
using detail::TimersCore;
using detail::TimerSlot;

TimerCancel Timer::cancel() {
    OFFSTAGE_CHECK(core_ != nullptr, "this Timer stands for no timer");
    if (cancelled_ != 0) return TimerCancel::cancelled;
    const TimerCancel outcome = core_->cancel({slot_, generation_});
    cancelled_ = outcome == TimerCancel::cancelled ? 1u : 0u;
    return outcome;
}

WaitStatus Timer::cancel_and_wait(std::stop_token stop, Deadline deadline) {
    if (cancel() != TimerCancel::running) return WaitStatus::ok;
    return core_->wait_ended({slot_, generation_}, stop, deadline);
}

Timers::Timers(Pool& pool) : core_(std::make_shared<TimersCore>(pool.core())) {}

Timers::~Timers() {
    close();
}

void Timers::close() {
    core_->close();
}

std::size_t Timers::size() const {
    return core_->size();
}

Timer Timers::arm_after(std::chrono::nanoseconds delay, detail::TimerWork&& work, bool stoppable,
                        TaskOptions&& options) {
    const SteadyTime when = sys::deadline_after(delay).when();
    return arm_once(when, std::nullopt, std::move(work), stoppable, std::move(options));
}

Timer Timers::arm_at(WallTime when, detail::TimerWork&& work, bool stoppable, TaskOptions&& options) {
    return arm_once({}, when, std::move(work), stoppable, std::move(options));
}

Timer Timers::arm_once(SteadyTime when, std::optional<WallTime> alarm, detail::TimerWork&& work,
                       bool stoppable, TaskOptions&& options) {
    std::unique_ptr<TimerExtra> extra;
    if (alarm || stoppable || options.blocking || !options.name.empty()) {
        extra = std::make_unique<TimerExtra>();
        extra->alarm = alarm;
        extra->blocking = options.blocking;
        extra->name = detail::keep_name(std::move(options.name));
        if (stoppable) extra->stop = std::stop_source();
    }
    const TimersCore::Id id = core_->arm(when, options.priority, [&](TimerSlot& timer) {
        timer.work = std::move(work);
        timer.extra = std::move(extra);
        timer.where = options.where;
    });
    return {core_, id.slot, id.generation};
}

Timer Timers::arm_every(std::chrono::nanoseconds period, detail::TimerWork&& work, bool stoppable,
                        EveryOptions&& options) {
    const auto zero = std::chrono::nanoseconds::zero();
    if (period < std::chrono::microseconds(1))
        throw Error(Errc::invalid_argument, "a timer's period is a microsecond or longer");
    if (options.jitter < zero || options.jitter > period)
        throw Error(Errc::invalid_argument, "a timer's jitter is from nothing to its period of " +
                                                to_text(period) + ", not " + to_text(options.jitter));
    const bool at_once = options.first_after >= zero;
    auto series = std::make_shared<detail::Series>();
    series->work = std::move(work);
    series->period = period;
    series->jitter = options.jitter;
    series->pace = options.pace;
    series->overlap = options.overlap;
    series->misfire = options.misfire;
    series->due = sys::deadline_after(at_once ? options.first_after : period).when();
    const SteadyTime first = core_->with_jitter(*series);
    auto extra = std::make_unique<TimerExtra>();
    extra->series = std::move(series);
    extra->name = detail::keep_name(std::move(options.name));
    if (stoppable) extra->stop = std::stop_source();
    const TimersCore::Id id = core_->arm(first, options.priority, [&](TimerSlot& timer) {
        timer.extra = std::move(extra);
        timer.where = options.where;
    });
    return {core_, id.slot, id.generation};
}

} // namespace offstage
