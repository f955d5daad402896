// One pass, with at most one delimiter held back:
//
//   preamble ─ delimiter ─> after_boundary ─ line end ─> headers ─ blank line ─> data ─ delimiter ─┐
//                               │  ^                                                               │
//                               │  └───────────────────────────────────────────────────────────────┘
//                               └─ "--" ─> epilogue, whose text is passed over
//
// The delimiter begins with CR and has no other CR in it (a boundary has none), so when a match breaks off
// there is never a second one inside what was matched: held back bytes are data, and the scan goes on.
#include "offstage/web/multipart.hpp"

#include "offstage/base/error.hpp"
#include "offstage/base/utf8.hpp"
#include "offstage/web/target.hpp"

#include <algorithm>
#include <utility>

namespace offstage::web {

namespace {

constexpr std::size_t max_boundary = 70; // RFC 2046, 5.1.1
constexpr std::size_t max_padding = 64;  // blanks behind a boundary

/// filename* of RFC 5987: charset'language'percent-encoded. Nothing where that is not UTF-8.
std::optional<std::string> extended_value(std::string_view text) {
    const auto first = text.find('\'');
    const auto second = first == std::string_view::npos ? first : text.find('\'', first + 1);
    if (second == std::string_view::npos || !same_name(text.substr(0, first), "utf-8")) return std::nullopt;
    try {
        return percent_decode(text.substr(second + 1));
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// What a browser or curl meant by a quoted name: %22 is a quote (WHATWG), what is not UTF-8 is marked.
std::string form_name(std::string_view text) {
    std::string result = repair_utf8(text);
    for (std::size_t at = 0; (at = result.find("%22", at)) != std::string::npos; ++at)
        result.replace(at, 3, "\"");
    return result;
}

Headers read_headers(std::string_view text) {
    Headers headers;
    while (!text.empty()) {
        const auto end = text.find("\r\n");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
        if (line.empty()) break;
        const auto colon = line.find(':');
        if (colon == std::string_view::npos)
            throw Error(Errc::invalid_argument, "a part of the form has a header line without a colon");
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
        headers.add(std::string(line.substr(0, colon)), std::string(value));
    }
    return headers;
}

} // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
    const HeaderValue value = parse_header_value(content_type);
    if (value.type != "multipart/form-data") return std::nullopt;
    const std::string_view boundary = value.parameter("boundary").value_or("");
    const bool plain = std::ranges::all_of(boundary, [](char c) { return c >= ' ' && c < 127; });
    if (boundary.empty() || boundary.size() > max_boundary || !plain)
        throw Error(Errc::invalid_argument,
                    "the form's Content-Type should have a boundary of 1 to 70 characters");
    return std::string(boundary);
}

MultipartScanner::MultipartScanner(std::string_view boundary, PartHandler& handler, MultipartLimits limits)
    : delimiter_("\r\n--" + std::string(boundary)), handler_(handler), limits_(limits) {}

void MultipartScanner::push(std::span<const char> chunk) {
    std::string_view text(chunk.data(), chunk.size());
    if (state_ == State::failed) throw Error(Errc::invalid_argument, "the form was refused before");
    try {
        while (!text.empty()) text = scan(text);
    } catch (...) {
        state_ = State::failed;
        throw;
    }
}

void MultipartScanner::finish() {
    if (std::exchange(state_, State::failed) != State::epilogue)
        throw Error(Errc::invalid_argument, "the form breaks off before its closing boundary");
}

std::string_view MultipartScanner::scan(std::string_view text) {
    switch (state_) {
    case State::preamble:
    case State::data:
        return scan_text(text);
    case State::after_boundary:
        return scan_after_boundary(text);
    case State::headers:
        return scan_headers(text);
    case State::epilogue:
    case State::failed:
        break;
    }
    return {};
}

/// Up to a delimiter, or all of `text`; a delimiter's beginning at the end is held back in matched_.
std::string_view MultipartScanner::scan_text(std::string_view text) {
    if (matched_ == 0) {
        const auto start = std::min(text.find('\r'), text.size());
        emit(text.substr(0, start));
        text.remove_prefix(start);
    }
    const std::string_view wanted = std::string_view(delimiter_).substr(matched_);
    const auto same = std::ranges::mismatch(wanted, text).in1 - wanted.begin();
    matched_ += static_cast<std::size_t>(same);
    text.remove_prefix(static_cast<std::size_t>(same));
    if (matched_ == delimiter_.size()) {
        if (state_ == State::data) handler_.part_end();
        state_ = State::after_boundary;
        collected_.clear();
        matched_ = borrowed_ = 0;
    } else if (!text.empty()) {
        const std::size_t from = std::exchange(borrowed_, 0);
        emit(std::string_view(delimiter_).substr(from, std::exchange(matched_, 0) - from));
    }
    return text;
}

std::string_view MultipartScanner::scan_after_boundary(std::string_view text) {
    collected_ += text.front();
    text.remove_prefix(1);
    if (collected_ == "--") {
        state_ = State::epilogue;
    } else if (collected_.ends_with("\r\n")) {
        collected_.clear();
        state_ = State::headers;
    } else {
        const auto blanks = std::min(collected_.find_first_not_of(" \t"), collected_.size());
        const std::string_view rest = std::string_view(collected_).substr(blanks);
        const bool good = rest.empty() || rest == "\r" || collected_ == "-";
        if (!good || blanks > max_padding)
            throw Error(Errc::invalid_argument, "a boundary of the form is not followed by a line end");
    }
    return text;
}

std::string_view MultipartScanner::scan_headers(std::string_view text) {
    while (!text.empty()) {
        collected_ += text.front();
        text.remove_prefix(1);
        if (collected_ == "\r\n" || collected_.ends_with("\r\n\r\n")) {
            begin_part();
            break;
        }
        if (collected_.size() >= limits_.max_header)
            throw Error(Errc::too_large, "the headers of a part of the form have more than " +
                                             std::to_string(limits_.max_header) + " bytes");
    }
    return text;
}

void MultipartScanner::begin_part() {
    if (++parts_ > limits_.max_parts)
        throw Error(Errc::too_large,
                    "the form has more than " + std::to_string(limits_.max_parts) + " parts");
    Part part;
    part.headers = read_headers(collected_);
    const HeaderValue disposition = parse_header_value(part.headers.get("Content-Disposition").value_or(""));
    const auto name = disposition.parameter("name");
    if (disposition.type != "form-data" || !name)
        throw Error(Errc::invalid_argument, "a part of the form has no Content-Disposition with a name");
    part.name = form_name(*name);
    if (const auto extended = disposition.parameter("filename*")) part.filename = extended_value(*extended);
    if (const auto plain = disposition.parameter("filename"); plain && !part.filename)
        part.filename = form_name(*plain);
    part.content_type = part.headers.get("Content-Type").value_or("");
    collected_.clear();
    state_ = State::data;
    // A part may have no content at all; the line end that closed its headers then begins the delimiter.
    matched_ = borrowed_ = 2;
    handler_.part_begin(part);
}

void MultipartScanner::emit(std::string_view data) {
    if (state_ == State::data && !data.empty()) handler_.part_data(data);
}

} // namespace offstage::web
