// Pools side by side: empty tasks from one and two outside threads into two workers, tasks that spawn tasks
// (fib 25), and a task whose answer is waited for. usage: bench_pools [RUNS]
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
void post_row(Table& table, int producers) {
    std::unique_ptr<Peer> peer;
    table.row(
        Peer::name, [&] { peer = std::make_unique<Peer>(); },
        [&] {
            const auto produce = [&] {
                peer->produce([&] {
                    for (long i = 0; i < empty_tasks / producers; ++i) peer->post([] {});
                });
            };
            std::vector<std::thread> others;
            for (int i = 1; i < producers; ++i) others.emplace_back(produce);
            produce();
            for (auto& other : others) other.join();
            peer->wait_all();
            return empty_tasks;
        });
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
void fib_row(Table& table) {
    std::unique_ptr<Peer> peer;
    std::atomic<long> leaves = 0;
    table.row(
        Peer::name,
        [&] {
            peer = std::make_unique<Peer>();
            leaves = 0;
        },
        [&] {
            peer->produce([&] { peer->post(Fib<Peer>{peer.get(), &leaves, fib_of}); });
            peer->wait_all();
            if (leaves != 121'393) {
                std::fprintf(stderr, "%s lost tasks: %ld leaves\n", Peer::name, leaves.load());
                std::exit(1);
            }
            return fib_tasks(fib_of);
        });
}

template <class Peer>
void round_trip_row(Table& table) {
    std::unique_ptr<Peer> peer;
    table.row(
        Peer::name, [&] { peer = std::make_unique<Peer>(); },
        [&] {
            long sum = 0;
            for (long i = 0; i < round_trips; ++i) sum += peer->round_trip([] { return 1; });
            return sum;
        });
}

template <class... Peers>
void all(int runs) {
    for (const int producers : {1, 2}) {
        Table table(producers == 1 ? "empty tasks, 1 producer" : "empty tasks, 2 producers", runs);
        (post_row<Peers>(table, producers), ...);
        table.print();
    }
    Table fib("tasks that spawn tasks (fib 25)", runs);
    (fib_row<Peers>(fib), ...);
    fib.print();
    Table trips("submit and wait", runs);
    (round_trip_row<Peers>(trips), ...);
    trips.print();
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const int runs = argc > 1 ? std::atoi(argv[1]) : 5;
    bench::all<bench::Ours, bench::Plain, bench::Asio, bench::TbbEnqueue, bench::TbbGroup>(runs);
}
