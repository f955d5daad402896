#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/encoding.hpp"
#include "apps/bookshop/reading/text_source.hpp"

#include "apps/bookshop/reading/bad_file.hpp"

#include <cstddef>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace bookshop {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

Encoding encoding_of(const std::string& file, std::size_t chunk = SIZE_MAX) {
    MemoryBytes bytes(file, chunk);
    return detect_encoding(bytes);
}

std::string text_of(const std::string& file, std::size_t chunk = SIZE_MAX, std::size_t piece = 4096) {
    auto text = open_text(std::make_unique<MemoryBytes>(file, chunk), encoding_of(file, chunk));
    std::string all;
    std::string into(piece, '\0');
    while (std::size_t got = text->read(into)) all.append(into, 0, got);
    EXPECT_EQ(text->position(), file.size());
    return all;
}

std::string refusal(const std::string& file) {
    try {
        text_of(file);
    } catch (const BadFile& refused) {
        EXPECT_EQ(refused.reason(), "bad_encoding");
        return refused.what();
    }
    return "none";
}

const std::string russian = "\xCF\xF0\xE5\xF1\xF2\xF3\xEF\xEB\xE5\xED\xE8\xE5 \xE8 "
                            "\xED\xE0\xEA\xE0\xE7\xE0\xED\xE8\xE5\n"; // Windows-1251

TEST(TextSource, TakesTheByteOrderMarkOff) {
    EXPECT_EQ(encoding_of("\xEF\xBB\xBFtitle").name, "UTF-8");
    EXPECT_EQ(text_of("\xEF\xBB\xBFtitle"), "title");
    EXPECT_EQ(text_of("\xEF\xBB\xBFtitle", 1, 1), "title");
    EXPECT_EQ(text_of("\xFF\xFEt\0i\0\xE9\0\x3D\xD8\xDA\xDC"s), "ti\xC3\xA9\xF0\x9F\x93\x9A");
    EXPECT_EQ(text_of("\xFE\xFF\0t\0i\0\xE9"s, 1, 1), "ti\xC3\xA9");
    EXPECT_EQ(text_of("\xFF\xFE"s), "");
    EXPECT_EQ(encoding_of("\xFF\xFEt\0"s).name, "UTF-16LE");
    EXPECT_EQ(encoding_of("\xFE\xFF\0t"s).name, "UTF-16BE");
}

TEST(TextSource, KnowsUtf16WithoutItsMarkByItsFirstLetters) {
    EXPECT_EQ(text_of("t\0i\0\xE9\0"s), "ti\xC3\xA9");
    EXPECT_EQ(text_of("\0t\0i\0\xE9"s, 1, 1), "ti\xC3\xA9");
    EXPECT_EQ(encoding_of("t\0i\0"s).name, "UTF-16LE");
    EXPECT_EQ(encoding_of("\0t\0i"s).name, "UTF-16BE");
    EXPECT_EQ(encoding_of("t\0i"s).name, "UTF-8");
    EXPECT_EQ(encoding_of("t\0\0\0"s).name, "UTF-8");
}

TEST(TextSource, TakesValidUtf8ForUtf8) {
    EXPECT_EQ(encoding_of("plain").name, "UTF-8");
    EXPECT_EQ(text_of("\xD7\x90,\xF0\x9F\x93\x9A", 1, 1), "\xD7\x90,\xF0\x9F\x93\x9A");
    EXPECT_EQ(text_of(""), "");
}

TEST(TextSource, ConvertsWhatUchardetGuesses) {
    std::string file;
    for (int i = 0; i < 20; ++i) file += russian;
    EXPECT_EQ(encoding_of(file).name, "WINDOWS-1251");
    EXPECT_THAT(text_of(file, 7, 5), testing::StartsWith("Преступление и наказание\n"));
    EXPECT_EQ(text_of(file, 7, 5), text_of(file));
}

TEST(TextSource, KnowsIso2022ByItsEscapeSequences) {
    const std::string japanese = "title,price\n\x1B$B8cGZ$OG-$G$\"$k\x1B(B,1\n";
    EXPECT_EQ(encoding_of(japanese).name, "ISO-2022-JP");
    EXPECT_EQ(text_of(japanese), "title,price\n吾輩は猫である,1\n");
    EXPECT_EQ(text_of(japanese, 1, 1), text_of(japanese));
    EXPECT_EQ(text_of("\x1B$)Ctitle,\x0E\x30\x21\x0F\n"), "title,가\n");
    std::string late = "title,price\n";
    while (late.size() < 200 << 10) late += "plain,1\n";
    EXPECT_THAT(text_of(late + japanese, 1000), HasSubstr("吾輩は猫である"));
}

