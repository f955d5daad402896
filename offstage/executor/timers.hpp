// Work at a later time, once or again and again.
//
//   Timers         after, at, every
//   EveryOptions   what happens when a run is late, or the one before has not ended
//   Timer          one of them, to be cancelled
//
// One thread keeps the time; what is due runs in the pool. A function that takes a std::stop_token is asked
// to stop when its timer is cancelled and when the runtime shuts down. What a function throws goes to the
// error sink with the timer's name and where it was made; so does the refusal of a pool whose queue is full
// when a run is due, which is then left out. A series goes on all the same.
//
// What always holds: after cancel() answered `cancelled` the function is not running and will not run. A
// shutdown cancels every timer. At most 2^24 timers at once.
//
// Threads: all calls from any thread, the timers' own functions included; a Timer is for one thread at a
// time. The pool outlives the Timers; a Timer may outlive both.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/executor/pool.hpp"
#include "offstage/executor/task.hpp"
#include "offstage/sync/wait_status.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace offstage {

namespace detail {
class TimersCore;
using TimerWork = WorkOf<24>; // there may be millions of them
} // namespace detail

/// What became of a timer's cancel.
enum class TimerCancel : std::uint8_t {
    cancelled, ///< it was not running, and will not run (again)
    running,   ///< it is running, was asked to stop, and will not run again
    fired,     ///< it is over: it had run, or a full pool refused it, as the error sink was told
};

/// What the period of a series counts from.
enum class Pace : std::uint8_t {
    fixed_rate,  ///< the time when the run before was due: so many an hour, whatever each takes
    fixed_delay, ///< the end of the run before: so much rest in between
};

/// What happens when a run is due and the one before has not ended.
enum class Overlap : std::uint8_t {
    skip,     ///< it is left out
    queue,    ///< it runs when the one before has ended
    parallel, ///< it runs beside it
};

/// What happens to runs that came due a period ago or more, as when the machine slept.
enum class Misfire : std::uint8_t {
    once, ///< one run for all of them
    skip, ///< none; on to the next that is due in time
    all,  ///< each of them
};

struct EveryOptions {
    std::string name = {}; ///< told in errors, reports and snapshots
    Pace pace = Pace::fixed_rate;
    Overlap overlap = Overlap::skip;    ///< of no meaning with fixed_delay
    Misfire misfire = Misfire::once;    ///< of no meaning with fixed_delay
    std::chrono::nanoseconds jitter{0}; ///< each run is late by a random part of this; at most the period
    std::chrono::nanoseconds first_after =
        std::chrono::nanoseconds(-1); ///< until the first run; -1: a period
    Priority priority = Priority::normal;
    std::source_location where = std::source_location::current();
};

/// A timer that was made. Dropping it cancels nothing.
class Timer {
public:
    /// None.
    Timer() noexcept = default;
    Timer(Timer&&) noexcept = default;
    Timer& operator=(Timer&&) noexcept = default;

    /// Never blocks. Called again it answers the same, save `fired` for what was `running` and has ended.
    /// REQUIRES: it is a timer.
    TimerCancel cancel();

    /// cancel(), and blocks until the function is not running: ok; else stopped or timed_out.
    /// REQUIRES: it is a timer, and this is not its own function (which would wait for itself).
    WaitStatus cancel_and_wait(std::stop_token stop = {}, Deadline deadline = Deadline::never());

private:
    friend class Timers;
    Timer(std::shared_ptr<detail::TimersCore> core, std::uint32_t slot, std::uint32_t generation) noexcept
        : core_(std::move(core)), slot_(slot & 0x7fffffffu), cancelled_(0), generation_(generation) {}

    std::shared_ptr<detail::TimersCore> core_; // shared: a Timer may outlive the Timers
    std::uint32_t slot_ : 31 = 0;
    std::uint32_t cancelled_ : 1 = 0; // and never ran after: what a second cancel() answers
    std::uint32_t generation_ = 0;
};

class Timers {
public:
    /// Runs what is due in `pool`. Starts its thread with the first timer.
    explicit Timers(Pool& pool);
    /// Cancels all timers. Waits for none of their functions: those are the pool's.
    ~Timers();
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;

    /// Runs `f()` or `f(stop_token)` once, `delay` from now; at once where that is negative. For all three:
    /// never blocks; throws Error(closed) after a shutdown, Error(full) at 2^24 timers.
    template <class F>
    Timer after(std::chrono::nanoseconds delay, F&& f, TaskOptions options = {}) {
        return arm_after(delay, once(std::forward<F>(f)), takes_stop<F>, std::move(options));
    }

    /// Runs `f` once, when the time of day is `when` or later; follows the clock where somebody sets it,
    /// within a minute. Those of one moment and priority go to the pool in the order in which they were made.
    template <class F>
    Timer at(WallTime when, F&& f, TaskOptions options = {}) {
        return arm_at(when, once(std::forward<F>(f)), takes_stop<F>, std::move(options));
    }

    /// Runs `f` again and again. Throws Error(invalid_argument) where the period is shorter than a
    /// microsecond or the jitter is longer than it.
    template <class F>
    Timer every(std::chrono::nanoseconds period, F&& f, EveryOptions options = {}) {
        return arm_every(period, detail::TimerWork(Again<std::decay_t<F>>{std::forward<F>(f)}), takes_stop<F>,
                         std::move(options));
    }

    /// Cancels all timers and takes no more. A second call does nothing.
    void close();

    /// How many there are.
    std::size_t size() const;

private:
    /// A function that is called many times, at times by several threads at once.
    template <class F>
    struct Again {
        F f;
        void operator()([[maybe_unused]] const std::stop_token& stop) {
            if constexpr (std::is_invocable_v<F&, std::stop_token>)
                std::invoke(f, stop);
            else
                std::invoke(f);
        }
    };
    template <class F>
    static detail::TimerWork once(F&& f) {
        return detail::TimerWork(detail::bind_call(std::forward<F>(f)));
    }

    template <class F>
    static constexpr bool takes_stop = std::is_invocable_v<std::decay_t<F>&, std::stop_token>;

    Timer arm_after(std::chrono::nanoseconds delay, detail::TimerWork&& work, bool stoppable,
                    TaskOptions&& options);
    Timer arm_at(WallTime when, detail::TimerWork&& work, bool stoppable, TaskOptions&& options);
    Timer arm_once(SteadyTime when, std::optional<WallTime> alarm, detail::TimerWork&& work, bool stoppable,
                   TaskOptions&& options);
    Timer arm_every(std::chrono::nanoseconds period, detail::TimerWork&& work, bool stoppable,
                    EveryOptions&& options);

    std::shared_ptr<detail::TimersCore> core_; // shared with Timer handles and with runs in the pool
};

} // namespace offstage
