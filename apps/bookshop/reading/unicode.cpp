#include "apps/bookshop/reading/unicode.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace bookshop {
namespace {

// The zero of each run of ten decimal digits, ascending; unicode_python_test.cpp holds it against Python.
constexpr char32_t zeros[] = {
    0x0030,  0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,  0x0C66,
    0x0CE6,  0x0D66,  0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,
    0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,
    0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60,
    0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0};

bool continues(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

} // namespace

bool is_space(char32_t c) noexcept {
    if (c < 0x80) return c == 0x20 || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

int decimal_digit(char32_t c) noexcept {
    const auto* after = std::upper_bound(std::begin(zeros), std::end(zeros), c);
    if (after == std::begin(zeros)) return -1;
    char32_t value = c - after[-1];
    return value < 10 ? static_cast<int>(value) : -1;
}

char32_t take_character(std::string_view& text) noexcept {
    auto first = static_cast<unsigned char>(text[0]);
    std::size_t size = first < 0xC0 ? 1U : first < 0xE0 ? 2U : first < 0xF0 ? 3U : 4U;
    size = std::min(size, text.size());
    char32_t character = size == 1 ? first : first & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i)
        character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
    text.remove_prefix(size);
    return character;
}

std::size_t count_characters(std::string_view text) noexcept {
    return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::string_view strip(std::string_view text) noexcept {
    while (!text.empty()) {
        std::string_view rest = text;
        if (!is_space(take_character(rest))) break;
        text = rest;
    }
    while (!text.empty()) {
        std::size_t size = 1;
        while (size < 4 && size < text.size() && continues(text[text.size() - size])) ++size;
        std::string_view last = text.substr(text.size() - size);
        if (!is_space(take_character(last))) break;
        text.remove_suffix(size);
    }
    return text;
}

} // namespace bookshop
