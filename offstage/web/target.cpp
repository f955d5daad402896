#include "offstage/web/target.hpp"

#include "offstage/base/error.hpp"
#include "offstage/base/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace offstage::web {

namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

[[noreturn]] void refuse(std::string_view text, const char* what) {
    std::string shown;
    for (const char c : text.substr(0, 60)) shown += c >= ' ' && c < 127 ? c : '?';
    throw Error(Errc::invalid_argument, "the address part \"" + shown + "\" " + what);
}

} // namespace

std::string percent_decode(std::string_view text, bool plus) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == '%') {
            const int high = at + 1 < text.size() ? hex_digit(text[at + 1]) : -1;
            const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
            if (high < 0 || low < 0) refuse(text, "has a % that no two hexadecimal digits follow");
            c = static_cast<char>(high * 16 + low);
            at += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        result += c;
    }
    const bool control = std::ranges::any_of(result, [](char c) { return (c >= 0 && c < ' ') || c == 127; });
    if (control && !plus) refuse(text, "holds a control character");
    if (result.find('\0') != std::string::npos) refuse(text, "holds a NUL");
    if (!is_utf8(result)) refuse(text, "is not UTF-8");
    return result;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            std::string_view("-._~").find(c) != std::string_view::npos)
            result += c;
        else
            result.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
    return result;
}

Query::Query(std::string_view text) {
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(pair.size() + 1, text.size()));
        if (pair.empty()) continue;
        if (pairs_.size() == max_parameters)
            throw Error(Errc::invalid_argument,
                        "the query has more than " + std::to_string(max_parameters) + " parameters");
        const std::string_view name = pair.substr(0, pair.find('='));
        const std::string_view value = pair.substr(std::min(name.size() + 1, pair.size()));
        pairs_.emplace_back(percent_decode(name, true), percent_decode(value, true));
    }
}

std::optional<std::string_view> Query::get(std::string_view name) const noexcept {
    for (const auto& [key, value] : pairs_)
        if (key == name) return value;
    return std::nullopt;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : pairs_)
        if (key == name) values.emplace_back(value);
    return values;
}

std::int64_t Query::number(std::string_view name, std::int64_t absent, std::int64_t least,
                           std::int64_t most) const {
    const auto text = get(name);
    if (!text) return absent;
    std::int64_t value = 0;
    const char* const end = text->data() + text->size();
    const auto [stopped, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || stopped != end || value < least || value > most)
        throw Error(Errc::invalid_argument, "the parameter " + std::string(name) +
                                                " should be a whole number from " + std::to_string(least) +
                                                " to " + std::to_string(most));
    return value;
}

} // namespace offstage::web
