// Hears the process's signals in a thread of its own, where anything may be done: locks, memory, streams.
//
// The handler that the kernel calls only writes the signal's number into a pipe, so that it matters neither
// which thread is interrupted nor what that one holds. The pipe is never closed: a handler may be at it in
// any thread. Interrupted system calls are restarted (SA_RESTART). Signals that come faster than they are
// heard are kept, up to the pipe's 64 KiB.
//
// One at a time in a process (checked). Threads: made and destroyed by any; the function runs in its own.
#pragma once

#include "offstage/sys/thread.hpp"

#include <csignal>
#include <functional>
#include <vector>

namespace offstage::sys {

class SignalThread {
public:
    /// From now on each of `signals` is given to `heard`, one after the other. Throws Error(io) where the
    /// system has no descriptors or threads left, Error(invalid_argument) for a signal that cannot be heard.
    SignalThread(std::vector<int> signals, std::function<void(int)> heard);
    /// What was done with them before is done again. Waits for `heard`.
    ~SignalThread();
    SignalThread(const SignalThread&) = delete;
    SignalThread& operator=(const SignalThread&) = delete;

private:
    struct Before {
        int signal;
        struct ::sigaction action;
    };
    void end() noexcept;

    std::vector<Before> before_;
    Thread thread_;
};

} // namespace offstage::sys
