// Periodic training in the background: stopped in the middle of its wait for the next round, and started
// again.
#include "offstage/executor/runtime.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sys/clock.hpp"

#include <chrono>
#include <cstdio>

int main() {
    using namespace std::chrono_literals;
    offstage::Semaphore trained(0);
    offstage::Event never;
    int round = 0;
    offstage::Runtime runtime{{.workers = 1}};
    auto trainer = runtime.background("trainer", [&](const std::stop_token& stop) {
        do {
            std::printf("training, round %d\n", ++round);
            trained.release();
        } while (never.wait(stop, offstage::sys::deadline_after(1h)) == offstage::WaitStatus::timed_out);
        std::puts("stopped while it waited for the next round");
    });
    for (int start = 0; start < 2; ++start) {
        if (start > 0) trainer.start();
        if (trained.acquire() != offstage::WaitStatus::ok) return 1;
        trainer.stop();
        trainer.join();
    }
}
