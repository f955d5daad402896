#include "offstage/executor/stop_signals.hpp"

#include "offstage/executor/snapshot.hpp"

#include <csignal>
#include <cstdio>
#include <string>
#include <unistd.h>

namespace offstage {

StopSignals::StopSignals() : thread_({SIGINT, SIGTERM, SIGQUIT}, [this](int signal) { heard(signal); }) {}

void StopSignals::heard(int signal) {
    if (signal == SIGQUIT) {
        const std::string text = dump();
        std::fwrite(text.data(), 1, text.size(), stderr);
        return;
    }
    if (signal_.load(std::memory_order_relaxed) != 0) {
        // No destructor, no flush: whoever asks twice wants no more waiting.
        constexpr char text[] = "offstage: a second signal ends the process at once\n";
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof text - 1);
        ::_exit(128 + signal);
    }
    signal_.store(signal, std::memory_order_relaxed);
    // In this order: whoever wait() lets go on finds the token asked.
    stop_.request_stop();
    came_.set();
}

} // namespace offstage
