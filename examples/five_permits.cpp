// Ten threads and five permits: never more than five are inside at once.
#include "offstage/sync/semaphore.hpp"
#include "offstage/sys/thread.hpp"

#include <atomic>
#include <cstdio>
#include <vector>

int main() {
    offstage::BoundedSemaphore permits(5);
    std::atomic<int> inside = 0, visits = 0, most = 0;
    {
        std::vector<offstage::sys::Thread> threads;
        for (int i = 0; i < 10; ++i)
            threads.emplace_back("visitor", [&](const std::stop_token&) {
                const auto permit = permits.permit();
                const int now = ++inside;
                for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                }
                ++visits;
                --inside;
            });
        for (auto& thread : threads) thread.join();
    }
    std::printf("%d visits, never more than 5 at once: %s\n", visits.load(), most <= 5 ? "yes" : "no");
    std::printf("%zu permits are back\n", permits.available());
}
