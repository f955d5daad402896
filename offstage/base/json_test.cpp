#include "offstage/base/json.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace offstage {
namespace {

struct Inner {
    std::int8_t level = 7;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (level, note))

struct Outer {
    std::string name = "unnamed";
    std::vector<Inner> parts;
    std::map<std::string, double> weights;
    bool live = true;
    std::uint64_t big = 0;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (name, parts, weights, live, big))

std::string message_of(const std::string& text) {
    try {
        from_json<Outer>(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid_argument);
        return error.what();
    }
    return "accepted";
}

TEST(Json, WhatIsWrittenIsReadBack) {
    Outer outer{
        "a \"b\" \n\xC3\xA9", {{-3, "x"}, {4, std::nullopt}}, {{"w", 0.5}}, false, 18446744073709551615u};
    const auto back = from_json<Outer>(to_json(outer));
    EXPECT_EQ(back.name, outer.name);
    ASSERT_EQ(back.parts.size(), 2u);
    EXPECT_EQ(back.parts[0].level, -3);
    EXPECT_EQ(back.parts[0].note, "x");
    EXPECT_EQ(back.parts[1].note, std::nullopt);
    EXPECT_EQ(back.weights.at("w"), 0.5);
    EXPECT_FALSE(back.live);
    EXPECT_EQ(back.big, outer.big);
}

TEST(Json, AnAbsentFieldKeepsItsDefaultAndAnUnknownOneIsPassedOver) {
    const auto outer = from_json<Outer>(R"({"parts": [{}], "added_later": 1})");
    EXPECT_EQ(outer.name, "unnamed");
    EXPECT_TRUE(outer.live);
    EXPECT_EQ(outer.parts.at(0).level, 7);
}

TEST(Json, NothingIsNarrowedAndTheErrorSaysWhere) {
    EXPECT_EQ(message_of(R"({"parts": [{}, {"level": 300}]})"),
              "$.parts[1].level should be a whole number from -128 to 127, but is 300");
    EXPECT_EQ(message_of(R"({"parts": [{"level": 1.9}]})"),
              "$.parts[0].level should be a whole number from -128 to 127, but is 1.9E0");
    EXPECT_EQ(message_of(R"({"name": 5})"), "$.name should be a text, but is 5");
    EXPECT_EQ(message_of(R"({"live": "yes"})"), "$.live should be true or false, but is \"yes\"");
    EXPECT_EQ(message_of("[]"), "$ should be an object, but is []");
    EXPECT_THROW(to_json(std::numeric_limits<double>::infinity()), Error);
    EXPECT_THROW(from_json<double>("1e999"), Error);
    EXPECT_THROW(from_json<float>("1e39"), Error);
}

TEST(Json, ALongValueIsShownToAWholeLetter) {
    std::string long_name = "\"x";
    for (int i = 0; i < 40; ++i)
        long_name += "\u00e9"; // two bytes each, so that a cut at 57 would be within one
    EXPECT_EQ(message_of(R"({"live": )" + long_name + "\"}"),
              "$.live should be true or false, but is " + long_name.substr(0, 56) + "...");
}

TEST(Json, EveryDoubleIsReadAsTheOneThatWasWritten) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const auto any = std::bit_cast<double>(random());
        if (!std::isfinite(any)) continue;
        ASSERT_EQ(from_json<double>(to_json(any)), any) << to_json(any);
        ASSERT_EQ(from_json<std::vector<double>>("[" + to_json(any) + ", 1]"), (std::vector<double>{any, 1}));
    }
    EXPECT_EQ(from_json<double>("0.1"), 0.1);
    EXPECT_EQ(from_json<double>("-219e99"), -219e99);
    EXPECT_EQ(from_json<double>("123456789012345678901234567890"), 123456789012345678901234567890.0);
    EXPECT_EQ(from_json<double>("1e-999"), 0);
}

TEST(Json, ABrokenTextSaysTheByte) {
    EXPECT_NE(message_of(R"({"name": )").find("this is not JSON"), std::string::npos);
    EXPECT_NE(message_of(R"({} {})").find("at byte 3"), std::string::npos);
    EXPECT_NE(message_of(std::string(1000, '[')).find("deep"), std::string::npos)
        << message_of(std::string(1000, '['));
}

} // namespace
} // namespace offstage
