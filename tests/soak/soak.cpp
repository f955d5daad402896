// Soaks what works inside one process: rounds of random operations on queues, pools, futures, timers and
// scopes, all at once, stopped at a random moment. After each round everything must add up:
//
//   queues   what was pushed was popped, dropped or taken: once, and nothing else
//   tasks    each that was posted ran or was dropped by the shutdown, and was destroyed once
//   errors   each that was thrown was read from its future or its scope, or reached the sink
//   timers   none fired twice; none after its cancel had answered `cancelled`
//   scopes   no child outlived its scope
//   threads  the shutdown ended all of them before its deadline
//
// usage: soak MINUTES [SEED]      A failure prints the round's seed; a round that hangs prints who waits on
// what.
#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/executor/scope.hpp"
#include "offstage/executor/snapshot.hpp"
#include "offstage/executor/when.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/priority_queue.hpp"
#include "offstage/sync/select.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/random.hpp"
#include "offstage/sys/thread.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace offstage;
using namespace std::chrono_literals;

namespace {

using Random = std::mt19937_64;
std::atomic<std::uint64_t> seed_now{0};

void require(bool true_thing, const char* what) {
    if (true_thing) return;
    std::fprintf(stderr, "soak: seed %llu: %s\n%s", static_cast<unsigned long long>(seed_now.load()), what,
                 dump().c_str());
    std::abort();
}

std::uint64_t below(Random& random, std::uint64_t end) {
    return random() % end;
}
std::chrono::microseconds up_to(Random& random, std::uint64_t micros) {
    return std::chrono::microseconds(below(random, micros));
}

/// Counts its living copies: what a task holds must be destroyed once, whatever becomes of the task.
class Counted {
public:
    explicit Counted(std::atomic<long>& living) : living_(&living) { ++*living_; }
    Counted(Counted&& other) noexcept : living_(std::exchange(other.living_, nullptr)) {}
    Counted& operator=(Counted&&) = delete;
    ~Counted() {
        if (living_ != nullptr) --*living_;
    }

private:
    std::atomic<long>* living_;
};

struct Totals {
    std::atomic<long> pushed{0}, popped{0}, dropped{0};
    std::atomic<long> posted{0}, ran{0}, living{0};
    std::atomic<long> thrown{0}, read{0}, reported{0};
    std::atomic<long> operations{0};
};

struct OneTimer {
    std::atomic<int> fired{0};
    std::atomic<bool> dead{false};
};

[[noreturn]] void fail_on_purpose(Totals& totals) {
    ++totals.thrown;
    throw std::runtime_error("on purpose");
}

/// One round: a runtime, and threads that do at random what users do.
class Round {
public:
    explicit Round(std::uint64_t seed)
        : random_(seed),
          fifo_(1 + below(random_, 8), below(random_, 2) != 0 ? Overflow::block : Overflow::drop_oldest),
          urgent_(1 + below(random_, 8)),
          runtime_({.workers = static_cast<unsigned>(1 + below(random_, 3)),
                    .max_threads = static_cast<unsigned>(8 + below(random_, 16)),
                    .on_error = [this](const TaskError& task) { heard(task); }}) {}

