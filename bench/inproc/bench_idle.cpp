// What waiting costs: 4 workers, 1,000 timers an hour away and 100 blocked tasks, for one second; and how
// long after a stop request the last of 1,000 waiting tasks has ended. usage: bench_idle [ROUNDS]
#include "bench/inproc/table.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/latch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

void wait_until_waiting(offstage::Runtime& runtime, unsigned tasks) {
    while (runtime.pool().stats().waiting < tasks) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

struct Memory {
    double all, stacks; // KiB in use
};

// Of the process now: everything resident, and what of it are the stacks of threads.
Memory memory() {
    Memory used{};
    std::ifstream maps("/proc/self/smaps");
    bool stack = false;
    for (std::string line; std::getline(maps, line);) {
        // A mapping's head begins with its range in small hexadecimal; a thread's stack is one of 8 MiB.
        if (line.find('-') < 20 && line.find(':') > line.find('-')) {
            const auto end = line.find(' ');
            const auto dash = line.find('-');
            const auto size = std::stoull(line.substr(dash + 1, end - dash - 1), nullptr, 16) -
                              std::stoull(line.substr(0, dash), nullptr, 16);
            stack = size == 8u << 20;
        } else if (line.starts_with("Rss:")) {
            const double kib = std::stod(line.substr(4));
            used.all += kib;
            if (stack) used.stacks += kib;
        }
    }
    return used;
}

void idle() {
    offstage::Event never;
    const Memory before = memory();
    offstage::Runtime runtime{{.workers = 4, .max_threads = 110}};
    for (int i = 0; i < 1000; ++i) runtime.timers().after(std::chrono::hours(1), [] {});
    for (int i = 0; i < 100; ++i) runtime.post([&](const std::stop_token& stop) { never.wait(stop); });
    wait_until_waiting(runtime, 100);
    const Memory now = memory();
    std::vector<Sample> used;
    for (int second = 0; second < 5; ++second) {
        const double cpu = cpu_seconds();
        std::this_thread::sleep_for(std::chrono::seconds(1));
        used.push_back({(cpu_seconds() - cpu) * 1e6, (cpu_seconds() - cpu) * 1e6});
    }
    print_line("4 workers, 1,000 timers an hour away, 100 blocked tasks: processor, us a second",
               "offstage::Runtime", used);
    const double beyond = (now.all - before.all - now.stacks) / 1024;
    print_line("the same: MiB beyond the stacks (goal: 5)", "offstage::Runtime", {{beyond, 0}});
    print_line("the same: MiB of the stacks", "offstage::Runtime", {{now.stacks / 1024, 0}});
}

void stop(int rounds) {
    constexpr int tasks = 1000;
    std::vector<Sample> last_gone, shut_down;
    for (int round = 0; round < rounds; ++round) {
        offstage::Event never;
        offstage::Latch gone(tasks);
        offstage::Runtime runtime{{.workers = 4, .max_threads = tasks + 10}};
        for (int i = 0; i < tasks; ++i)
            runtime.post([&](const std::stop_token& stop) {
                never.wait(stop);
                gone.count_down();
            });
        wait_until_waiting(runtime, tasks);
        const double cpu = cpu_seconds();
        const auto start = Clock::now();
        const auto since = [&] {
            return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
        };
        offstage::sys::Thread watch("watch", [&](const std::stop_token&) {
            gone.wait();
            last_gone.push_back({since(), (cpu_seconds() - cpu) * 1e3});
        });
        const auto report = runtime.shutdown(offstage::Deadline::never());
        shut_down.push_back({since(), (cpu_seconds() - cpu) * 1e3});
        watch.join();
        if (report.finished != tasks) std::exit(1);
    }
    const auto p99 = [](std::vector<Sample> samples) {
        std::ranges::sort(samples, {}, &Sample::value);
        return samples[samples.size() * 99 / 100];
    };
    const std::string head =
        "stop of 1,000 waiting tasks, " + std::to_string(rounds) + " times: ms from the request ";
    print_line(head + "until the last has ended", "offstage::Runtime", last_gone);
    print_line(head + "until the last has ended, p99", "offstage::Runtime", {p99(last_gone)});
    print_line(head + "to the report, its thread gone", "offstage::Runtime", shut_down);
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
    bench::idle();
    bench::stop(rounds < 7 ? rounds : 100);
}
