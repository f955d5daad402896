#include "apps/bookshop/terminal_text.hpp"

#include <gtest/gtest.h>

namespace bookshop {
namespace {

using namespace std::string_view_literals;

TEST(TerminalText, IsLeftAsItIsWhereItIsOnlyText) {
    for (const std::string_view text : {""sv, "books.csv"sv, "naïve “漢” 😀 \u00A0\uFFFD"sv})
        EXPECT_EQ(for_terminal(text), text);
}

TEST(TerminalText, ShowsWhatATerminalWouldObey) {
    EXPECT_EQ(for_terminal("\x1B]0;PWNED\a\x1B[31m"), R"(\x1B]0;PWNED\x07\x1B[31m)");
    EXPECT_EQ(for_terminal("a\r\nb\tc\0d\x7F"sv), R"(a\x0D\x0Ab\x09c\x00d\x7F)");
    EXPECT_EQ(for_terminal("\u0080\u009B31m\u009F"), R"(\x80\x9B31m\x9F)");
}

TEST(TerminalText, MarksWhatIsNoUtf8) {
    EXPECT_EQ(for_terminal("\x9B"
                           "31m\xC2"),
              "\uFFFD31m\uFFFD");
}

} // namespace
} // namespace bookshop
