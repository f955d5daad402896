// A recursive lock: its holder may lock it again, where an ordinary one says that it would wait for itself.
#include "offstage/base/error.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/recursive_mutex.hpp"

#include <cstdio>
#include <mutex>

template <class Lock>
int countdown(Lock& lock, int n) {
    const std::lock_guard own(lock);
    std::printf("%d\n", n);
    return n == 1 ? 1 : countdown(lock, n - 1);
}

int main() {
    offstage::RecursiveMutex recursive;
    countdown(recursive, 3);
    offstage::Mutex plain;
    try {
        countdown(plain, 2);
    } catch (const offstage::Error& error) {
        std::puts(error.what());
    }
}
