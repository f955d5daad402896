#include "offstage/web/wire.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace offstage::web {

namespace {

constexpr std::array<std::string_view, 4> ours{"Content-Length", "Transfer-Encoding", "Connection", "Date"};

bool is_ours(std::string_view name) noexcept {
    for (const std::string_view each : ours)
        if (same_name(each, name)) return true;
    return false;
}

void line(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

std::optional<std::uint64_t> body_length(const Response& response) {
    if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
    if (const auto* source = std::get_if<std::unique_ptr<BodySource>>(&response.body))
        return (*source)->size();
    return std::nullopt;
}

Framing framing_of(const Response& response, bool http_1_0) noexcept {
    if (response.status < 200 || response.status == 204 || response.status == 304) return Framing::none;
    if (body_length(response)) return Framing::length;
    return http_1_0 ? Framing::until_close : Framing::chunked;
}

std::string response_head(const Response& response, Framing framing, bool close, WallTime now) {
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
    head.append(reason_phrase(response.status)).append("\r\n");
    line(head, "Date", http_date(now));
    for (const auto& field : response.headers)
        if (!is_ours(field.name)) line(head, field.name, field.value);
    if (framing == Framing::length)
        line(head, "Content-Length", std::to_string(body_length(response).value_or(0)));
    if (framing == Framing::chunked) line(head, "Transfer-Encoding", "chunked");
    if (close || framing == Framing::until_close) line(head, "Connection", "close");
    return head.append("\r\n");
}

void add_security_headers(Response& response) {
    if (response.status == 304) return;
    Headers& headers = response.headers;
    static constexpr std::pair<std::string_view, std::string_view> defaults[] = {
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
    };
    for (const auto& [name, value] : defaults)
        if (!headers.contains(name)) headers.set(std::string(name), std::string(value));
    if (headers.contains("Content-Security-Policy")) return;
    const bool page = headers.get("Content-Type").value_or("").starts_with("text/html");
    headers.set("Content-Security-Policy",
                page ? "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                       "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
                       "frame-ancestors 'none'"
                     : "default-src 'none'; frame-ancestors 'none'");
}

std::string http_date(WallTime time) {
    static constexpr std::array<const char*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    char text[40];
    const int length =
        std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                      weekdays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                      months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()));
    return {text, static_cast<std::size_t>(length)};
}

} // namespace offstage::web