TEST(TextSource, TakesOtherEscapeSequencesForTextInUtf8) {
    for (const std::string& file : {"\x1B(B\x1B[mplain"s, "\x1B[31mred\x1B[0m"s, "\x1B"s, "5 \x1B$"s,
                                    "\x1B$B8cGZ \u00E9"s, "\xEF\xBB\xBF\x1B$"s})
        EXPECT_EQ(encoding_of(file).name, "UTF-8") << file;
}

TEST(TextSource, LooksAtAllOfTheFileBeforeItGuesses) {
    std::string file;
    while (file.size() < 3 << 20) file += "a plain line of a long list\n";
    for (int i = 0; i < 20; ++i) file += russian;
    EXPECT_EQ(encoding_of(file).name, "WINDOWS-1251");
    EXPECT_EQ(encoding_of(file, 1000).name, "WINDOWS-1251");
    EXPECT_THAT(text_of(file), HasSubstr("\nПреступление и наказание\n"));
}

TEST(TextSource, TakesWesternTextForWindows1252) {
    EXPECT_EQ(text_of("caf\xE9 \x93quoted\x94 \x80"
                      "5"),
              "café “quoted” €5");
}

TEST(TextSource, TakesAFewAccentsForWindows1252AndOtherAlphabetsForWhatTheyAre) {
    std::string french, italian, czech, polish, hungarian;
    for (int i = 0; i < 20; ++i) {
        french += "Les Mis\xE9rables,Hugo\n";
        italian += "Cos\xEC \xE8,Pirandello\n";
        czech += "P\xF8\xEDli\x9A \x9Elu\x9Dou\xE8k\xFD k\xF9\xF2 \xFAp\xECl \xEF\xE1"
                 "belsk\xE9 \xF3"
                 "dy\n";
        polish += "Za\xBF\xF3\xB3\xE6 g\xEA\x9Cl\xB9 ja\x9F\xF1, by\xB3o wi\xEAksz\xB9\n";
        hungarian += "\xC1rv\xEDzt\xFBr\xF5 t\xFCk\xF6rf\xFAr\xF3g\xE9p, \xF5sz \xE9s h\xFBv\xF6s id\xF5\n";
    }
    EXPECT_EQ(encoding_of(french).name, "WINDOWS-1252");
    EXPECT_EQ(encoding_of(italian).name, "WINDOWS-1252");
    for (const std::string& other : {czech, polish, hungarian})
        EXPECT_NE(encoding_of(other).name, "WINDOWS-1252") << other;
}

TEST(TextSource, RefusesUtf8WithABrokenByteAndSaysWhere) {
    std::string file;
    for (int i = 0; i < 1000; ++i) file += "Пре\n"; // 7 bytes
    file += "\xFF";
    for (int i = 0; i < 1000; ++i) file += "Пре\n";
    EXPECT_THAT(refusal(file), HasSubstr("byte 7000 is no UTF-8"));
    EXPECT_THAT(refusal("\xEF\xBB\xBFtitle\xFF"), HasSubstr("byte 8 is no UTF-8"));
}

TEST(TextSource, RefusesUtf8ThatIsCutShort) {
    std::string file;
    for (int i = 0; i < 1000; ++i) file += "Пре\n";
    file += "\xD0";
    EXPECT_THAT(refusal(file), HasSubstr("byte 7000 is no UTF-8"));
}

TEST(TextSource, RefusesWhatIsNotValidInItsEncodingAndSaysWhere) {
    EXPECT_THAT(refusal("\xFF\xFEt\0\x3D\xD8t\0"s), HasSubstr("byte 4 is no UTF-16LE"));
    EXPECT_THAT(refusal("\xFF\xFEt\0i"s), HasSubstr("byte 4 is no UTF-16LE"));
}

TEST(TextSource, SaysWhenAnEncodingCannotBeRead) {
    EXPECT_THROW(open_text(std::make_unique<MemoryBytes>(""), {"KLINGON-8", 0}), BadFile);
}

TEST(TextSource, ConvertsTextsThatGrowPastItsBuffers) {
    std::string file = "\xFF\xFE";
    for (int i = 0; i < 200000; ++i) file += "\x00\x30"s; // U+3000 is three bytes of UTF-8
    std::string text = text_of(file);
    EXPECT_EQ(text.size(), 600000U);
    EXPECT_EQ(text.substr(599997), "\xE3\x80\x80");
}

} // namespace
} // namespace bookshop
