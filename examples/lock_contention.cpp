// Two threads want one lock: one holds it, the other gives up at its deadline, and gets it later.
#include "offstage/sync/event.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <chrono>
#include <cstdio>
#include <mutex>

int main() {
    using namespace std::chrono_literals;
    using offstage::WaitStatus;
    offstage::Mutex ledger("ledger");
    offstage::Event held, tried;
    offstage::sys::Thread first("first", [&](const std::stop_token&) {
        const std::lock_guard own(ledger);
        std::puts("first: it is mine");
        held.set();
        tried.wait();
    });
    held.wait();
    if (ledger.lock({}, offstage::sys::deadline_after(1ms)) == WaitStatus::timed_out)
        std::puts("second: not within a millisecond");
    tried.set();
    if (ledger.lock() == WaitStatus::ok) std::puts("second: now it is mine");
    ledger.unlock();
}
