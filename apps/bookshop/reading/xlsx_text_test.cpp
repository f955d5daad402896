#include "apps/bookshop/reading/xlsx_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace bookshop {
namespace {

std::string shown(std::string_view number, CellFormat format = {}, bool from_1904 = false) {
    std::string text;
    append_number(text, number, format, from_1904);
    return text;
}

std::string unescaped(std::string text) {
    text.resize(unescape(text.data(), text.size()));
    return text;
}

TEST(XlsxText, ShowsANumberByFifteenDigits) {
    EXPECT_EQ(shown("2008"), "2008");
    EXPECT_EQ(shown("-68.09"), "-68.09");
    EXPECT_EQ(shown("84.739999999999995"), "84.74");
    EXPECT_EQ(shown("84.73999999999999"), "84.74");
    EXPECT_EQ(shown("9780439023481"), "9780439023481");
    EXPECT_EQ(shown("9.780439023481E12"), "9780439023481");
    EXPECT_EQ(shown("0.1"), "0.1");
    EXPECT_EQ(shown("1.50"), "1.5");
    EXPECT_EQ(shown("1E-05"), "1e-05");
    EXPECT_EQ(shown("0.00001"), "1e-05");
    EXPECT_EQ(shown("1234567890123456789"), "1.23456789012346e+18");
    EXPECT_EQ(shown("007"), "7");
    EXPECT_EQ(shown("-0"), "-0");
}

TEST(XlsxText, LeavesWhatIsNoNumberAsItIs) {
    EXPECT_EQ(shown("abc"), "abc");
    EXPECT_EQ(shown("1e999"), "1e999");
    EXPECT_EQ(shown("nan"), "nan");
    EXPECT_EQ(shown(""), "");
    EXPECT_EQ(shown("12x", {CellFormat::date}), "12x");
}

TEST(XlsxText, FillsUpWithZerosWhereTheFormatIsNothingElse) {
    CellFormat isbn = format_of_code("0000000000");
    EXPECT_EQ(isbn, (CellFormat{CellFormat::zeros, 10}));
    EXPECT_EQ(shown("439023483", isbn), "0439023483");
    EXPECT_EQ(shown("12345678901", isbn), "12345678901");
    EXPECT_EQ(shown("-5", format_of_code("000")), "-005");
    EXPECT_EQ(shown("1.5", format_of_code("000")), "1.5");
}

TEST(XlsxText, ShowsDatesAsIso8601) {
    EXPECT_EQ(shown("1", {CellFormat::date}), "1900-01-01");
    EXPECT_EQ(shown("59", {CellFormat::date}), "1900-02-28");
    EXPECT_EQ(shown("60", {CellFormat::date}), "1900-02-29");
    EXPECT_EQ(shown("61", {CellFormat::date}), "1900-03-01");
    EXPECT_EQ(shown("25569", {CellFormat::date}), "1970-01-01");
    EXPECT_EQ(shown("45413", {CellFormat::date}), "2024-05-01");
    EXPECT_EQ(shown("45351", {CellFormat::date}), "2024-02-29");
    EXPECT_EQ(shown("2958465", {CellFormat::date}), "9999-12-31");
    EXPECT_EQ(shown("0", {CellFormat::date}, true), "1904-01-01");
    EXPECT_EQ(shown("43951", {CellFormat::date}, true), "2024-05-01");
    EXPECT_EQ(shown("45413.5", {CellFormat::date_time}), "2024-05-01T12:00:00");
    EXPECT_EQ(shown("45413.99999999", {CellFormat::date_time}), "2024-05-02T00:00:00");
    EXPECT_EQ(shown("0.573263888888889", {CellFormat::time}), "13:45:30");
    EXPECT_EQ(shown("1.5", {CellFormat::time}), "12:00:00");
    EXPECT_EQ(shown("1.5", format_of_code("[h]:mm")), "36:00:00");
}

TEST(XlsxText, ShowsANumberThatIsNoDateAsANumber) {
    EXPECT_EQ(shown("-1", {CellFormat::date}), "-1");
    EXPECT_EQ(shown("2958466", {CellFormat::date}), "2958466");
}

TEST(XlsxText, KnowsTheFormatsOfDatesFromTheirCodes) {
    auto kind = [](std::string_view code) { return format_of_code(code).kind; };
    for (auto code : {"yyyy-mm-dd", "d/m/yy;@", "mmm yy", "[$-409]d\\-mmm\\-yyyy", "\"day\" d", "DD.MM.YYYY"})
        EXPECT_EQ(kind(code), CellFormat::date) << code;
    for (auto code : {"h:mm AM/PM", "mm:ss", "[h]:mm:ss", "[ss]"})
        EXPECT_EQ(kind(code), CellFormat::time) << code;
    for (auto code : {"m/d/yy h:mm", "yyyy-mm-dd\"T\"hh:mm:ss"})
        EXPECT_EQ(kind(code), CellFormat::date_time) << code;
    for (auto code : {"General", "0.00", "#,##0", "0.00E+00", "@", "", "\"dhy\"0", "[Red]0;[Blue]-0", "0\\d",
                      "_d0", "#,##0 \"EUR\"", "General\" s\""})
        EXPECT_EQ(kind(code), CellFormat::plain) << code;
    for (auto code : {"0", "00000", "000;yyyy"}) EXPECT_EQ(kind(code), CellFormat::zeros) << code;
    for (unsigned id : {14U, 17U}) EXPECT_EQ(format_of_id(id).kind, CellFormat::date) << id;
    for (unsigned id : {18U, 21U, 45U, 46U, 47U}) EXPECT_EQ(format_of_id(id).kind, CellFormat::time) << id;
    EXPECT_EQ(format_of_id(22).kind, CellFormat::date_time);
    for (unsigned id : {0U, 1U, 2U, 13U, 23U, 44U, 48U, 49U})
        EXPECT_EQ(format_of_id(id).kind, CellFormat::plain) << id;
}

TEST(XlsxText, ReplacesEscapes) {
    EXPECT_EQ(unescaped("a_x000D_\nb"), "a\r\nb");
    EXPECT_EQ(unescaped("_x005F_x000D_"), "_x000D_");
    EXPECT_EQ(unescaped("_x00e9__x4E66_"), "\xC3\xA9\xE4\xB9\xA6");
    EXPECT_EQ(unescaped("_xD83D__xDCDA_"), "\xF0\x9F\x93\x9A");
    EXPECT_EQ(unescaped("_x0000_"), std::string(1, '\0'));
}

TEST(XlsxText, LeavesWhatIsNoEscape) {
    for (auto text : {"", "_", "no_escape_here", "_x12_", "_x123G_", "_X000D_", "_x000D", "_xD83D_",
                      "_xDCDA__xD83D_", "_x+00D_", "a_x00_"})
        EXPECT_EQ(unescaped(text), text);
}

} // namespace
} // namespace bookshop
