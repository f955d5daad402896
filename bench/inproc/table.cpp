#include "bench/inproc/table.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <sys/resource.h>
#include <thread>

namespace bench {
namespace {

struct Line {
    Sample median;
    double least, most;
};

Line summarize(std::vector<Sample>& samples) {
    std::ranges::sort(samples, {}, &Sample::value);
    return {samples[samples.size() / 2], samples.front().value, samples.back().value};
}

void print(const std::string& name, const Line& line) {
    std::printf("  %-36s %10.1f %10.1f %10.1f %10.2f", name.c_str(), line.median.value, line.least, line.most,
                line.median.cpu);
}

} // namespace

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Comparison::Comparison(std::vector<std::string> parts, int rounds, double goal)
    : parts_(std::move(parts)), rounds_(rounds), goal_(goal) {}

void Comparison::add(Who who, std::string name, std::function<std::vector<Sample>()> round) {
    contestants_.push_back({who, std::move(name), std::move(round)});
}

void Comparison::run() const {
    // Of each contestant, of each part: its rounds.
    std::vector all(contestants_.size(), std::vector<std::vector<Sample>>(parts_.size()));
    for (int round = -1; round < rounds_; ++round)
        for (std::size_t i = 0; i < contestants_.size(); ++i) {
            const auto samples = contestants_[i].round();
            for (std::size_t part = 0; part < parts_.size() && round >= 0; ++part)
                all[i][part].push_back(samples[part]);
            // The threads of the one before have gone to sleep by then: oneTBB's outlive their arena.
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    for (std::size_t part = 0; part < parts_.size(); ++part) {
        std::vector<Line> lines;
        double best_peer = std::numeric_limits<double>::infinity();
        double best = best_peer;
        for (std::size_t i = 0; i < contestants_.size(); ++i) {
            lines.push_back(summarize(all[i][part]));
            if (contestants_[i].who == Who::ours) continue;
            best = std::min(best, lines.back().median.value);
            if (contestants_[i].who == Who::peer) best_peer = std::min(best_peer, lines.back().median.value);
        }
        std::printf("\n%s\n", parts_[part].c_str());
        for (std::size_t i = 0; i < contestants_.size(); ++i) {
            const double value = lines[i].median.value;
            print(contestants_[i].name, lines[i]);
            std::printf(" %10.2f %10.2f", value / best_peer, value / best);
            if (contestants_[i].who == Who::other) std::printf("   (other promises)");
            if (contestants_[i].who == Who::ours && goal_ > 0)
                std::printf("   %s",
                            value < best_peer && value <= goal_ * best ? "goal reached" : "goal missed");
            std::printf("\n");
        }
        std::fflush(stdout);
    }
}

void print_line(const std::string& part, const std::string& name, std::vector<Sample> samples) {
    std::printf("\n%s\n", part.c_str());
    print(name, summarize(samples));
    std::printf("\n");
    std::fflush(stdout);
}

} // namespace bench
