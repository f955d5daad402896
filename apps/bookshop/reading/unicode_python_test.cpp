// UTF-8 and Unicode's blanks and digits, beside Python's.
#include "apps/bookshop/reading/encoding.hpp"
#include "apps/bookshop/reading/unicode.hpp"
#include "apps/bookshop/testdata/oracle.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {
namespace {

using namespace std::string_view_literals;

std::string any_bytes(std::mt19937_64& random) {
    static constexpr std::array pieces = {"a"sv,
                                          "plain text of more than eight bytes"sv,
                                          "\xC3\xA9"sv,
                                          "\xE6\x9B\xB8"sv,
                                          "\xF0\x9F\x93\x9A"sv,
                                          "\xF4\x8F\xBF\xBF"sv,
                                          "\xEF\xBF\xBF"sv,
                                          "\xED\x9F\xBF"sv,
                                          "\xEE\x80\x80"sv,
                                          "\xE0\xA0\x80"sv,
                                          "\xF0\x90\x80\x80"sv,
                                          "\xC2\x80"sv};
    static constexpr std::array wrong = {
        "\x80"sv,         "\xC0\x80"sv,         "\xC1\xBF"sv,         "\xE0\x9F\xBF"sv,
        "\xED\xA0\x80"sv, "\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv,
        "\xFF"sv,         "\xE6\x9B"sv,         "\xF0\x9F"sv,         "\xC3"sv};
    std::string made;
    for (std::size_t n = random() % 12; n > 0; --n) {
        made += pieces[random() % pieces.size()];
        if (random() % 16 == 0) made += wrong[random() % wrong.size()];
        if (random() % 64 == 0) made += static_cast<char>(random());
    }
    if (random() % 8 == 0 && !made.empty()) made.pop_back();
    return made;
}

TEST(Unicode, IsWhatPythonSaysItIs) {
    constexpr std::uint64_t seed = 271828;
    std::mt19937_64 random(seed);
    std::vector<std::string> cases(5000);
    std::string asked;
    for (std::string& bytes : cases) {
        bytes = any_bytes(random);
        asked += to_hex(bytes) + "\n";
    }
    std::vector<std::string> told = ask_python("unicode_oracle.py", asked);
    ASSERT_GT(told.size(), cases.size());

    for (std::size_t i = 0; i < cases.size(); ++i) {
        for (std::size_t chunk : {SIZE_MAX, std::size_t{1}, std::size_t{1 + random() % 7}}) {
            Utf8Check check;
            for (std::string_view rest = cases[i]; !rest.empty();
                 rest.remove_prefix(std::min(chunk, rest.size())))
                check.feed(rest.substr(0, chunk));
            ASSERT_EQ(check.complete() ? "-1" : std::to_string(check.offset()), told[i])
                << to_hex(cases[i]) << " in pieces of " << chunk << ", seed " << seed;
        }
    }

    std::vector<std::string> ours;
    for (char32_t c = 0; c < 0x110000; ++c)
        if (is_space(c) || decimal_digit(c) >= 0)
            ours.push_back(std::to_string(static_cast<std::uint32_t>(c)) + " " +
                           std::to_string(decimal_digit(c)));
    told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(cases.size()));
    EXPECT_EQ(ours, told);
}

TEST(Unicode, StripsBlanksOfEveryKindAndNothingElse) {
    EXPECT_EQ(strip(" \t\x1C\xC2\xA0"
                    "a b\xE3\x80\x80\xC2\x85\n"),
              "a b");
    EXPECT_EQ(strip("\xE2\x80\x8B"
                    "a\xEF\xBB\xBF"),
              "\xE2\x80\x8B"
              "a\xEF\xBB\xBF");
    EXPECT_EQ(strip("\xE3\x80\x80"), "");
    EXPECT_EQ(strip(""), "");
    EXPECT_EQ(strip("\0 "sv), "\0"sv);
}

TEST(Unicode, CountsCharactersNotBytes) {
    EXPECT_EQ(count_characters("a\xC3\xA9\xE6\x9B\xB8\xF0\x9F\x93\x9A"), 4U);
}

} // namespace
} // namespace bookshop
