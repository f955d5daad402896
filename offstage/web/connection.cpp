#include "offstage/web/connection.hpp"

#include "offstage/sys/clock.hpp"
#include "offstage/web/rate_window.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <tuple>
#include <utility>

#include <sys/socket.h>

namespace offstage::web {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto tuple_awaitable = asio::as_tuple(asio::use_awaitable);

std::string peer_name(const tcp::socket& socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return "unknown";
    const std::string address = endpoint.address().to_string();
    const std::string port = ":" + std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]" + port : address + port;
}

} // namespace

Connection::Connection(tcp::socket socket, const ServerOptions& options)
    : options_(options), socket_(std::move(socket)), input_(std::max(options.max_header, piece_size)),
      peer_(peer_name(socket_)), timer_(socket_.get_executor()) {}

Connection::Awaitable<std::size_t> Connection::fill(SteadyTime deadline, std::size_t wanted) {
    input_.shrink(small_input);
    const auto room = input_.prepare(wanted);
    timed_out_ = false;
    arm(deadline);
    const auto [error, got] =
        co_await socket_.async_read_some(asio::buffer(room.data(), room.size()), tuple_awaitable);
    disarm();
    if (error) co_return 0;
    timed_out_ = false; // it came at the last moment
    input_.commit(got);
    co_return got;
}

Connection::Awaitable<bool> Connection::write(std::string_view a, std::string_view b, std::string_view c) {
    std::array<asio::const_buffer, 3> rest{asio::buffer(a), asio::buffer(b), asio::buffer(c)};
    std::size_t left = a.size() + b.size() + c.size();
    RateWindow rate(options_.min_rate, options_.rate_window, sys::steady_now());
    while (left > 0) {
        arm(rate.deadline());
        auto [error, moved] = co_await socket_.async_write_some(rest, tuple_awaitable);
        disarm();
        if (error) co_return false;
        rate.moved(moved, sys::steady_now());
        left -= moved;
        for (auto& buffer : rest) {
            const std::size_t part = std::min(moved, buffer.size());
            buffer += part;
            moved -= part;
        }
    }
    co_return true;
}

Connection::Awaitable<void> Connection::linger(std::chrono::milliseconds silence,
                                               std::chrono::milliseconds most) {
    boost::system::error_code error;
    std::ignore = socket_.shutdown(tcp::socket::shutdown_send, error);
    const SteadyTime end = sys::steady_now() + most;
    bool more = !error;
    while (more) {
        input_.clear();
        const SteadyTime now = sys::steady_now();
        const std::size_t came = co_await fill(std::min<SteadyTime>(end, now + silence));
        more = came > 0 && now < end;
    }
}

void Connection::watch(std::function<void()> gone) {
    gone_ = std::move(gone);
    if (std::exchange(watching_, true)) return;
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->watching_ = false;
                           if (error || !self->gone_ || !self->client_gone()) return;
                           std::exchange(self->gone_, nullptr)();
                       });
}

bool Connection::client_gone() {
    char byte = 0;
    const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

void Connection::cancel() {
    boost::system::error_code ignored; // nothing to cancel on a socket that is closed
    std::ignore = socket_.cancel(ignored);
}

void Connection::close() {
    gone_ = nullptr;
    timer_.cancel();
    boost::system::error_code ignored; // whatever is wrong with the socket, it is closed
    std::ignore = socket_.close(ignored);
}

void Connection::abort() {
    boost::system::error_code ignored; // a socket that is closed already will do
    std::ignore = socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

void Connection::arm(SteadyTime deadline) {
    deadline_ = deadline;
    if (!timing_ || deadline < timer_.expiry()) start_timer();
}

void Connection::start_timer() {
    timing_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (error) return; // an earlier deadline has taken its place, or the connection is closed
        self->timing_ = false;
        if (self->deadline_ == SteadyTime::max()) return;
        if (sys::steady_now() < self->deadline_) return self->start_timer();
        self->timed_out_ = true;
        self->cancel();
    });
}

} // namespace offstage::web
