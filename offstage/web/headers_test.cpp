#include "offstage/web/headers.hpp"

#include "offstage/base/error.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

TEST(Headers, AreFoundWithoutRegardToCase) {
    Headers headers;
    headers.add("Content-Type", "text/csv");
    EXPECT_EQ(headers.get("content-TYPE"), "text/csv");
    EXPECT_FALSE(headers.get("Content"));
}

TEST(Headers, SetTakesThePlaceOfAllOfThatName) {
    Headers headers;
    headers.add("Vary", "Accept");
    headers.add("vary", "Cookie");
    headers.set("VARY", "Origin");
    EXPECT_EQ(headers.size(), 1U);
    EXPECT_EQ(headers.get("Vary"), "Origin");
}

TEST(Headers, RefuseWhatWouldStartAHeaderOfItsOwn) {
    Headers headers;
    EXPECT_THROW(headers.add("X", "a\r\nSet-Cookie: b"), Error);
    EXPECT_THROW(headers.add("X", std::string("a\0b", 3)), Error);
    EXPECT_THROW(headers.add("X: y", "z"), Error);
    EXPECT_THROW(headers.set("", "z"), Error);
    EXPECT_EQ(headers.size(), 0U);
}

TEST(HeaderValue, HasATypeInLowerCaseAndItsParameters) {
    const auto value = parse_header_value(" Multipart/Form-Data ; Boundary=\"a;b\\\"c\" ; charset = utf-8");
    EXPECT_EQ(value.type, "multipart/form-data");
    EXPECT_EQ(value.parameter("boundary"), "a;b\"c");
    EXPECT_EQ(value.parameter("charset"), "utf-8");
    EXPECT_FALSE(value.parameter("name"));
}

TEST(HeaderValue, LeavesOutWhatCannotBeRead) {
    EXPECT_EQ(parse_header_value("").type, "");
    EXPECT_TRUE(parse_header_value("a/b; ; =; nothing; =x").parameters.empty());
    EXPECT_EQ(parse_header_value("a/b; x=\"never closed").parameter("x"), "never closed");
    EXPECT_EQ(parse_header_value("f; filename=\"C:\\dir\\books.csv\"").parameter("filename"),
              "C:\\dir\\books.csv");
}

} // namespace offstage::web
