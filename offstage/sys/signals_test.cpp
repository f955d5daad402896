#include "offstage/sys/signals.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"

#include <atomic>
#include <csignal>
#include <gtest/gtest.h>
#include <vector>

namespace offstage::sys {
namespace {

TEST(SignalThread, GivesEachSignalToTheFunctionInAThreadOfItsOwn) {
    Parker& here = Parker::current();
    std::atomic<int> heard = 0;
    SignalThread signals({SIGUSR1, SIGUSR2}, [&](int signal) {
        EXPECT_NE(&Parker::current(), &here);
        heard += signal;
        here.unpark();
    });
    std::raise(SIGUSR1);
    std::raise(SIGUSR2);
    while (heard != SIGUSR1 + SIGUSR2) here.park();
}

TEST(SignalThread, PutsBackWhatWasDoneBefore) {
    static std::atomic<int> before = 0;
    std::signal(SIGUSR1, [](int) { ++before; });
    {
        const SignalThread signals({SIGUSR1}, [](int) {});
    }
    std::raise(SIGUSR1);
    EXPECT_EQ(before, 1);
    std::signal(SIGUSR1, SIG_DFL);
}

TEST(SignalThread, RefusesWhatCannotBeHeard) {
    EXPECT_THROW(SignalThread({SIGUSR1, SIGKILL}, [](int) {}), Error);
    const SignalThread another({SIGUSR1}, [](int) {}); // there is room for it again
}

} // namespace
} // namespace offstage::sys
