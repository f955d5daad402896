#include "offstage/web/target.hpp"

#include "offstage/base/error.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

TEST(PercentDecode, ReadsEscapesAndUtf8) {
    EXPECT_EQ(percent_decode("a%20b%2Fc"), "a b/c");
    EXPECT_EQ(percent_decode("%e4%bd%a0"), "你");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
}

TEST(PercentDecode, RefusesBrokenEscapesControlCharactersAndWhatIsNotUtf8) {
    for (const char* bad :
         {"%", "%2", "%zz", "%-1", "%00", "%0a", "\x7f", "%ff", "%c0%af", "%ed%a0%80", "%f5%80%80%80"})
        EXPECT_THROW(percent_decode(bad), Error) << bad;
    EXPECT_THROW(percent_decode("%00", true), Error);
    EXPECT_EQ(percent_decode("a%0Ab", true), "a\nb") << "a query may hold lines";
}

TEST(PercentEncode, IsUndoneByPercentDecode) {
    EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
    EXPECT_EQ(percent_decode(percent_encode("a b/ü?&=+%")), "a b/ü?&=+%");
}

TEST(Query, KeepsNamesAndValuesInTheirOrder) {
    const Query query("search=harry+potter&tag=a&tag=b%26c&empty=&flag&&x=1=2");
    EXPECT_EQ(query.get("search"), "harry potter");
    EXPECT_EQ(query.all("tag"), (std::vector<std::string_view>{"a", "b&c"}));
    EXPECT_EQ(query.get("empty"), "");
    EXPECT_EQ(query.get("flag"), "");
    EXPECT_EQ(query.get("x"), "1=2");
    EXPECT_FALSE(query.get("none"));
}

TEST(Query, ANumberIsInItsRangeOrRefused) {
    const Query query("page=7&size=7x&big=99999999999999999999&minus=-1");
    EXPECT_EQ(query.number("page", 1, 1, 100), 7);
    EXPECT_EQ(query.number("absent", 1, 1, 100), 1);
    EXPECT_THROW(query.number("page", 1, 1, 6), Error);
    EXPECT_THROW(query.number("size", 1, 1, 100), Error);
    EXPECT_THROW(query.number("big", 1, 1, 100), Error);
    EXPECT_THROW(query.number("minus", 1, 0, 100), Error);
}

TEST(Query, HasABoundOfParameters) {
    std::string text;
    for (std::size_t i = 0; i < Query::max_parameters; ++i) text += "a=1&";
    EXPECT_NO_THROW(Query{text});
    EXPECT_THROW(Query{text + "a=1"}, Error);
}

} // namespace offstage::web
