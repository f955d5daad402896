#include "offstage/executor/stop_signals.hpp"

#include "offstage/executor/runtime.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace offstage {
namespace {

using namespace std::chrono_literals;

TEST(StopSignals, TheFirstOneAsksForAStop) {
    StopSignals signals;
    EXPECT_EQ(signals.wait({}, sys::deadline_after(1ms)), WaitStatus::timed_out);
    EXPECT_EQ(signals.signal(), 0);
    std::raise(SIGTERM);
    EXPECT_EQ(signals.wait(), WaitStatus::ok);
    Event never;
    EXPECT_EQ(never.wait(signals.token()), WaitStatus::stopped);
    EXPECT_EQ(signals.signal(), SIGTERM);
}

TEST(StopSignals, WhoWaitedFindsTheTokenAsked) {
    StopSignals signals;
    auto waited = WaitStatus::ok;
    Event told;
    const std::stop_callback follows(signals.token(), [&] {
        waited = signals.wait({}, Deadline::past());
        told.set();
    });
    std::raise(SIGINT);
    told.wait();
    EXPECT_EQ(waited, WaitStatus::timed_out) << "wait() ends before the token's followers were told";
    EXPECT_EQ(signals.wait(), WaitStatus::ok);
    EXPECT_TRUE(signals.token().stop_requested());
}

TEST(StopSignalsDeathTest, TheSecondOneEndsTheProcessAtOnce) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            StopSignals signals;
            std::raise(SIGINT);
            signals.wait();
            std::raise(SIGINT);
            Event never;
            never.wait();
        },
        testing::ExitedWithCode(128 + SIGINT), "a second signal");
}

TEST(StopSignalsDeathTest, SigquitPrintsWhatEveryThreadIsDoingAndGoesOn) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            Event begun;
            Event never;
            StopSignals signals;
            Runtime runtime{{.workers = 1}};
            auto reader = runtime.background("reader", [&](const std::stop_token& stop) {
                begun.set();
                never.wait(stop);
            });
            begun.wait();
            while (runtime.snapshot().threads.back().waits_on.find("Event") == std::string::npos)
                std::this_thread::yield();
            std::raise(SIGQUIT);
            std::raise(SIGTERM);
            signals.wait();
            runtime.shutdown(Deadline::never());
            std::_Exit(0);
        },
        testing::ExitedWithCode(0), "reader: reader for .*, waits on Event at 0x.* \\(wait\\) for ");
}

} // namespace
} // namespace offstage
