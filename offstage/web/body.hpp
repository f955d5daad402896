// Bodies that are never in memory as a whole.
//
//   BodySink    takes a request's body chunk by chunk, as it arrives      (an upload into the spool)
//   BodySource  gives a response's body chunk by chunk, as it is wanted   (a file, an export)
//   BodyStream  carries what happens to a client as it happens            (server-sent events)
//
// Sinks and sources run on the server's handler threads, one call at a time but not always on the same
// thread, and may block: the server reads from the network only as fast as a sink writes, and asks a source
// only as fast as the client reads. Neither holds a handler thread while the network is awaited.
#pragma once

#include "offstage/web/response.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <variant>

namespace offstage::web {

/// Takes one request's body. Calls: write*, then exactly one of finish or abandoned; none after a refusal.
/// Destroyed on a handler thread. A throw from write or finish is answered as a handler's would be, and ends
/// the sink like a refusal.
class BodySink {
public:
    virtual ~BodySink() = default;
    /// The next bytes, never none. A Response refuses the rest: it is sent, and the connection closed.
    virtual std::optional<Response> write(std::span<const char> chunk) = 0;
    /// The body is complete; what comes back is the answer.
    virtual Response finish() = 0;
    /// The client has gone, was too slow or broke the protocol, or the server stops: nobody hears an answer.
    virtual void abandoned() noexcept = 0;
};

/// What a streaming route answers when it has seen the head: a sink for the body, or a refusal that is sent
/// before the body is read.
using Intake = std::variant<std::unique_ptr<BodySink>, Response>;

} // namespace offstage::web
