#include "apps/bookshop/signals.hpp"

#include "offstage/base/check.hpp"

#include <csignal>
#include <pthread.h>

namespace bookshop {

namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

} // namespace

StopSignals::StopSignals() {
    const sigset_t set = stop_signals();
    OFFSTAGE_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "the set is right");
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

int StopSignals::wait(std::stop_token stop) {
    // A stop is sent to this thread as a signal that cannot be taken for one of the two.
    sigset_t set = stop_signals();
    sigaddset(&set, SIGUSR1);
    sigset_t wake;
    sigemptyset(&wake);
    sigaddset(&wake, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &wake, nullptr);
    int signal = 0;
    {
        const pthread_t self = pthread_self();
        const std::stop_callback on_stop(std::move(stop), [self] { pthread_kill(self, SIGUSR1); });
        while (sigwait(&set, &signal) != 0) {
        }
    }
    if (signal == SIGUSR1) return 0;
    const sigset_t both = stop_signals();
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
    return signal;
}

} // namespace bookshop
