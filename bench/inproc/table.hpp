// Takes the rows of a comparison and prints them with the ratio to the first, which is ours.
#pragma once

#include "bench/jobs/measure.hpp"

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace bench {

class Table {
public:
    Table(const char* title, int runs) : title_(title), runs_(runs) {}

    /// `body` does `things` and is timed as a whole; `prepare` is not.
    template <class Prepare, class Body>
    void row(const char* name, Prepare prepare, Body body) {
        rows_.emplace_back(name, measure(runs_, prepare, body));
    }
    void print() const {
        std::printf("\n%s, median of %d\n", title_, runs_);
        const double ours = 1e9 / rows_.front().second.rate;
        for (const auto& [name, measured] : rows_) {
            const double ns = 1e9 / measured.rate;
            std::printf("  %-34s %10.1f ns  (%9.1f .. %9.1f)  %8.3f us cpu  ours / this %.2f\n", name, ns,
                        1e9 / measured.max, 1e9 / measured.min, measured.cpu_us, ours / ns);
        }
        std::fflush(stdout);
    }

private:
    const char* title_;
    int runs_;
    std::vector<std::pair<const char*, Measured>> rows_;
};

} // namespace bench
