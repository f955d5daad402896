// Ctrl-C, kill and Ctrl-\ as a program with threads wants them.
//
//   SIGINT, SIGTERM    the first asks for a stop: the token; the second ends the process at once
//   SIGQUIT            prints what every thread is doing (dump), and the program goes on
//
//   StopSignals signals;                          // first in main
//   Runtime runtime;
//   ...
//   signals.wait();                               // until somebody wants us to stop
//   runtime.shutdown(sys::deadline_after(10s));
//
// One at a time in a process (checked). Threads: all calls from any thread.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sys/signals.hpp"

#include <atomic>
#include <stop_token>

namespace offstage {

class StopSignals {
public:
    /// Throws Error(io) where the system has no descriptors or threads left.
    StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// Asked to stop by the first signal.
    std::stop_token token() const noexcept { return stop_.get_token(); }
    /// Blocks until the first signal, when all that follows the token has been told: ok; else stopped or
    /// timed_out.
    WaitStatus wait(std::stop_token stop = {}, Deadline deadline = Deadline::never()) {
        return came_.wait(stop, deadline);
    }
    /// The first one; 0 where none came yet.
    int signal() const noexcept { return signal_.load(std::memory_order_relaxed); }

private:
    void heard(int signal);

    std::stop_source stop_;
    std::atomic<int> signal_{0}; // a number to be told; the token and the event order everything else
    Event came_;
    sys::SignalThread thread_; // last: uses the others
};

} // namespace offstage
