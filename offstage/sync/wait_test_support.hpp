// For the tests of sync and of what stands on it: threads that surely wait, tokens and deadlines of every
// kind.
#pragma once

#include "offstage/sync/wait_status.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <stop_token>
#include <utility>

namespace offstage::testing {

using namespace std::chrono_literals;

/// One blocking call, given what may end it.
using WaitCall = std::function<WaitStatus(std::stop_token, Deadline)>;

inline std::stop_token stopped_token() {
    std::stop_source source;
    source.request_stop();
    return source.get_token();
}

/// Proves of a call that would wait for ever: each stop and each deadline ends it, and says which it was.
inline void expect_endable(const WaitCall& call) {
    EXPECT_EQ(call({}, Deadline::past()), WaitStatus::timed_out);
    EXPECT_EQ(call({}, SteadyTime{}), WaitStatus::timed_out);
    EXPECT_EQ(call({}, sys::steady_now()), WaitStatus::timed_out);
    EXPECT_EQ(call({}, sys::steady_now() - 1h), WaitStatus::timed_out);
    const Deadline soon = sys::deadline_after(3ms);
    EXPECT_EQ(call({}, soon), WaitStatus::timed_out);
    EXPECT_GE(sys::steady_now(), soon.when());
    EXPECT_EQ(call(stopped_token(), Deadline::never()), WaitStatus::stopped);
    EXPECT_EQ(call(stopped_token(), sys::deadline_after(1h)), WaitStatus::stopped);
    for (const Deadline deadline :
         {Deadline::never(), Deadline(SteadyTime::max() - 1ns), sys::deadline_after(1h)}) {
        std::stop_source source;
        WaitStatus ended = WaitStatus::ok;
        sys::Thread waiter("waiter", [&](std::stop_token) { ended = call(source.get_token(), deadline); });
        source.request_stop(); // before it waits, while it does so, or in between: all are the same to it
        waiter.join();
        EXPECT_EQ(ended, WaitStatus::stopped);
    }
}

/// Proves of a call whose wait is over already: no stop and no deadline keeps it from saying so.
inline void expect_ok_at_once(const WaitCall& call) {
    EXPECT_EQ(call({}, Deadline::never()), WaitStatus::ok);
    EXPECT_EQ(call({}, Deadline::past()), WaitStatus::ok);
    EXPECT_EQ(call({}, sys::steady_now()), WaitStatus::ok);
    EXPECT_EQ(call(stopped_token(), Deadline::never()), WaitStatus::ok);
    EXPECT_EQ(call(stopped_token(), Deadline::past()), WaitStatus::ok);
}

} // namespace offstage::testing
