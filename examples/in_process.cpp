// In one process: a runtime with a background thread, a queue, a pool, a timer, and a shutdown that tells
// what it did.
#include "offstage/executor/runtime.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"

#include <iostream>
#include <tuple>

using namespace offstage;
using namespace std::chrono_literals;

int main() {
    BoundedQueue<int> numbers{64, Overflow::block}; // when full, push waits
    Runtime runtime{{.workers = 2, .on_error = log_errors}};

    auto counter = runtime.background("counter", [&](const std::stop_token& stop) {
        for (int i = 1; i <= 3; ++i) numbers.push(i, stop); // every wait can be stopped
        numbers.close();
    });
    while (auto n = numbers.pop()) // until it is closed and empty
        std::cout << "got " << *n << "\n";
    counter.join();

    Future<int> answer = runtime.submit([](int a, int b) { return a * b; }, 6, 7);
    std::cout << "the answer is " << answer.get({}, sys::deadline_after(5s)) << "\n";

    Timer reminder = runtime.timers().after(1h, [] { std::cout << "never printed\n"; });
    std::cout << (reminder.cancel() == TimerCancel::cancelled ? "cancelled in time" : "too late") << "\n";

    std::ignore = runtime.background("sleeper", [](const std::stop_token& stop) { Event().wait(stop); });
    std::cout << to_string(runtime.shutdown(sys::deadline_after(10s))) << "\n";
}
