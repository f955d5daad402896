// What a handler is given.
//
//   Response show(const Request& request) { return book(request.param("id"), request.query.get("fields")); }
//
// The server fills it, or a test does: Request::make(Method::get, "/api/v1/books?page=2"). It is a value that
// one thread reads. A handler that takes long looks at `stop`.
#pragma once

#include "offstage/web/headers.hpp"
#include "offstage/web/role.hpp"
#include "offstage/web/target.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage::web {

enum class Method { get, head, post, put, patch, del, options };

/// "GET", "DELETE", ...
std::string_view to_string(Method method) noexcept;
std::optional<Method> parse_method(std::string_view text) noexcept;

struct Request {
    Method method = Method::get;
    std::string target = "/"; ///< as sent: "/api/v1/books/?page=2"
    std::string path = "/";   ///< decoded, without query and trailing slash: "/api/v1/books"
    std::vector<std::pair<std::string, std::string>> params; ///< of the route's pattern, decoded
    Query query;
    Headers headers;
    std::string body;        ///< whole; empty where the route takes its body as a stream
    std::string peer;        ///< "127.0.0.1:53122"
    std::string user;        ///< the name of the token that was given; empty where none was needed
    Role role = Role::admin; ///< what that token is good for; admin where none was needed
    std::stop_token stop;    ///< the server is stopping, or the client has gone

    /// A request as the server would make it. Throws Error(invalid_argument) where the target cannot be read.
    static Request make(Method method, std::string_view target, std::string body = {},
                        std::string_view content_type = {});

    /// The value of `{name}` in the route's pattern.
    /// REQUIRES: the pattern has it.
    const std::string& param(std::string_view name) const;
    /// Content-Length, where the client has sent one. A chunked body has none.
    std::optional<std::uint64_t> content_length() const;
    /// The body's type in lower case, without its parameters: "application/json". Empty where none was sent.
    std::string content_type() const;
};

} // namespace offstage::web
