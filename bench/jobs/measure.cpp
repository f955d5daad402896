#include "bench/jobs/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sys/resource.h>
#include <vector>

namespace bench {
namespace {

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace

Measured measure(int runs, const std::function<void()>& prepare, const std::function<long()>& body) {
    struct Run {
        double rate;
        double cpu_us;
    };
    std::vector<Run> all;
    for (int run = 0; run <= runs; ++run) {
        prepare();
        const double cpu = cpu_seconds();
        const auto start = std::chrono::steady_clock::now();
        const auto things = static_cast<double>(body());
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        if (run > 0) all.push_back({things / took.count(), (cpu_seconds() - cpu) / things * 1e6});
    }
    std::ranges::sort(all, {}, &Run::rate);
    const Run& median = all[all.size() / 2];
    return {median.rate, all.front().rate, all.back().rate, median.cpu_us};
}

void print(std::string_view what, const Measured& measured, const Measured* base) {
    std::printf("%-58.*s %9.0f /s  (%7.0f .. %7.0f)  %6.2f us cpu", static_cast<int>(what.size()),
                what.data(), measured.rate, measured.min, measured.max, measured.cpu_us);
    if (base != nullptr) std::printf("   %.2f x", measured.rate / base->rate);
    std::printf("\n");
    std::fflush(stdout);
}

double peak_mib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

} // namespace bench
