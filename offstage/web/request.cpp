#include "offstage/web/request.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"

#include <array>
#include <charconv>

namespace offstage::web {

namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> method_names{{
    {Method::get, "GET"},
    {Method::head, "HEAD"},
    {Method::post, "POST"},
    {Method::put, "PUT"},
    {Method::patch, "PATCH"},
    {Method::del, "DELETE"},
    {Method::options, "OPTIONS"},
}};

} // namespace

std::string_view to_string(Method method) noexcept {
    return method_names[static_cast<std::size_t>(method)].second;
}

std::optional<Method> parse_method(std::string_view text) noexcept {
    for (const auto& [method, name] : method_names)
        if (name == text) return method;
    return std::nullopt;
}

Request Request::make(Method method, std::string_view target, std::string body,
                      std::string_view content_type) {
    if (!target.starts_with('/'))
        throw Error(Errc::invalid_argument, "the address of a request should begin with /");
    Request request;
    request.method = method;
    request.target = target;
    const std::string_view raw = target.substr(0, target.find('?'));
    request.path = percent_decode(raw);
    if (request.path.size() > 1 && raw.ends_with('/')) request.path.pop_back();
    request.query = Query(target.substr(std::min(raw.size() + 1, target.size())));
    request.body = std::move(body);
    if (!content_type.empty()) request.headers.set("Content-Type", std::string(content_type));
    return request;
}

const std::string& Request::param(std::string_view name) const {
    for (const auto& [key, value] : params)
        if (key == name) return value;
    check_failed("has the parameter",
                 "a handler asked for a parameter that its route's pattern does not have",
                 std::source_location::current());
}

std::optional<std::uint64_t> Request::content_length() const {
    const auto text = headers.get("Content-Length");
    if (!text) return std::nullopt;
    std::uint64_t length = 0;
    const auto [stopped, error] = std::from_chars(text->data(), text->data() + text->size(), length);
    if (error != std::errc{} || stopped != text->data() + text->size()) return std::nullopt;
    return length;
}

std::string Request::content_type() const {
    return parse_header_value(headers.get("Content-Type").value_or("")).type;
}

} // namespace offstage::web
