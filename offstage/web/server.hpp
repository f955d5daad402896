// An HTTP/1.1 server: a Router behind a socket.
//
//   web::Server server(std::move(router), {.port = 8000, .on_error = log});
//   server.start();                                  // reports what is wrong, else is listening
//   ...
//   server.stop(Deadline::after(sys::steady_now(), 5s));
//
// One thread runs the event loop, `threads` more run handlers, sinks and sources; a client that is slow or
// silent holds no thread. Everything that a client can make grow has a bound below, and what passes it is
// told by its status: 400 what is no HTTP, 401 and 403 who may not, 408 too slow, 413 body, 421 a name that
// is not ours, 431 head, 503 too many connections. Built on Boost.Beast's parser and Asio, neither of which
// shows here.
//
// A request's `stop` is requested when the client goes or the server stops. A handler's throw is answered as
// problem.hpp says and told to on_error.
//
// Any thread may call; start() once. What the router's handlers refer to outlives the server.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/web/access.hpp"
#include "offstage/web/router.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::web {

struct ServerOptions {
    std::string address = "127.0.0.1"; ///< an IP address to listen on
    std::uint16_t port = 8000;         ///< 0: the kernel picks, port() tells
    std::size_t threads = 8;           ///< handlers that run at once
    std::size_t max_connections =
        512; ///< open at once; of further ones 32 at a time get 503, the rest is closed
    std::size_t max_header = std::size_t{16} * 1024; ///< bytes of a request's line and headers
    std::size_t max_body =
        std::size_t{1024} * 1024; ///< bytes of a whole body, where its route says nothing else

    std::chrono::milliseconds header_timeout{10'000}; ///< from the first byte of a request to its head's end
    std::chrono::milliseconds idle_timeout{
        60'000};                 ///< between two requests of a connection, and for the first
    std::size_t min_rate = 1024; ///< bytes a second that a client must send of a body, and read of an answer
    std::chrono::milliseconds rate_window{10'000}; ///< over which min_rate is measured

    /// Names, beside loopback's own, by which clients may call this server (`Host`), without port.
    std::vector<std::string> hosts = {};
    /// Origins ("https://shop.example") whose pages may change things here, beside our own pages.
    std::vector<std::string> origins = {};

    /// Who may do what. Open to all by default, which only a loopback address may be.
    Access access = {};

    /// Hears every error that was answered with 5xx or could not be answered: `where` is method and target.
    /// Called on server threads; what it throws is dropped.
    std::function<void(std::string_view where, std::exception_ptr error)> on_error = {};
};

/// What stop() did.
struct StopReport {
    std::size_t finished = 0; ///< requests that were under way and got their answer
    std::size_t cut = 0;      ///< connections cut in mid-request at the deadline
    std::size_t running = 0;  ///< handlers, sinks, sources that have not come back yet; the destructor waits
};

class Server {
public:
    Server(Router router, ServerOptions options = {});
    /// Stops with a deadline of now, then waits for handlers that are still running.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens and returns. Throws Error: invalid_argument for options that cannot be, held for a port that
    /// another program has, io for an address that is not ours or a port that needs rights.
    void start();
    /// The port that is listened on; 0 before start().
    std::uint16_t port() const noexcept;
    /// "http://127.0.0.1:8000"
    std::string url() const;
    std::size_t connections() const noexcept;

    /// Takes no more requests, requests the stop of those under way, ends live streams, and waits for the
    /// rest until `deadline`; then cuts them. Blocks no longer than that. A second stop is safe and waits for
    /// the first.
    StopReport stop(Deadline deadline);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace offstage::web
