// Timers side by side: 1,000,000 made and cancelled; 10,000 and 1,000,000 fired over 2 s (lateness, processor
// time). Ours run in a pool thread, the peers' in their loop. usage: bench_timers [RUNS]
#include "bench/inproc/table.hpp"
#include "offstage/executor/timers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <uv.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;
constexpr int many = 1'000'000;

// Times within two seconds, the same for everybody.
std::vector<nanoseconds> spread(int count) {
    std::mt19937 random(1);
    std::vector<nanoseconds> all(static_cast<std::size_t>(count));
    for (auto& one : all) one = nanoseconds(random() % 2'000'000'000u);
    return all;
}

void cancel_rows(int runs) {
    const auto times = spread(many);
    Table table("timers made and cancelled", runs);
    {
        offstage::Pool pool({.workers = 1});
        std::unique_ptr<offstage::Timers> timers;
        std::vector<offstage::Timer> made;
        const auto prepare = [&] {
            made.clear();
            made.reserve(many);
            timers = std::make_unique<offstage::Timers>(pool);
        };
        table.row("offstage::Timers", prepare, [&] {
            for (const auto time : times) made.push_back(timers->after(std::chrono::hours(1) + time, [] {}));
            for (auto& timer : made) timer.cancel();
            return many;
        });
    }
    {
        std::unique_ptr<boost::asio::io_context> io;
        std::deque<boost::asio::steady_timer> made;
        const auto prepare = [&] {
            made.clear();
            io = std::make_unique<boost::asio::io_context>(1);
        };
        table.row("asio steady_timer", prepare, [&] {
            for (const auto time : times)
                made.emplace_back(*io, std::chrono::hours(1) + time).async_wait([](const auto&) {});
            for (auto& timer : made) timer.cancel();
            io->run(); // its cancelled handlers are called
            return many;
        });
        made.clear();
    }
    {
        std::vector<uv_timer_t> made(many);
        uv_loop_t loop;
        bool open = false;
        const auto prepare = [&] {
            if (open) uv_loop_close(&loop);
            uv_loop_init(&loop);
            open = true;
        };
        table.row("libuv uv_timer", prepare, [&] {
            for (int i = 0; i < many; ++i) {
                uv_timer_init(&loop, &made[static_cast<std::size_t>(i)]);
                uv_timer_start(
                    &made[static_cast<std::size_t>(i)], [](uv_timer_t*) {},
                    3'600'000 +
                        static_cast<std::uint64_t>(times[static_cast<std::size_t>(i)].count() / 1'000'000),
                    0);
            }
            for (auto& timer : made) uv_timer_stop(&timer);
            return many;
        });
    }
    table.print();
}

void tell(const char* name, std::vector<std::int64_t>& late, double cpu) {
    std::ranges::sort(late);
    const auto at = [&](double part) {
        return static_cast<double>(
                   late[static_cast<std::size_t>(part * static_cast<double>(late.size() - 1))]) /
               1e3;
    };
    std::printf("  %-34s late p50 %10.1f us  p99 %10.1f us  max %10.1f us  cpu %5.2f s\n", name, at(0.5),
                at(0.99), at(1), cpu);
    std::fflush(stdout);
}

double cpu_now() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void fire_rows(int count) {
    const auto times = spread(count);
    std::printf("\n%d timers fired over 2 s\n", count);
    {
        std::vector<std::int64_t> late(static_cast<std::size_t>(count));
        std::atomic<int> fired = 0;
        offstage::Pool pool({.workers = 1, .queue_limit = 2 * many});
        offstage::Timers timers(pool);
        const auto base = Clock::now() + std::chrono::seconds(3);
        for (const auto time : times) {
            const auto due = base + time;
            timers.after(due - Clock::now(), [due, &late, &fired] {
                late[static_cast<std::size_t>(fired.fetch_add(1, std::memory_order_relaxed))] =
                    (Clock::now() - due).count();
            });
        }
        std::this_thread::sleep_until(base - std::chrono::milliseconds(50));
        const double cpu = cpu_now();
        std::this_thread::sleep_until(base + std::chrono::seconds(2));
        while (timers.size() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        tell("offstage::Timers", late, cpu_now() - cpu);
    }
    {
        std::vector<std::int64_t> late;
        late.reserve(static_cast<std::size_t>(count));
        boost::asio::io_context io(1);
        std::deque<boost::asio::steady_timer> made;
        const auto base = Clock::now() + std::chrono::seconds(3);
        for (const auto time : times) {
            const auto due = base + time;
            made.emplace_back(io, due).async_wait(
                [due, &late](const auto&) { late.push_back((Clock::now() - due).count()); });
        }
        std::this_thread::sleep_until(base - std::chrono::milliseconds(50));
        const double cpu = cpu_now();
        io.run();
        tell("asio steady_timer", late, cpu_now() - cpu);
    }
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const int runs = argc > 1 ? std::atoi(argv[1]) : 5;
    bench::cancel_rows(runs);
    bench::fire_rows(10'000);
    bench::fire_rows(bench::many);
}
