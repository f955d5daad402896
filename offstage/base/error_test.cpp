#include "offstage/base/error.hpp"

#include "offstage/base/check.hpp"

#include <gtest/gtest.h>

namespace offstage {

TEST(Error, KeepsItsCodeAndSentence) {
    Error error(Errc::full, "the spool is full: 10 of 10 GiB are used");
    EXPECT_EQ(error.code(), Errc::full);
    EXPECT_STREQ(error.what(), "the spool is full: 10 of 10 GiB are used");
    EXPECT_EQ(to_string(error.code()), "full");
}

TEST(CheckDeathTest, SaysConditionAndReasonAndEndsTheProcess) {
    EXPECT_DEATH(OFFSTAGE_CHECK(1 + 1 == 3, "arithmetic broke"),
                 "arithmetic broke \\(1 \\+ 1 == 3 is false\\)");
}

} // namespace offstage
