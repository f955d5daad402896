// What waiting costs: 4 workers, 1,000 timers an hour away and 100 blocked tasks, for one second; and how
// long after a stop request the last of 1,000 waiting tasks has ended. usage: bench_idle [RUNS]
#include "bench/jobs/measure.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/sync/event.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
    using Clock = std::chrono::steady_clock;
    const int runs = argc > 1 ? std::atoi(argv[1]) : 5;
    {
        offstage::Event never;
        const double before = bench::peak_mib();
        offstage::Runtime runtime{{.workers = 4, .max_threads = 110}};
        for (int i = 0; i < 1000; ++i) runtime.timers().after(std::chrono::hours(1), [] {});
        for (int i = 0; i < 100; ++i) runtime.post([&](const std::stop_token& stop) { never.wait(stop); });
        while (runtime.pool().stats().waiting < 100)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const std::clock_t cpu = std::clock();
        std::this_thread::sleep_for(std::chrono::seconds(1));
        std::printf("idle: %.3f ms of processor a second, %.1f MiB with the stacks that are touched\n",
                    1e3 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC,
                    bench::peak_mib() - before);
    }
    std::vector<double> milliseconds;
    for (int run = 0; run < std::max(runs, 5); ++run) {
        offstage::Event never;
        offstage::Runtime runtime{{.workers = 4, .max_threads = 1010}};
        for (int i = 0; i < 1000; ++i) runtime.post([&](const std::stop_token& stop) { never.wait(stop); });
        while (runtime.pool().stats().waiting < 1000)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const auto start = Clock::now();
        const auto report = runtime.shutdown(offstage::Deadline::never());
        milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        if (report.finished != 1000) return 1;
    }
    std::ranges::sort(milliseconds);
    std::printf("stop of 1,000 waiting tasks: median %.1f ms, slowest %.1f ms of %zu\n",
                milliseconds[milliseconds.size() / 2], milliseconds.back(), milliseconds.size());
}
