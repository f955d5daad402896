#include "offstage/web/headers.hpp"

#include "offstage/base/error.hpp"

#include <algorithm>
#include <utility>

namespace offstage::web {

namespace {

constexpr std::size_t max_parameters = 32;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
    return result;
}

bool is_token(std::string_view text) noexcept {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
               marks.find(c) != std::string_view::npos;
    });
}

std::string_view trim(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void check(std::string_view name, std::string_view value) {
    if (!is_token(name))
        throw Error(Errc::invalid_argument, "\"" + std::string(name.substr(0, 60)) + "\" is no header name");
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        throw Error(Errc::invalid_argument,
                    "the value of the header " + std::string(name) + " holds a line break or a NUL");
}

/// The text inside quotes whose opening one is text[0]; `text` goes on behind the closing one. A backslash
/// escapes a quote or itself and else stands for itself: browsers send "C:\dir\file" as it is.
std::string unquote(std::string_view& text) {
    std::string value;
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
        value += text[at];
    }
    text.remove_prefix(std::min(at + 1, text.size()));
    return value;
}

} // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
    for (const Field& field : fields_)
        if (same_name(field.name, name)) return field.value;
    return std::nullopt;
}

void Headers::add(std::string name, std::string value) {
    check(name, value);
    fields_.push_back({std::move(name), std::move(value)});
}

void Headers::set(std::string name, std::string value) {
    check(name, value);
    remove(name);
    fields_.push_back({std::move(name), std::move(value)});
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [&](const Field& field) { return same_name(field.name, name); });
}

std::optional<std::string_view> HeaderValue::parameter(std::string_view name) const noexcept {
    for (const auto& field : parameters)
        if (same_name(field.name, name)) return field.value;
    return std::nullopt;
}

HeaderValue parse_header_value(std::string_view text) {
    HeaderValue result;
    const auto semicolon = text.find(';');
    result.type = lower(trim(text.substr(0, semicolon)));
    text.remove_prefix(semicolon == std::string_view::npos ? text.size() : semicolon + 1);
    while (!text.empty() && result.parameters.size() < max_parameters) {
        const auto end = text.find_first_of("=;");
        const std::string_view name = trim(text.substr(0, end));
        if (end == std::string_view::npos) break;
        const bool named = text[end] == '=';
        text.remove_prefix(end + 1);
        if (!named) continue;
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        std::string value;
        if (text.starts_with('"')) {
            value = unquote(text);
            text.remove_prefix(std::min(text.find(';'), text.size()));
        } else {
            const auto stop = std::min(text.find(';'), text.size());
            value = trim(text.substr(0, stop));
            text.remove_prefix(stop);
        }
        if (text.starts_with(';')) text.remove_prefix(1);
        if (is_token(name)) result.parameters.push_back({lower(name), std::move(value)});
    }
    return result;
}

} // namespace offstage::web
