// A producer in bursts and a consumer over a bounded pipe. An event ends the producer; what is inside is
// drained.
#include "offstage/executor/runtime.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"

#include <cstdio>

int main() {
    offstage::Event enough;
    offstage::BoundedQueue<int> pipe(4);
    int produced = 0, consumed = 0;
    offstage::Runtime runtime{{.workers = 1}};
    auto producer = runtime.background("producer", [&](const std::stop_token& stop) {
        while (!enough.is_set() && !stop.stop_requested())
            for (int burst = 0; burst < 10; ++burst) // more than the pipe holds: push waits for room
                if (pipe.push(produced, stop) == offstage::WaitStatus::ok) ++produced;
        pipe.close();
    });
    auto consumer = runtime.background("consumer", [&] {
        while (pipe.pop()) // until it is closed and empty
            if (++consumed == 25) enough.set();
    });
    producer.join();
    consumer.join();
    std::printf("whole bursts: %s\n", produced % 10 == 0 ? "yes" : "no");
    std::printf("nothing lost: %s\n", produced == consumed ? "yes" : "no");
}
