// Pools side by side: empty tasks from one and two outside threads into two workers, tasks that spawn tasks
// (fib 25), and a task whose answer is waited for: from outside, and by another task. usage: bench_pools
// [ROUNDS]
#include "bench/inproc/peers.hpp"
#include "bench/inproc/table.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace bench {
namespace {

constexpr long empty_tasks = 500'000;
constexpr long round_trips = 20'000;
constexpr int fib_of = 25;

constexpr long fib_tasks(int n) {
    return n < 2 ? 1 : 1 + fib_tasks(n - 1) + fib_tasks(n - 2);
}

template <class Peer>
void add_posts(Comparison& comparison, int producers) {
    comparison.add(Peer::who, Peer::name, timed<Peer>([producers](Peer& peer) {
                       const auto produce = [&] {
                           peer.produce([&] {
                               for (long i = 0; i < empty_tasks / producers; ++i) peer.post([] {});
                           });
                       };
                       std::vector<std::thread> others;
                       for (int i = 1; i < producers; ++i) others.emplace_back(produce);
                       produce();
                       for (auto& other : others) other.join();
                       peer.wait_all();
                       return empty_tasks;
                   }));
}

template <class Peer>
struct Fib {
    Peer* peer;
    std::atomic<long>* leaves;
    int n;
    void operator()() const {
        if (n < 2) {
            leaves->fetch_add(1, std::memory_order_relaxed);
            return;
        }
        peer->post(Fib{peer, leaves, n - 1});
        peer->post(Fib{peer, leaves, n - 2});
    }
};

template <class Peer>
void add_fib(Comparison& comparison) {
    comparison.add(Peer::who, Peer::name, timed<Peer>([](Peer& peer) {
                       std::atomic<long> leaves = 0;
                       peer.produce([&] { peer.post(Fib<Peer>{&peer, &leaves, fib_of}); });
                       peer.wait_all();
                       if (leaves != 121'393) {
                           std::fprintf(stderr, "%s lost tasks: %ld leaves\n", Peer::name, leaves.load());
                           std::exit(1);
                       }
                       return fib_tasks(fib_of);
                   }));
}

template <class Peer>
void add_round_trips(Comparison& comparison) {
    comparison.add(Peer::who, Peer::name, timed<Peer>([](Peer& peer) {
                       long sum = 0;
                       for (long i = 0; i < round_trips; ++i) sum += peer.round_trip([] { return 1; });
                       return sum;
                   }));
}

// The waiting thread is one of the pool's and runs what it waits for: ours in a task, TBB's caller in its
// arena.
void add_helped_trips(Comparison& comparison) {
    comparison.add(Who::ours, Ours::name, timed<Ours>([](Ours& ours) {
                       return ours.round_trip([&] {
                           int sum = 0;
                           for (long i = 0; i < round_trips; ++i) sum += ours.round_trip([] { return 1; });
                           return sum;
                       });
                   }));
    comparison.add(Who::peer, TbbGroup::name, timed<TbbGroup>([](TbbGroup& tbb) {
                       int sum = 0;
                       tbb.produce([&] {
                           for (long i = 0; i < round_trips; ++i) sum += tbb.round_trip([] { return 1; });
                       });
                       return sum;
                   }));
}

template <class... Peers>
void all(int rounds) {
    for (const int producers : {1, 2}) {
        Comparison posts({producers == 1 ? "empty tasks into 2 workers, 1 producer: ns each"
                                         : "empty tasks into 2 workers, 2 producers: ns each"},
                         rounds);
        (add_posts<Peers>(posts, producers), ...);
        add_posts<TbbGroup>(posts, producers);
        posts.run();
    }
    Comparison fib({"tasks that spawn tasks (fib 25): ns each"}, rounds);
    (add_fib<Peers>(fib), ...);
    add_fib<TbbGroup>(fib);
    fib.run();
    Comparison trips({"submit and wait, from outside: ns each"}, rounds);
    (add_round_trips<Peers>(trips), ...);
    trips.run();
    Comparison helped({"submit and wait, within the pool: ns each"}, rounds);
    add_helped_trips(helped);
    helped.run();
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
    bench::all<bench::Ours, bench::Plain, bench::Asio, bench::TbbEnqueue>(rounds);
}
