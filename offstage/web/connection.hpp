// A client's socket with its time limits: what comes is read into one bounded buffer, what goes is written
// only as long as the client takes it, and a watch tells when the client goes.
//
// One timer serves all operations: it runs on when a later deadline takes the place of an earlier one, and
// looks again when it fires, so that setting a deadline costs nothing most of the time.
//
// The event loop's thread alone. Inside web/ only; brings in Asio.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/web/input_buffer.hpp"
#include "offstage/web/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace offstage::web {

class Connection : public std::enable_shared_from_this<Connection> {
public:
    /// Bytes of a body in one read or write.
    static constexpr std::size_t piece_size = std::size_t{64} * 1024;
    /// What an idle connection keeps.
    static constexpr std::size_t small_input = std::size_t{4} * 1024;

    template <class T>
    using Awaitable = boost::asio::awaitable<T>;

    /// `options` outlives it.
    Connection(boost::asio::ip::tcp::socket socket, const ServerOptions& options);

    /// "127.0.0.1:53122"
    const std::string& peer() const noexcept { return peer_; }
    /// What has come and was not used yet.
    InputBuffer& input() noexcept { return input_; }

    /// Reads what there is into input(), at least a byte, at most `wanted`. 0: the client has ended or gone,
    /// or the connection is closed, or the deadline has passed (timed_out()).
    Awaitable<std::size_t> fill(SteadyTime deadline, std::size_t wanted = piece_size);
    /// True when the last fill() was ended by its deadline.
    bool timed_out() const noexcept { return timed_out_; }
    /// Sends all of it; false when the client has gone or took too little for too long (min_rate).
    Awaitable<bool> write(std::string_view a, std::string_view b = {}, std::string_view c = {});
    /// Says that no more comes, and reads and drops what the client still sends, until it ends, is silent, or
    /// `most` has passed: a close with bytes unread would reset the connection, and take with it the answer
    /// that the client has not read yet.
    Awaitable<void> linger(std::chrono::milliseconds silence, std::chrono::milliseconds most);

    /// Calls `gone` once, should the client go before unwatch(). What the client sends meanwhile ends the
    /// watch: behind it, its going cannot be seen.
    void watch(std::function<void()> gone);
    void unwatch() { gone_ = nullptr; }

    /// Ends the operation that is under way as if the client had gone.
    void cancel();
    void close();
    /// Closes so that the client cannot take what it has for the whole.
    void abort();

private:
    void arm(SteadyTime deadline);
    void disarm() { deadline_ = SteadyTime::max(); }
    void start_timer();
    bool client_gone();

    const ServerOptions& options_;
    boost::asio::ip::tcp::socket socket_;
    InputBuffer input_;
    std::string peer_;
    std::function<void()> gone_;
    bool watching_ = false;
    boost::asio::steady_timer timer_;
    SteadyTime deadline_ = SteadyTime::max();
    bool timing_ = false;
    bool timed_out_ = false;
};

} // namespace offstage::web
