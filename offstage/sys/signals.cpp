#include "offstage/sys/signals.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace offstage::sys {

namespace {

// What the handler writes to: it may use nothing but lock-free atomics.
std::atomic<int> write_end{-1};
static_assert(std::atomic<int>::is_always_lock_free);
std::atomic<bool> in_use{false};

constexpr unsigned char the_end = 0; // no signal has this number

extern "C" void pass_on(int signal) {
    const int error = errno;
    const auto number = static_cast<unsigned char>(signal);
    // Not kept where the pipe is full: then 65,536 are waiting.
    [[maybe_unused]] const auto written = ::write(write_end.load(std::memory_order_relaxed), &number, 1);
    errno = error;
}

// The end to read from; the pipe is made with the first call.
int pipe_of_signals() {
    static const int read_end = [] {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw Error(Errc::io, std::string("no pipe to hear signals by: ") + std::strerror(errno));
        ::fcntl(ends[1], F_SETFL, O_NONBLOCK); // the handler must not wait
        write_end.store(ends[1], std::memory_order_relaxed);
        return ends[0];
    }();
    return read_end;
}

} // namespace

SignalThread::SignalThread(std::vector<int> signals, std::function<void(int)> heard) {
    const int read_end = pipe_of_signals();
    thread_ = Thread("signals", [read_end, heard = std::move(heard)](const std::stop_token&) {
        for (unsigned char signal = the_end;;) {
            const auto got = ::read(read_end, &signal, 1);
            if (got < 0 && errno == EINTR) continue;
            if (got != 1 || signal == the_end) return;
            heard(signal);
        }
    });
    OFFSTAGE_CHECK(!in_use.exchange(true), "a process has one SignalThread at a time");
    struct ::sigaction action = {};
    action.sa_handler = pass_on;
    action.sa_flags = SA_RESTART;
    for (const int signal : signals) {
        Before before{signal, {}};
        if (::sigaction(signal, &action, &before.action) != 0) {
            const std::string why = std::strerror(errno);
            end();
            throw Error(Errc::invalid_argument,
                        "signal " + std::to_string(signal) + " cannot be heard: " + why);
        }
        before_.push_back(before);
    }
}

SignalThread::~SignalThread() {
    end();
}

void SignalThread::end() noexcept {
    for (const Before& before : before_) ::sigaction(before.signal, &before.action, nullptr);
    ::pollfd room{write_end.load(std::memory_order_relaxed), POLLOUT, 0};
    while (::write(room.fd, &the_end, 1) != 1) ::poll(&room, 1, -1); // full: the thread is at it
    thread_.join();
    in_use.store(false);
}

} // namespace offstage::sys
