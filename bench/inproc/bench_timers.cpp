// Timers side by side: 1,000,000 made and cancelled; 10,000 and 1,000,000 fired over 2 s (lateness, processor
// time). Ours run in a thread of a pool, the peers' in their loop. usage: bench_timers [ROUNDS]
#include "bench/inproc/table.hpp"
#include "offstage/executor/timers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <uv.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
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

struct Ours {
    offstage::Pool pool{{.workers = 1, .queue_limit = 2 * many}};
    offstage::Timers timers{pool};
    std::vector<offstage::Timer> made;
    Ours() { made.reserve(many); }
};
struct Asio {
    boost::asio::io_context io{1};
    std::deque<boost::asio::steady_timer> made;
};
struct Uv {
    uv_loop_t loop;
    std::vector<uv_timer_t> made;
    Uv() : made(many) { uv_loop_init(&loop); }
    ~Uv() { uv_loop_close(&loop); }
};

void cancel_rows(int rounds) {
    const auto times = spread(many);
    Comparison made({"1,000,000 timers made and cancelled: ns each (goal: 100)"}, rounds);
    made.add(Who::ours, "offstage::Timers", timed<Ours>([&](Ours& ours) {
                 for (const auto time : times)
                     ours.made.push_back(ours.timers.after(std::chrono::hours(1) + time, [] {}));
                 for (auto& timer : ours.made) timer.cancel();
                 return many;
             }));
    made.add(
        Who::peer, "asio steady_timer", timed<Asio>([&](Asio& asio) {
            for (const auto time : times)
                asio.made.emplace_back(asio.io, std::chrono::hours(1) + time).async_wait([](const auto&) {});
            for (auto& timer : asio.made) timer.cancel();
            asio.io.run(); // its cancelled handlers are called
            return many;
        }));
    made.add(Who::peer, "libuv uv_timer", timed<Uv>([&](Uv& uv) {
                 for (std::size_t i = 0; i < many; ++i) {
                     uv_timer_init(&uv.loop, &uv.made[i]);
                     uv_timer_start(
                         &uv.made[i], [](uv_timer_t*) {},
                         3'600'000 + static_cast<std::uint64_t>(times[i].count() / 1'000'000), 0);
                 }
                 for (auto& timer : uv.made) uv_timer_stop(&timer);
                 return many;
             }));
    made.run();
}

// What is told of timers that fired: lateness in microseconds, median and p99; processor time for each.
std::vector<Sample> lateness(std::vector<std::int64_t>& late, double cpu) {
    std::ranges::sort(late);
    const auto at = [&](double part) {
        const auto place = static_cast<std::size_t>(part * static_cast<double>(late.size() - 1));
        return static_cast<double>(late[place]) / 1e3;
    };
    const double each = cpu * 1e6 / static_cast<double>(late.size());
    return {{at(0.5), each}, {at(0.99), each}, {each, each}};
}

// The first is due when all have been made.
constexpr std::chrono::milliseconds lead{1200};

std::vector<Sample> fire_ours(const std::vector<nanoseconds>& times) {
    std::vector<std::int64_t> late(times.size());
    std::atomic<std::size_t> fired = 0;
    Ours ours;
    const auto base = Clock::now() + lead;
    for (const auto time : times) {
        const auto due = base + time;
        ours.timers.after(due - Clock::now(), [due, &late, &fired] {
            late[fired.fetch_add(1, std::memory_order_relaxed)] = (Clock::now() - due).count();
        });
    }
    std::this_thread::sleep_until(base - std::chrono::milliseconds(1));
    const double cpu = cpu_seconds();
    std::this_thread::sleep_until(base + std::chrono::seconds(2));
    while (ours.timers.size() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return lateness(late, cpu_seconds() - cpu);
}

std::vector<Sample> fire_asio(const std::vector<nanoseconds>& times) {
    std::vector<std::int64_t> late;
    late.reserve(times.size());
    Asio asio;
    const auto base = Clock::now() + lead;
    for (const auto time : times) {
        const auto due = base + time;
        asio.made.emplace_back(asio.io, due).async_wait([due, &late](const auto&) {
            late.push_back((Clock::now() - due).count());
        });
    }
    std::this_thread::sleep_until(base - std::chrono::milliseconds(1));
    const double cpu = cpu_seconds();
    asio.io.run();
    return lateness(late, cpu_seconds() - cpu);
}

// libuv counts whole milliseconds: the next one after what was asked for.
std::vector<Sample> fire_uv(const std::vector<nanoseconds>& times) {
    struct Timer {
        uv_timer_t handle;
        Clock::time_point due;
        std::vector<std::int64_t>* late;
    };
    std::vector<std::int64_t> late;
    late.reserve(times.size());
    std::vector<Timer> made(times.size());
    uv_loop_t loop;
    uv_loop_init(&loop);
    const auto base = Clock::now() + lead;
    for (std::size_t i = 0; i < times.size(); ++i) {
        made[i].due = base + times[i];
        made[i].late = &late;
        made[i].handle.data = &made[i];
        uv_timer_init(&loop, &made[i].handle);
        uv_update_time(&loop);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(made[i].due - Clock::now());
        uv_timer_start(
            &made[i].handle,
            [](uv_timer_t* handle) {
                const auto& timer = *static_cast<Timer*>(handle->data);
                timer.late->push_back((Clock::now() - timer.due).count());
            },
            static_cast<std::uint64_t>(left.count()) + 1, 0);
    }
    std::this_thread::sleep_until(base - std::chrono::milliseconds(1));
    const double cpu = cpu_seconds();
    uv_run(&loop, UV_RUN_DEFAULT);
    const double used = cpu_seconds() - cpu;
    uv_loop_close(&loop);
    return lateness(late, used);
}

void fire_rows(int count, const std::string& number, int rounds) {
    const auto times = spread(count);
    const std::string what = number + " timers fired over 2 s: ";
    Comparison fired({what + "lateness, median, us", what + "lateness, p99, us", what + "processor, us each"},
                     rounds);
    fired.add(Who::ours, "offstage::Timers", [&] { return fire_ours(times); });
    fired.add(Who::peer, "asio steady_timer", [&] { return fire_asio(times); });
    fired.add(Who::other, "libuv uv_timer, whole ms", [&] { return fire_uv(times); });
    fired.run();
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
    bench::cancel_rows(rounds);
    bench::fire_rows(10'000, "10,000", 5 < rounds ? 5 : rounds);
    bench::fire_rows(bench::many, "1,000,000", 5 < rounds ? 5 : rounds);
}
