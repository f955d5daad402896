// What a shutdown did: the answer of Pool::shutdown and Runtime::shutdown. Values.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace offstage {

/// A task or thread that had not ended at the deadline.
struct StillRunning {
    std::string name;                 ///< "camera", or "task (shop.cpp:12)"
    std::chrono::nanoseconds since{}; ///< how long it has been running
    std::string waits_on;             ///< what it waits for; empty while it computes or waits elsewhere
};

struct ShutdownReport {
    std::size_t finished =
        0; ///< tasks and threads that came to their end while it went on; also those begun meanwhile
    std::size_t stopped = 0; ///< queued tasks, and due runs of timers, that it dropped; none cancelled before
    std::vector<StillRunning> still_running = {};

    /// Nothing runs any longer.
    bool complete() const noexcept { return still_running.empty(); }
};

/// "3 finished, 1 never begun; still running: camera for 12.0 s, waits on queue frames".
std::string to_string(const ShutdownReport& report);

} // namespace offstage
