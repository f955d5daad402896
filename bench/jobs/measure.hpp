// Runs something several times and tells the median, the extremes, the processor time and the peak memory.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace bench {

struct Measured {
    double rate = 0; ///< things a second, median
    double min = 0, max = 0;
    double cpu_us = 0; ///< processor time for each thing, of the median run, all threads
};

/// One warm-up, then `runs` runs. `body` gives how many things it did; `prepare` is not timed.
Measured measure(int runs, const std::function<void()>& prepare, const std::function<long()>& body);

/// One line: what, the rate, its extremes, processor time, and the ratio to `base` where there is one.
void print(std::string_view what, const Measured& measured, const Measured* base = nullptr);

/// Peak memory of the process so far, in MiB.
double peak_mib();

} // namespace bench
