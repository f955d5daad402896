#include "apps/bookshop/reading/delimiter.hpp"

#include <gtest/gtest.h>

namespace bookshop {
namespace {

TEST(Delimiter, IsTheOneThatPartsTheHeaderAndTheRowsAlike) {
    EXPECT_EQ(sniff_delimiter("title,price\nA,1\n", true, {}), ',');
    EXPECT_EQ(sniff_delimiter("title;price\nA, B;1,50\nC, D;2,50\n", true, {}), ';');
    EXPECT_EQ(sniff_delimiter("title\tprice\nA;B\t1\n", true, {}), '\t');
    EXPECT_EQ(sniff_delimiter("title|price|note\nA|1|a, b, c\n", true, {}), '|');
}

TEST(Delimiter, IsNotLookedForInsideQuotes) {
    EXPECT_EQ(sniff_delimiter("title,\"a;b;c;d;e\"\n\"x;y;z\",1\n", true, {}), ',');
    EXPECT_EQ(sniff_delimiter("title;note\n\"a\nb,c,d\";1\n", true, {}), ';');
}

TEST(Delimiter, IsACommaWhenThereIsOneColumn) {
    EXPECT_EQ(sniff_delimiter("title\nA\n", true, {}), ',');
    EXPECT_EQ(sniff_delimiter("", true, {}), ',');
}

TEST(Delimiter, TakesMoreColumnsWhereSeveralWouldDo) {
    EXPECT_EQ(sniff_delimiter("title;author (last, first);price\nA;Doe, J;1\nB;Roe, R;2\n", true, {}), ';');
}

TEST(Delimiter, PartsTheRequiredColumnsWhateverElseIsInTheHeader) {
    constexpr ColumnSpec wanted[] = {{"title"}, {"price"}, {"note", false}};
    EXPECT_EQ(sniff_delimiter("title,price,\"a;b;c;d;e;f\"\nA,1,a;b;c;d;e;f\n", true, wanted), ',');
    EXPECT_EQ(sniff_delimiter("title,price,shelf,note;x\nA,1;\nB,1,2;\nC,1,2,3;\nD;\nE;\n", true, wanted),
              ',');
    EXPECT_EQ(sniff_delimiter("Price;TITLE;a,b,c,d,e\n1;A;a,b,c,d,e\n", true, wanted), ';');
    EXPECT_EQ(sniff_delimiter("title|shelf;a;b;c;d\nA|1;2;3;4;5\n", true, wanted), '|');
    EXPECT_EQ(sniff_delimiter("shelf,note\tb;c;d\n1,2\t3;4;5\n", true, wanted), ';') << "none is required";
}

TEST(Delimiter, DoesNotJudgeARowThatTheSampleCutsShort) {
    EXPECT_EQ(sniff_delimiter("a;b,b\n1;2,2\n1", false, {}), ',');
    EXPECT_EQ(sniff_delimiter("a;b;c\n1;2;3\n1;", false, {}), ';');
}

} // namespace
} // namespace bookshop
