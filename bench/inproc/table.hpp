// Ours beside its peers. In each round every contestant runs once, in turn, so that whatever disturbs the
// machine disturbs all alike; one round of warm-up is not counted.
//
//   Comparison   one thing that is measured: its contestants, and a line of the table for each
//   timed        a contestant that is timed as a whole
//
// The columns: the median of the rounds, the least and the most; processor time of all threads, of the
// median round; the ratio to the best peer, and to the best of all that is not ours.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Who is measured. A `peer` keeps the promises that ours keeps here; an `other` does not (it is unbounded,
/// or lets the waiting caller do the work), and shows what they cost.
enum class Who { ours, peer, other };

/// One round's figure, in the unit of the comparison, and the processor time in the same one.
struct Sample {
    double value, cpu;
};

/// Processor time of the process so far, all threads.
double cpu_seconds();

class Comparison {
public:
    /// `parts`: what is told of each round, one section of the table each. `goal`: how many times the best of
    /// all ours may be; 0 for no such goal.
    Comparison(std::vector<std::string> parts, int rounds, double goal = 1.5);

    /// `round` measures once, from nothing to nothing, and gives a sample for each of the parts.
    void add(Who who, std::string name, std::function<std::vector<Sample>()> round);

    /// Measures all and prints.
    void run() const;

private:
    struct Contestant {
        Who who;
        std::string name;
        std::function<std::vector<Sample>()> round;
    };
    std::vector<std::string> parts_;
    int rounds_;
    double goal_;
    std::vector<Contestant> contestants_;
};

/// A round that makes a State, is timed over `body(state)`, which answers how many things it did, and lets
/// the state go. In nanoseconds for each thing.
template <class State, class Body>
std::function<std::vector<Sample>()> timed(Body body) {
    return [body]() -> std::vector<Sample> {
        const auto state = std::make_unique<State>();
        const double cpu = cpu_seconds();
        const auto start = std::chrono::steady_clock::now();
        const auto things = static_cast<double>(body(*state));
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
        return {{took.count() / things, (cpu_seconds() - cpu) * 1e9 / things}};
    };
}

/// A line for a figure that has no peers.
void print_line(const std::string& part, const std::string& name, std::vector<Sample> samples);

} // namespace bench
