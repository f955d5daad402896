// Takes requests apart as their bytes arrive: Boost.Beast's parser behind a plain interface, without a
// socket.
//
//   head ─ parse_head() until it says true ─> body ─ parse_body() until it says true ─> the next parser
//
// It keeps nothing: what it has not used stays with the caller, who brings it again with more behind it.
// Inside web/ only. One thread at a time.
#pragma once

#include "offstage/web/headers.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace offstage::web {

/// The client does not speak HTTP as it should; `status` is what it is told before the connection closes.
class ProtocolError : public std::runtime_error {
public:
    ProtocolError(int status, const std::string& detail) : std::runtime_error(detail), status_(status) {}
    int status() const noexcept { return status_; }

private:
    int status_;
};

/// A request's line and headers, as sent.
struct Head {
    std::string method;
    std::string target;
    Headers headers;
    bool http_1_0 = false;
    bool keep_alive = true;        ///< the client may send another request on this connection
    bool expects_continue = false; ///< it waits for 100 before it sends the body
    bool has_body = false;         ///< a body of at least one byte, or of a length that only its end tells
};

class RequestParser {
public:
    explicit RequestParser(std::size_t max_header);
    ~RequestParser();

    /// Takes the head off the front of `input`; false, and nothing taken, while it is incomplete. Throws
    /// ProtocolError: 400, 417, 431, 501 or 505.
    bool parse_head(std::string_view& input);
    /// Valid once parse_head() was true.
    const Head& head() const noexcept;

    /// Takes what it can of the body off the front of `input` and appends its content to `content`; true
    /// when that was the last. Throws ProtocolError(400).
    bool parse_body(std::string_view& input, std::string& content);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace offstage::web
