#include "offstage/web/stream.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

TEST(BodyStream, GivesWhatWasWrittenThenEnds) {
    BodyStream stream;
    EXPECT_TRUE(stream.write("a"));
    EXPECT_TRUE(stream.write("b"));
    std::string out;
    EXPECT_TRUE(stream.take(out));
    EXPECT_EQ(out, "ab");
    EXPECT_TRUE(stream.take(out));
    EXPECT_EQ(out, "");
    stream.write("c");
    stream.close();
    EXPECT_FALSE(stream.write("d"));
    EXPECT_TRUE(stream.take(out));
    EXPECT_EQ(out, "c");
    EXPECT_FALSE(stream.take(out));
}

TEST(BodyStream, WhatDoesNotFitEndsIt) {
    BodyStream stream({.capacity = 4});
    EXPECT_TRUE(stream.write("1234"));
    EXPECT_FALSE(stream.ended().stop_requested());
    EXPECT_FALSE(stream.write("5"));
    EXPECT_TRUE(stream.overflowed());
    EXPECT_TRUE(stream.ended().stop_requested());
    std::string out;
    EXPECT_FALSE(stream.take(out));
}

TEST(BodyStream, WhatIsBeingSentCountsAsWell) {
    BodyStream stream({.capacity = 4});
    std::string out;
    stream.write("12");
    stream.take(out);
    EXPECT_TRUE(stream.write("34"));
    stream.take(out);
    EXPECT_TRUE(stream.write("56")) << "the first two are sent";
    EXPECT_FALSE(stream.write("7"));
}

TEST(BodyStream, CallsTheReaderOnceForWhatWaits) {
    BodyStream stream;
    int calls = 0;
    stream.write("before");
    stream.on_ready([&] { ++calls; });
    EXPECT_EQ(calls, 1);
    stream.write("more");
    EXPECT_EQ(calls, 1) << "the reader has been told already";
    std::string out;
    stream.take(out);
    stream.write("again");
    EXPECT_EQ(calls, 2);
}

TEST(BodyStream, TellsItsWriterThatNobodyReads) {
    BodyStream stream;
    stream.abandon();
    EXPECT_FALSE(stream.write("x"));
    EXPECT_TRUE(stream.ended().stop_requested());
    EXPECT_FALSE(stream.overflowed());
}

} // namespace offstage::web
