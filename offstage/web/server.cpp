#include "offstage/web/server.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/web/core.hpp"
#include "offstage/web/same_origin.hpp"
#include "offstage/web/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace offstage::web {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view accepting = "accepting a connection";
constexpr auto accept_pause = 1s;              // when the system has no room for another connection
constexpr unsigned unacknowledged_ms = 30'000; // a client whose machine does not answer is gone after that

/// Throws Error(invalid_argument) naming the first option that cannot be.
asio::ip::address checked(const ServerOptions& options) {
    const auto refuse = [](const std::string& what) { throw Error(Errc::invalid_argument, what); };
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error)
        refuse("the address to listen on should be an IP address such as 127.0.0.1, not \"" +
               options.address + "\"");
    const std::pair<const char*, std::size_t> positive[] = {
        {"threads", options.threads},
        {"max_connections", options.max_connections},
        {"max_body", options.max_body},
        {"min_rate", options.min_rate},
        {"header_timeout",
         static_cast<std::size_t>(std::max<std::int64_t>(0, options.header_timeout.count()))},
        {"idle_timeout", static_cast<std::size_t>(std::max<std::int64_t>(0, options.idle_timeout.count()))},
        {"rate_window", static_cast<std::size_t>(std::max<std::int64_t>(0, options.rate_window.count()))},
    };
    for (const auto& [name, value] : positive)
        if (value == 0) refuse(std::string("the server's ") + name + " should be more than 0");
    if (options.max_header < 1024 || options.max_header > 1024 * 1024)
        refuse("the server's max_header should be from 1 KiB to 1 MiB");
    return address;
}

[[noreturn]] void cannot_listen(const tcp::endpoint& endpoint, const boost::system::error_code& error) {
    const std::string port = std::to_string(endpoint.port());
    const std::string where = endpoint.address().to_string() + " port " + port;
    if (error == asio::error::address_in_use)
        throw Error(Errc::held, where + " is taken by another program (`ss -ltnp 'sport = :" + port +
                                    "'` shows which): stop that one, or choose another port");
    if (error == asio::error::access_denied)
        throw Error(Errc::io, where + " cannot be listened on without rights: choose a port above 1023");
    throw Error(Errc::io, where + " cannot be listened on: " + error.message());
}

} // namespace

Core::Core(Router routes, ServerOptions settings, Guard same_origin_guard)
    : options(std::move(settings)), router(std::move(routes)), guard(std::move(same_origin_guard)),
      handlers(options.max_connections + max_refused) {}

Core::~Core() = default;

void Core::tell(std::string_view where, std::exception_ptr error) const noexcept {
    if (!options.on_error) return;
    try {
        options.on_error(where, std::move(error));
    } catch (...) {
        // Whoever hears of errors has one of its own; there is nobody left to tell.
    }
}

void Core::remove(const std::shared_ptr<Session>& session, bool was_refused) {
    sessions.erase(session);
    if (was_refused)
        --refused;
    else
        connections.fetch_sub(1, std::memory_order_relaxed);
    if (stopping && sessions.empty()) drained.set();
}

struct Server::Impl {
    Impl(Router routes, ServerOptions settings) : router(std::move(routes)), options(std::move(settings)) {}

    asio::awaitable<void> accept();
    void admit(tcp::socket socket);
    void begin_stop();
    void cut_all();
    void on_loop(std::function<void()> job);

    Router router;
    ServerOptions options;
    std::shared_ptr<Core> core; // shared: each connection needs it to its end
    std::optional<tcp::acceptor> acceptor;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
    std::uint16_t port = 0;
    sys::Thread thread;
};

