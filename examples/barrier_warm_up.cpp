// A barrier for a warm-up: nobody begins before everybody is ready.
#include "offstage/sync/barrier.hpp"
#include "offstage/sys/thread.hpp"

#include <atomic>
#include <cstdio>
#include <vector>

int main() {
    std::atomic<int> ready = 0;
    offstage::Barrier start(3, [&] { std::printf("all %d are ready\n", ready.load()); });
    std::vector<offstage::sys::Thread> threads;
    for (int i = 1; i <= 3; ++i)
        threads.emplace_back("model", [&, i](const std::stop_token& stop) {
            std::printf("model %d is loaded\n", i);
            ++ready;
            if (!start.arrive_and_wait(stop)) return;
            std::printf("model %d runs, and %d were ready\n", i, ready.load());
        });
    for (auto& thread : threads) thread.join();
}
