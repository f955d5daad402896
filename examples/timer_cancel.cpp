// A timer cancelled before it fires, and one cancelled after: cancel() says which it was.
#include "offstage/executor/runtime.hpp"
#include "offstage/sync/event.hpp"

#include <chrono>
#include <cstdio>

int main() {
    using namespace std::chrono_literals;
    using offstage::TimerCancel;
    offstage::Event rang;
    offstage::Runtime runtime{{.workers = 1}};
    auto later = runtime.timers().after(1h, [] { std::puts("never printed"); });
    if (later.cancel() == TimerCancel::cancelled) std::puts("the first was cancelled in time");

    auto soon = runtime.timers().after(1ms, [&] {
        std::puts("the second rings");
        rang.set();
    });
    rang.wait();
    soon.cancel_and_wait();
    if (soon.cancel() == TimerCancel::fired) std::puts("the second had fired");
}
