#include "offstage/sync/wait_result.hpp"
#include "offstage/sync/wait_status.hpp"

#include <gtest/gtest.h>
#include <memory>

namespace offstage {

TEST(WaitStatus, HasANameAndAnErrorOfItsOwn) {
    EXPECT_EQ(to_string(WaitStatus::ok), "ok");
    EXPECT_EQ(to_string(WaitStatus::timed_out), "timed_out");
    EXPECT_EQ(to_error(WaitStatus::stopped, "queue").code(), Errc::stopped);
    EXPECT_EQ(to_error(WaitStatus::timed_out, "queue").code(), Errc::timed_out);
    EXPECT_EQ(to_error(WaitStatus::closed, "queue").code(), Errc::closed);
    EXPECT_EQ(to_error(WaitStatus::full, "queue").code(), Errc::full);
    EXPECT_STREQ(to_error(WaitStatus::timed_out, "frame").what(),
                 "frame: the deadline passed before it came");
}

TEST(WaitResult, HoldsAValueOrSaysWhyNot) {
    WaitResult<std::unique_ptr<int>> came(std::make_unique<int>(7));
    ASSERT_TRUE(came);
    EXPECT_EQ(**came, 7);
    EXPECT_EQ(*std::move(came).value(), 7);
    WaitResult<std::unique_ptr<int>> not_yet(WaitStatus::timed_out);
    EXPECT_FALSE(not_yet);
    try {
        not_yet.value();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::timed_out);
    }
}

} // namespace offstage
