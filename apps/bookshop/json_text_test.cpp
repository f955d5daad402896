#include "apps/bookshop/json_text.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace bookshop {
namespace {

std::string json(std::string_view text) {
    std::string out;
    append_json(out, text);
    return out;
}

TEST(JsonText, EveryTextIsReadBackAsItWas) {
    std::string all;
    for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
    for (std::string_view text :
         {std::string_view(all), std::string_view(""), std::string_view("ü 中 😀 \xED\x9F\xBF"),
          std::string_view("\"quoted\"\r\n\\back\t")})
        EXPECT_EQ(boost::json::parse(json(text)).as_string(), text);
}

TEST(JsonText, HalfASurrogatePairBecomesTheReplacementCharacter) {
    EXPECT_EQ(json("a\xED\xA0\x80z"), "\"a\xEF\xBF\xBDz\"");
    EXPECT_EQ(json("\xED"), "\"\xEF\xBF\xBD\"");
}

} // namespace
} // namespace bookshop
