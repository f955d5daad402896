// What a handler answers: a status, headers, and a body that is a text, a file, a source or a live stream; or
// that all of it comes later.
//
//   return Response::json(201, to_json(import)).with("Location", "/api/v1/imports/12");
//
// The server adds Content-Length or chunks, Date, Connection and the security headers. Values that can be
// moved, not copied.
#pragma once

#include "offstage/web/headers.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace offstage::web {

class BodyStream; // stream.hpp
class Deferred;   // deferred.hpp

/// Gives a response's body chunk by chunk. Runs on handler threads, one call at a time, and may block.
class BodySource {
public:
    virtual ~BodySource() = default;
    /// Fills some of `into` and says how much; 0 is the end. A throw cuts the connection, so that the client
    /// does not take what it has for the whole.
    virtual std::size_t read(std::span<char> into) = 0;
    /// The bytes that read() will give in all, where that is known; the client then sees its progress.
    virtual std::optional<std::uint64_t> size() const { return std::nullopt; }
};

struct Response {
    int status = 200;
    Headers headers;
    std::variant<std::string, std::unique_ptr<BodySource>, std::shared_ptr<BodyStream>,
                 std::shared_ptr<Deferred>>
        body;

    static Response empty(int status = 204);
    static Response text(int status, std::string text, std::string_view type = "text/plain; charset=utf-8");
    /// `json` is JSON text, as to_json(value) gives it.
    static Response json(int status, std::string json);
    /// 303 by default: "look there, with GET".
    static Response redirect(std::string_view location, int status = 303);
    /// A file, opened here and read as it is sent. Throws Error(not_found) or Error(io).
    static Response file(const std::string& path, std::string_view type);
    /// A body that is made as the client takes it.
    static Response produced(std::unique_ptr<BodySource> source, std::string_view type);
    /// A body that others write to, until they close it or the client goes. Shared: the server reads it, and
    /// whoever has something to tell writes it.
    static Response streamed(std::shared_ptr<BodyStream> stream, std::string_view type);

    /// An answer that comes later, while no thread waits for it; then all of it counts, and nothing of this.
    /// Shared: the server waits for it, and whoever has it gives it.
    static Response deferred(std::shared_ptr<Deferred> later);

    /// The same with one header set.
    Response with(std::string name, std::string value) &&;

    /// The body where it is a text, else empty: what tests look at.
    std::string_view text() const noexcept;
    /// The whole body, a source read to its end: for tests. A live stream gives what it holds now; of
    /// what comes later, nothing.
    std::string read_all();
};

/// "Not Found" of 404; empty for a status that has no name.
std::string_view reason_phrase(int status) noexcept;

} // namespace offstage::web
