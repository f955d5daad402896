// A named thread that is told to stop and then waited for; never detached, never lost.
//
//   Thread                 owns one running thread, its stop source and its name
//   set_uncaught_handler   hears the exceptions that leave a thread's function
//   this_thread_name       what the calling thread is called
//   keep_exact_time        for threads that others set their clocks by
//
// An exception that leaves a thread's function goes to the uncaught handler. The default prints the thread's
// name and what() and aborts: nobody else would ever hear of it, and what the thread was there for is no
// longer done. Whoever has a better place for it (a runtime's error sink) catches it before, or sets a
// handler, after which the thread ends as if it had returned.
//
// Threads: a Thread object is for one thread at a time, save request_stop() and get_stop_token(), which any
// may call. The function runs to its end before the object is gone.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/base/wait_status.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace offstage::sys {

class Thread {
public:
    /// No thread.
    Thread() noexcept = default;
    /// Starts `body` in a new thread; the kernel sees the first 15 bytes of `name`. The stop token is ours.
    /// Throws Error full when the system has no room for another thread.
    Thread(std::string name, std::function<void(std::stop_token)> body);
    /// Requests stop, then joins, saying every 10 s on stderr for whom it waits.
    ~Thread();
    Thread(Thread&&) noexcept = default;
    /// Ends what it held as the destructor does.
    Thread& operator=(Thread&& other) noexcept;

    /// True when this call was the first to ask.
    bool request_stop() noexcept;
    std::stop_token get_stop_token() const noexcept;

    /// Whether it holds a thread that was not joined yet, ended or not.
    bool joinable() const noexcept { return state_ != nullptr; }
    std::string_view name() const noexcept;

    /// Waits until the function has returned and the thread is gone: ok; stopped or timed_out where that came
    /// first, and the thread is as joinable as before. (Past its function's end a thread still runs its
    /// thread_local destructors, which no deadline cuts short.) REQUIRES: joinable(), and not called by the
    /// thread itself (checked).
    WaitStatus join(std::stop_token stop = {}, Deadline deadline = Deadline::never());

private:
    struct State;
    static void* run(void* state) noexcept;
    void end() noexcept;
    std::shared_ptr<State> state_; // shared with the thread: either may be the last to need it
};

/// Hears an exception that left the function of the thread so named, in that thread.
using UncaughtHandler = std::function<void(std::string_view thread, std::exception_ptr error)>;

/// Sets the process-wide handler and returns the one before; an empty one stands for the default.
/// Thread-safe. The handler must not throw.
UncaughtHandler set_uncaught_handler(UncaughtHandler handler);

/// What this thread was named, in full; for a thread that is not ours what the kernel calls it. Valid until
/// it ends.
std::string_view this_thread_name() noexcept;

/// From now on the calling thread's waits end within microseconds of their deadlines. The kernel otherwise
/// lets them be some 50 us late, so that it can wake several at once: right for all that only gives up then,
/// wrong for who keeps time for others.
void keep_exact_time() noexcept;

} // namespace offstage::sys
