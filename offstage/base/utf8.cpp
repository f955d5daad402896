#include "offstage/base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace offstage {
namespace {

/// The length of the UTF-8 sequence that text begins with, 0 where it is none.
std::size_t sequence(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool right = !(first == 0xE0 && byte(1) < 0xA0) && !(first == 0xED && byte(1) >= 0xA0);
        return right && follows(1) && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool right = !(first == 0xF0 && byte(1) < 0x90) && !(first == 0xF4 && byte(1) >= 0x90);
        return right && follows(1) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

/// Without the ASCII that it begins with, by eight bytes.
std::string_view behind_ascii(std::string_view text) noexcept {
    constexpr std::uint64_t highs = 0x8080808080808080;
    for (std::uint64_t word; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
        std::memcpy(&word, text.data(), sizeof word);
        if ((word & highs) != 0) break;
    }
    return text;
}

} // namespace

bool is_utf8(std::string_view text) noexcept {
    for (text = behind_ascii(text); !text.empty(); text = behind_ascii(text)) {
        const std::size_t length = sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string repair_utf8(std::string_view text) {
    if (is_utf8(text)) return std::string(text);
    std::string result;
    while (!text.empty()) {
        const std::size_t length = sequence(text);
        result += length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

} // namespace offstage
