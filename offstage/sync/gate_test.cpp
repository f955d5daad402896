#include "offstage/sync/gate.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <atomic>
#include <utility>
#include <vector>

namespace offstage {

using namespace testing;

TEST(Gate, LetsInUntilItIsClosed) {
    Gate gate;
    auto pass = gate.enter();
    ASSERT_TRUE(pass);
    EXPECT_EQ(gate.inside(), 1U);
    gate.close();
    gate.close();
    EXPECT_TRUE(gate.is_closed());
    EXPECT_FALSE(gate.enter());
    EXPECT_EQ(gate.inside(), 1U);
    pass.reset();
    EXPECT_EQ(gate.inside(), 0U);
}

TEST(Gate, DrainEndsByStopOrDeadlineWhileItIsOpenOrSomebodyInside) {
    Gate gate;
    expect_endable([&](std::stop_token stop, Deadline deadline) { return gate.drain(stop, deadline); });
    auto pass = gate.enter();
    gate.close();
    expect_endable([&](std::stop_token stop, Deadline deadline) { return gate.drain(stop, deadline); });
    pass.reset();
    expect_ok_at_once([&](std::stop_token stop, Deadline deadline) { return gate.drain(stop, deadline); });
}

TEST(Gate, DrainWaitsForTheLastToLeave) {
    Gate gate;
    std::atomic<int> inside = 0;
    std::atomic<bool> drained = false;
    std::vector<sys::Thread> visitors;
    for (int i = 0; i < 8; ++i)
        visitors.emplace_back("visitor", [&](std::stop_token) {
            while (const auto pass = gate.enter()) {
                ++inside;
                EXPECT_FALSE(drained);
                --inside;
            }
        });
    gate.close();
    EXPECT_EQ(gate.drain(), WaitStatus::ok);
    drained = true;
    EXPECT_EQ(inside, 0);
}

TEST(Gate, APassMovesButCountsOnce) {
    Gate gate;
    {
        auto first = *gate.enter();
        auto second = *gate.enter();
        EXPECT_EQ(gate.inside(), 2U);
        const Gate::Pass third(std::move(first));
        first = std::move(second);
        EXPECT_EQ(gate.inside(), 2U);
    }
    EXPECT_EQ(gate.inside(), 0U);
}

TEST(GateDeathTest, MayNotGoWhileSomebodyIsInside) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            std::optional<Gate::Pass> pass;
            Gate gate;
            pass = gate.enter();
        },
        "drain\\(\\) it first");
}

} // namespace offstage
