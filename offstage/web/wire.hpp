// How an answer looks on the wire: its status line and headers, how its end is told, what protects its
// reader. Functions of their arguments; inside web/ only.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/web/response.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offstage::web {

/// How the client knows where the body ends.
enum class Framing {
    none,        ///< there is none: 204, 304
    length,      ///< Content-Length
    chunked,     ///< the last chunk
    until_close, ///< the end of the connection: HTTP/1.0, length unknown
};

Framing framing_of(const Response& response, bool http_1_0) noexcept;

/// The bytes of the body where that is known: a text, or a source that says so.
std::optional<std::uint64_t> body_length(const Response& response);

/// Status line and headers, blank line included. What the server decides (Content-Length, Transfer-Encoding,
/// Connection, Date) takes the place of what a handler may have set.
std::string response_head(const Response& response, Framing framing, bool close, WallTime now);

/// Sets what browsers should be told about any answer, where the handler has said nothing else: no guessing
/// of types, no frames, no other origin's reading, no script but our own files'. A 304 says nothing anew:
/// what it said would take the place of what the client was told with the body that it keeps.
void add_security_headers(Response& response);

/// "Sat, 21 Nov 2026 09:30:00 GMT"
std::string http_date(WallTime time);

} // namespace offstage::web
