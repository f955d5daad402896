// The threads that run what may block: handlers, sinks, sources. The event loop gives them work and never
// waits for them.
//
// A connection has at most one thing to do at a time, so a queue as long as there are connections is never
// full, and run() never blocks. Inside web/ only. Threads: run() all; the rest for the owner.
#pragma once

#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sys/thread.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace offstage::web {

class HandlerThreads {
public:
    /// `capacity` is the most that is ever queued at once.
    explicit HandlerThreads(std::size_t capacity) : jobs_(capacity) {}
    /// Runs what is queued, then joins.
    ~HandlerThreads() { finish(); }
    HandlerThreads(const HandlerThreads&) = delete;
    HandlerThreads& operator=(const HandlerThreads&) = delete;

    /// Throws Error full where the system has no room for so many threads.
    void start(std::size_t count);
    /// Runs `job` on one of the threads, in the order of coming. `job` must not throw.
    /// REQUIRES: fewer than `capacity` are queued.
    void run(std::function<void()> job);
    /// Runs what is queued, then joins. Once more does nothing.
    void finish();

private:
    BoundedQueue<std::function<void()>> jobs_;
    std::vector<sys::Thread> threads_;
};

} // namespace offstage::web