    long run() {
        const auto actors = 2 + below(random_, 4);
        for (std::uint64_t i = 0; i < actors; ++i)
            std::ignore = runtime_.background(
                "actor " + std::to_string(i),
                [this, seed = random_()](const std::stop_token& stop) { act(Random(seed), stop); });
        Event().wait({}, sys::deadline_after(up_to(random_, 30'000)));
        if (below(random_, 4) == 0) fifo_.close();
        const ShutdownReport report = runtime_.shutdown(sys::deadline_after(60s));
        require(report.complete(), "the shutdown did not end everything before its deadline");
        settle();
        return totals_.operations;
    }

private:
    void act(Random random, const std::stop_token& stop) {
        std::vector<Future<long>> futures;
        while (!stop.stop_requested()) {
            ++totals_.operations;
            try {
                step(random, stop, futures);
            } catch (const Error& error) {
                // What a full pool, a shutdown or a stop says.
                require(error.code() == Errc::stopped || error.code() == Errc::closed ||
                            error.code() == Errc::full || error.code() == Errc::cancelled ||
                            error.code() == Errc::timed_out,
                        error.what());
            }
        }
        for (auto& future : futures) read(future, {});
    }

    void step(Random& random, const std::stop_token& stop, std::vector<Future<long>>& futures) {
        const Deadline soon = sys::deadline_after(up_to(random, 2000));
        switch (below(random, 12)) {
        case 0:
        case 1:
            count_push(fifo_.push(1, stop, soon));
            break;
        case 2:
            count_push(urgent_.push(static_cast<long>(below(random, 100)), stop, soon));
            break;
        case 3:
            count_pop(fifo_.pop(stop, soon).status());
            break;
        case 4:
            std::ignore = select(stop, soon, on_pop(urgent_, [&](long) { ++totals_.popped; }),
                                 on_pop(fifo_, [&](long) { ++totals_.popped; }));
            break;
        case 5:
            post(random);
            break;
        case 6:
        case 7:
            submit(random, futures);
            break;
        case 8:
            finish_one(random, stop, futures);
            break;
        case 9:
            time(random);
            break;
        case 10:
            scope(random, stop);
            break;
        default:
            pause(random);
            break;
        }
    }

    /// What reached the sink: an error thrown on purpose, or one of a task that the shutdown kept from
    /// submitting.
    void heard(const TaskError& task) {
        try {
            std::rethrow_exception(task.error);
        } catch (const Error& error) {
            require(error.code() == Errc::closed, error.what());
        } catch (const std::runtime_error&) {
            ++totals_.reported;
        }
    }

    void count_push(WaitStatus status) {
        if (status == WaitStatus::ok) ++totals_.pushed;
    }
    void count_pop(WaitStatus status) {
        if (status == WaitStatus::ok) ++totals_.popped;
    }

    void post(Random& random) {
        const bool fails = below(random, 4) == 0;
        const auto priority = static_cast<Priority>(below(random, 3));
        runtime_.post({.priority = priority}, [this, fails, counted = Counted(totals_.living)] {
            ++totals_.ran;
            if (fails) fail_on_purpose(totals_);
        });
        ++totals_.posted;
    }

    void submit(Random& random, std::vector<Future<long>>& futures) {
        const auto kind = below(random, 4);
        auto future = runtime_.submit(
            [this, kind, counted = Counted(totals_.living)](const std::stop_token& stop) -> long {
                if (kind == 0) fail_on_purpose(totals_);
                if (kind == 1) Event().wait(stop, sys::deadline_after(300us));
                if (kind == 2) return runtime_.submit([] { return 2L; }).get(); // a wait inside the pool
                return 1;
            });
        if (below(random, 3) == 0)
            futures.push_back(std::move(future).then([](long value) { return value + 1; }));
        else if (below(random, 5) > 0)
            futures.push_back(std::move(future));
        // else it is dropped: its error must reach the sink
    }

    void read(Future<long>& future, const std::stop_token& stop) {
        try {
            future.get(stop, sys::deadline_after(30s));
        } catch (const std::runtime_error& error) {
            if (std::string(error.what()) == "on purpose") {
                ++totals_.read;
                return;
            }
            const auto* const ours = dynamic_cast<const Error*>(&error);
            require(ours != nullptr && ours->code() != Errc::timed_out, error.what());
        }
    }

    void finish_one(Random& random, const std::stop_token& stop, std::vector<Future<long>>& futures) {
        if (futures.empty()) return;
        Future<long> future = std::move(futures.back());
        futures.pop_back();
        if (below(random, 3) == 0) future.cancel();
        read(future, stop); // stopped: it is dropped, and an error of its task goes to the sink
    }

    void time(Random& random) {
        auto one = std::make_shared<OneTimer>();
        if (below(random, 4) == 0) {
            Timer series = runtime_.timers().every(up_to(random, 500) + 50us, [one] {
                require(!one->dead, "a series ran after cancel() had answered `cancelled`");
            });
            Event().wait({}, sys::deadline_after(up_to(random, 1000)));
            if (below(random, 2) == 0)
                series.cancel_and_wait();
            else if (series.cancel() != TimerCancel::cancelled)
                return;
            one->dead = true;
            return;
        }
        Timer timer = runtime_.timers().after(up_to(random, 2000), [one] {
            require(!one->dead, "a timer fired after cancel() had answered `cancelled`");
            require(++one->fired == 1, "a timer fired twice");
        });
        if (below(random, 2) == 0 && timer.cancel() == TimerCancel::cancelled) one->dead = true;
    }

    void scope(Random& random, const std::stop_token& stop) {
        std::atomic<int> inside{0};
        long failed = 0;
        {
            TaskScope tasks(runtime_, stop);
            const auto count = below(random, 5);
            const auto failing = below(random, 8); // that one throws, if it is there
            for (std::uint64_t i = 0; i < count; ++i)
                std::ignore = tasks.spawn([&, i](const std::stop_token& own) {
                    ++inside;
                    if (i != failing) Event().wait(own, sys::deadline_after(200us));
                    --inside;
                    if (i == failing) fail_on_purpose(totals_);
                });
            try {
                tasks.join();
            } catch (const Error&) {
                // stopped, or the pool was closed
            } catch (const std::runtime_error&) {
                failed = 1;
            }
            failed += static_cast<long>(tasks.other_errors().size());
        }
        totals_.read += failed;
        require(inside == 0, "a child outlived its scope");
    }

    void pause(Random& random) {
        if (below(random, 8) == 0) {
            runtime_.pool().pause();
            runtime_.pool().resume();
        }
        std::ignore = runtime_.snapshot();
        std::ignore = runtime_.pool().drain({}, Deadline::past());
    }

    void settle() {
        totals_.dropped += static_cast<long>(fifo_.dropped() + fifo_.close_and_take().size());
        totals_.dropped += static_cast<long>(urgent_.dropped() + urgent_.close_and_take().size());
        require(totals_.pushed == totals_.popped + totals_.dropped, "a queue lost or doubled a value");
        require(totals_.ran <= totals_.posted, "a task ran twice");
        require(totals_.living == 0, "what a task held was not destroyed, or twice");
        require(totals_.thrown == totals_.read + totals_.reported, "an error was lost, or heard twice");
    }

    Random random_;
    Totals totals_;
    BoundedQueue<long> fifo_;
    PriorityQueue<long> urgent_;
    Runtime runtime_; // last: ends first
};

} // namespace

int main(int argc, char** argv) {
    const double minutes = argc > 1 ? std::atof(argv[1]) : 0.05;
    const auto end = sys::steady_now() + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                             std::chrono::duration<double, std::ratio<60>>(minutes));
    std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : sys::random_u64();
    std::atomic<long> rounds = 0;
    sys::Thread watchdog("watchdog", [&](const std::stop_token& stop) {
        for (long before = -1; Event().wait(stop, sys::deadline_after(120s)) == WaitStatus::timed_out;) {
            require(rounds != before, "a round hangs");
            before = rounds;
        }
    });
    long operations = 0;
    auto next_word = sys::steady_now() + 60s;
    do {
        seed_now = seed;
        operations += Round(seed).run();
        ++seed;
        ++rounds;
        if (sys::steady_now() >= next_word) {
            std::printf("soak: %ld rounds, %ld operations\n", rounds.load(), operations);
            std::fflush(stdout);
            next_word += 60s;
        }
    } while (argc <= 2 && sys::steady_now() < end);
    std::printf("soak: %ld rounds, %ld operations, everything added up\n", rounds.load(), operations);
}
