// One connection: reads requests, has them answered, writes the answers, one after the other.
//
//   idle ─ first byte ─> busy ─ answered ─> idle, or closing: lingering ─> gone
//
//   busy: head ─ guards, route ─> whole body ─> handler ─ at once, or later ─┐
//              └───────────────> sink: write a chunk at a time, finish ────├─> answer: text, source or stream
//              └─ refused ─────────────────────────────────────────────────┘
//
// Everything here runs on the event loop's thread, one coroutine a connection; handlers, sinks and sources
// run on handler threads while the coroutine is suspended. An answer that leaves a body unread closes the
// connection. Inside web/ only.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/web/connection.hpp"
#include "offstage/web/core.hpp"
#include "offstage/web/wire.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace offstage::web {

class Session : public std::enable_shared_from_this<Session> {
public:
    /// `refused`: it is one too many, and is told so.
    Session(std::shared_ptr<Core> core, boost::asio::ip::tcp::socket socket, bool refused);

    /// REQUIRES: it is one of core's sessions.
    void start();
    /// Goes at once where no request is under way, else when that is answered; its stop is requested.
    void stop();
    /// Goes now; true when that was in mid-request.
    bool cut();

private:
    template <class T>
    using Awaitable = boost::asio::awaitable<T>;
    enum class Phase { idle, busy, lingering };
    enum class Body { more, last, failed };
    struct Exchange;

    // The way of a connection.
    Awaitable<void> run();
    Awaitable<void> refuse();
    Awaitable<bool> exchange();
    void finish();

    // The way of a request.
    Awaitable<bool> read_head(Exchange& x);
    bool parse_head(Exchange& x);
    void admit(Exchange& x);
    Awaitable<void> take_whole(Exchange& x);
    Awaitable<void> take_stream(Exchange& x);
    Awaitable<void> take_deferred(Exchange& x, std::shared_ptr<Deferred> later);
    Awaitable<Body> read_body(Exchange& x, std::string& content);
    Awaitable<void> send_continue(const Exchange& x);

    // The way of an answer. False: it could not be sent as a whole.
    Awaitable<bool> send(Exchange& x, bool close);
    Awaitable<bool> send_source(Exchange& x, BodySource& source, Framing framing);
    Awaitable<bool> send_stream(BodyStream& stream, Framing framing);
    Awaitable<bool> send_piece(std::string_view piece, Framing framing);

    // Handler threads.
    Awaitable<void> off_loop(std::function<void()> job);
    Awaitable<void> answer_by(Exchange& x, std::function<void()> make);
    Response failure(const Exchange& x, std::exception_ptr error) const;

    Awaitable<bool> sleep(SteadyTime until);
    void wake();

    const std::shared_ptr<Core> core_;
    const std::shared_ptr<Connection> connection_; // shared with its timer and its watch
    const bool refused_;
    Phase phase_ = Phase::idle;
    bool cut_ = false;
    std::stop_source stop_;        // of the request that is under way
    BodyStream* stream_ = nullptr; // the one that is being sent
    boost::asio::steady_timer waker_;
    bool awake_ = false;
};

} // namespace offstage::web