asio::awaitable<void> Server::Impl::accept() {
    asio::steady_timer pause(core->loop);
    while (acceptor->is_open()) {
        tcp::socket socket(core->loop);
        const auto [error] = co_await acceptor->async_accept(socket, asio::as_tuple(asio::use_awaitable));
        if (!error) {
            admit(std::move(socket));
        } else if (acceptor->is_open()) {
            core->tell(accepting, std::make_exception_ptr(Error(Errc::io, error.message())));
            pause.expires_after(accept_pause);
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

void Server::Impl::admit(tcp::socket socket) try {
    const bool full = core->connections.load(std::memory_order_relaxed) >= core->options.max_connections;
    if (core->stopping || (full && core->refused >= Core::max_refused)) return; // closes it
    boost::system::error_code ignored; // a socket without these still works
    std::ignore = socket.set_option(tcp::no_delay(true), ignored);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
                 sizeof unacknowledged_ms);
    if (full)
        ++core->refused;
    else
        core->connections.fetch_add(1, std::memory_order_relaxed);
    const auto session = std::make_shared<Session>(core, std::move(socket), full);
    core->sessions.insert(session);
    session->start();
} catch (...) {
    core->tell(accepting, std::current_exception());
}

void Server::Impl::begin_stop() {
    if (std::exchange(core->stopping, true)) return;
    boost::system::error_code ignored; // it takes no more connections either way
    std::ignore = acceptor->close(ignored);
    // A copy: a session that goes at once leaves the set.
    const auto sessions = core->sessions;
    for (const auto& session : sessions) session->stop();
    if (core->sessions.empty()) core->drained.set();
}

void Server::Impl::cut_all() {
    const auto sessions = core->sessions;
    for (const auto& session : sessions)
        if (session->cut()) ++core->report.cut;
}

/// Runs `job` on the loop's thread and waits for it.
void Server::Impl::on_loop(std::function<void()> job) {
    Event done;
    asio::post(core->loop, [&] {
        job();
        done.set();
    });
    done.wait();
}

Server::Server(Router router, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(router), std::move(options))) {}

Server::~Server() {
    if (!impl_->thread.joinable()) return;
    stop(Deadline::past());
    impl_->work.reset();
    impl_->thread.join();
    impl_->core->handlers.finish();
}

void Server::start() {
    OFFSTAGE_CHECK(!impl_->core, "a server was started twice");
    const auto address = checked(impl_->options);
    const Access& access = impl_->options.access;
    if (access.is_open() && !address.is_loopback())
        throw Error(Errc::invalid_argument,
                    "listening on " + impl_->options.address +
                        " lets others than this machine in, which demands tokens: give a token file");
    if (!access.is_open()) impl_->router.mount("/", access.login_routes());
    const tcp::endpoint endpoint(address, impl_->options.port);
    Guard guard = same_origin({.hosts = impl_->options.hosts,
                               .origins = impl_->options.origins,
                               .any_address = !address.is_loopback()});
    auto core = std::make_shared<Core>(std::move(impl_->router), impl_->options, std::move(guard));

    boost::system::error_code error;
    tcp::acceptor acceptor(core->loop);
    std::ignore = acceptor.open(endpoint.protocol(), error);
    if (!error) std::ignore = acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) std::ignore = acceptor.bind(endpoint, error);
    if (!error) std::ignore = acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) cannot_listen(endpoint, error);

    impl_->port = acceptor.local_endpoint().port();
    core->handlers.start(impl_->options.threads);
    impl_->core = std::move(core);
    impl_->acceptor.emplace(std::move(acceptor));
    impl_->work.emplace(impl_->core->loop.get_executor());
    asio::co_spawn(impl_->core->loop, impl_->accept(), asio::detached);
    impl_->thread =
        sys::Thread("web-loop", [&core = *impl_->core](const std::stop_token&) { core.loop.run(); });
}

std::uint16_t Server::port() const noexcept {
    return impl_->port;
}

std::string Server::url() const {
    const bool v6 = impl_->options.address.find(':') != std::string::npos;
    return "http://" + (v6 ? "[" + impl_->options.address + "]" : impl_->options.address) + ":" +
           std::to_string(port());
}

std::size_t Server::connections() const noexcept {
    return impl_->core ? impl_->core->connections.load(std::memory_order_relaxed) : 0;
}

StopReport Server::stop(Deadline deadline) {
    if (!impl_->thread.joinable()) return {};
    impl_->on_loop([this] { impl_->begin_stop(); });
    if (impl_->core->drained.wait({}, deadline) != WaitStatus::ok)
        impl_->on_loop([this] { impl_->cut_all(); });
    StopReport report;
    impl_->on_loop([&] { report = impl_->core->report; });
    return report;
}

} // namespace offstage::web
