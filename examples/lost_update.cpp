// A lost update: two threads read a counter, both add one, both write. And its mending: a lock around the
// three.
#include "offstage/sync/barrier.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread.hpp"

#include <atomic>
#include <cstdio>
#include <functional>

void in_two_threads(const std::function<void()>& add_one) {
    const auto body = [&](const std::stop_token&) { add_one(); };
    offstage::sys::Thread first("first", body), second("second", body);
    first.join();
    second.join();
}

int main() {
    // Atomic, so that the loss is a wrong answer and not undefined; the barrier makes it happen every time.
    std::atomic<int> counter = 0;
    offstage::Barrier both_have_read(2);
    in_two_threads([&] {
        const int read = counter;
        (void)both_have_read.arrive_and_wait();
        counter = read + 1;
    });
    std::printf("without a lock: %d\n", counter.load());

    counter = 0;
    offstage::sys::Mutex mutex;
    in_two_threads([&] {
        const offstage::sys::MutexLock lock(mutex);
        const int read = counter;
        counter = read + 1;
    });
    std::printf("with a lock: %d\n", counter.load());
}
