#include "offstage/base/utf8.hpp"

#include <gtest/gtest.h>

namespace offstage {

TEST(Utf8, IsWellFormedOrRefused) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("aé漢😀"));
    EXPECT_TRUE(is_utf8("eight and some é more than eight"));
    EXPECT_FALSE(is_utf8("eight and some \xe9 more than eight"));
    for (const char* bad : {"\x80", "\xc3", "\xc1\x81", "\xe0\x80\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xe6\xbc"})
        EXPECT_FALSE(is_utf8(bad));
}

TEST(Utf8, IsRepairedByteByByte) {
    EXPECT_EQ(repair_utf8(""), "");
    EXPECT_EQ(repair_utf8("aé漢😀"), "aé漢😀");
    EXPECT_EQ(repair_utf8("\xff\xfe.csv"), "\uFFFD\uFFFD.csv");
    EXPECT_EQ(repair_utf8("a\xc3"), "a\uFFFD");
    EXPECT_EQ(repair_utf8("\xe6\xbc\xed\xa0\x80z"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDz");
}

} // namespace offstage
