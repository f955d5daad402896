#include "offstage/web/session.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/deferred.hpp"
#include "offstage/web/gzip.hpp"
#include "offstage/web/parser.hpp"
#include "offstage/web/problem.hpp"
#include "offstage/web/rate_window.hpp"
#include "offstage/web/stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>
#include <variant>

namespace offstage::web {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr auto tuple_awaitable = asio::as_tuple(asio::use_awaitable);

constexpr auto linger_silence = 2s; // a client that is told to go and sends nothing any more
constexpr auto linger_most = 30s;   // one that goes on sending
constexpr auto linger_refused = 1s; // one too many

/// The host of "http://host/path", as proxies ask, which then counts instead of the Host header (RFC
/// 9112, 3.2.2); `target` becomes "/path". Nothing where it is a path already.
std::optional<std::string> take_host(std::string& target) {
    const auto scheme = target.find("://");
    if (target.starts_with('/') || scheme == std::string::npos) return std::nullopt;
    const auto end = std::min(target.find_first_of("/?#", scheme + 3), target.size());
    std::string host = target.substr(scheme + 3, end - scheme - 3);
    target.erase(0, end);
    if (!target.starts_with('/')) target.insert(0, "/");
    return host;
}

Response told(const ProtocolError& error) {
    return problem(error.status(), "bad_request", error.what());
}

Response too_large(std::size_t limit) {
    return problem(Errc::too_large,
                   "The body of this request may have at most " + std::to_string(limit) + " bytes");
}

Response too_slow() {
    return problem(408, "too_slow", "The request has come too slowly to be waited for");
}

} // namespace

/// One request and its answer.
struct Session::Exchange {
    explicit Exchange(const ServerOptions& options)
        : parser(options.max_header), rate(options.min_rate, options.rate_window, sys::steady_now()) {}

    RequestParser parser;
    RateWindow rate; // of the body
    bool has_head = false;
    bool body_read = false;
    bool gone = false; // nobody is there to be answered
    Request request;
    const Route* route = nullptr;
    std::optional<Response> answer;

    bool must_close() const {
        return !has_head || !parser.head().keep_alive || http_1_0() || (parser.head().has_body && !body_read);
    }
    bool http_1_0() const { return has_head && parser.head().http_1_0; }
    bool is_head_request() const { return has_head && parser.head().method == "HEAD"; }
    std::string where() const {
        return has_head ? parser.head().method + " " + parser.head().target : "a request's head";
    }
};

Session::Session(std::shared_ptr<Core> core, tcp::socket socket, bool refused)
    : core_(std::move(core)), connection_(std::make_shared<Connection>(std::move(socket), core_->options)),
      refused_(refused), waker_(core_->loop) {}

void Session::start() {
    asio::co_spawn(core_->loop, run(), asio::detached);
}

void Session::stop() {
    if (phase_ != Phase::busy) {
        cut();
        return;
    }
    stop_.request_stop();
    wake();
}

bool Session::cut() {
    const bool in_request = phase_ == Phase::busy && !cut_;
    cut_ = true;
    connection_->close();
    stop_.request_stop();
    wake();
    return in_request;
}

Session::Awaitable<void> Session::run() {
    const auto self = shared_from_this();
    try {
        if (refused_) co_await refuse();
        bool again = !refused_;
        while (again) again = co_await exchange();
    } catch (...) {
        core_->tell("the connection from " + connection_->peer(), std::current_exception());
    }
    finish();
}

void Session::finish() {
    waker_.cancel();
    connection_->close();
    core_->remove(shared_from_this(), refused_);
}

Session::Awaitable<void> Session::refuse() {
    phase_ = Phase::busy;
    Response answer = problem(503, "too_many_connections",
                              "This server has all the connections that it takes; try again soon")
                          .with("Retry-After", "1");
    const std::string head = response_head(answer, Framing::length, true, sys::wall_now());
    const bool sent = co_await connection_->write(head, answer.text());
    phase_ = Phase::lingering;
    if (sent) co_await connection_->linger(linger_refused, linger_refused);
}

Session::Awaitable<bool> Session::exchange() {
    phase_ = Phase::idle;
    if (core_->stopping) co_return false;
    if (connection_->input().text().empty()) {
        const std::size_t came = co_await connection_->fill(sys::steady_now() + core_->options.idle_timeout,
                                                            Connection::small_input);
        if (came == 0) co_return false;
    }
    phase_ = Phase::busy;
    Exchange x(core_->options);
    const bool headed = co_await read_head(x);
    if (!headed) co_return false;
    if (!x.answer) admit(x);
    if (!x.answer && std::holds_alternative<Handler>(x.route->handler)) {
        co_await take_whole(x);
    } else if (!x.answer) {
        co_await take_stream(x);
    }
    if (x.answer)
        if (const auto* later = std::get_if<std::shared_ptr<Deferred>>(&x.answer->body))
            co_await take_deferred(x, *later);
    if (x.gone || cut_) co_return false;

    const bool close = x.must_close() || core_->stopping;
    const bool sent = co_await send(x, close);
    if (core_->stopping && sent) ++core_->report.finished;
    if (!sent) connection_->abort();
    if (sent && close) {
        phase_ = Phase::lingering;
        co_await connection_->linger(linger_silence, linger_most);
    }
    co_return sent && !close;
}

Session::Awaitable<bool> Session::read_head(Exchange& x) {
    const SteadyTime deadline = sys::steady_now() + core_->options.header_timeout;
    while (!parse_head(x)) {
        const std::size_t came = co_await connection_->fill(deadline);
        if (came == 0 && !connection_->timed_out()) co_return false;
        if (came == 0) x.answer = too_slow();
        if (came == 0) break;
    }
    co_return true;
}

/// True when there is a head, or an answer why there will be none.
bool Session::parse_head(Exchange& x) {
    try {
        InputBuffer& input = connection_->input();
        std::string_view text = input.text();
        x.has_head = x.parser.parse_head(text);
        input.consume(input.text().size() - text.size());
        if (!x.has_head && input.full())
            throw ProtocolError(431, "The request's line and headers are longer than this server takes");
        return x.has_head;
    } catch (const ProtocolError& error) {
        x.answer = told(error);
    } catch (const Error& error) {
        x.answer = problem(error.code(), error.what());
    }
    return true;
}

/// Finds out who answers, or answers right away.
void Session::admit(Exchange& x) {
    stop_ = std::stop_source();
    if (core_->stopping) stop_.request_stop();
    try {
        const Head& head = x.parser.head();
        const auto method = parse_method(head.method);
        if (!method) {
            x.answer =
                problem(501, "unknown_method", "This server knows no method " + head.method.substr(0, 40));
            return;
        }
        std::string target = head.target;
        const auto host = take_host(target);
        x.request = Request::make(*method, target);
        x.request.headers = head.headers;
        if (host) x.request.headers.set("Host", *host);
        x.request.peer = connection_->peer();
        x.request.stop = stop_.get_token();
        x.answer = core_->guard(x.request);
        if (x.answer) return;
        auto resolved = core_->router.resolve(x.request);
        if (auto* answer = std::get_if<Response>(&resolved))
            x.answer = std::move(*answer);
        else
            x.route = std::get<const Route*>(resolved);
        if (x.route) x.answer = core_->options.access.check(x.request, x.route->role(), sys::wall_now());
    } catch (...) {
        x.answer = failure(x, std::current_exception());
    }
}

Session::Awaitable<void> Session::take_whole(Exchange& x) {
    const std::size_t own = x.route->options.max_body;
    const std::size_t limit = own > 0 ? own : core_->options.max_body;
    if (x.request.content_length().value_or(0) > limit) {
        x.answer = too_large(limit);
        co_return;
    }
    co_await send_continue(x);
    std::string piece;
    Body read = Body::more;
    while (read == Body::more) {
        piece.clear();
        read = co_await read_body(x, piece);
        if (read == Body::failed) co_return;
        if (piece.size() > limit - x.request.body.size()) {
            x.answer = too_large(limit);
            co_return;
        }
        x.request.body += piece;
    }
    co_await answer_by(x, [&x] {
        x.answer = std::get<Handler>(x.route->handler)(x.request);
        compress(x.request, *x.answer);
    });
}

Session::Awaitable<void> Session::take_stream(Exchange& x) {
    std::unique_ptr<BodySink> sink;
    co_await answer_by(x, [&x, &sink] {
        Intake intake = std::get<StreamHandler>(x.route->handler)(x.request);
        if (auto* refusal = std::get_if<Response>(&intake)) {
            x.answer = std::move(*refusal);
            return;
        }
        sink = std::get<std::unique_ptr<BodySink>>(std::move(intake));
        if (!sink) throw Error(Errc::internal, "a streaming route gave neither a sink nor a refusal");
    });
    if (x.answer) co_return;
    co_await send_continue(x);
    x.rate = RateWindow(core_->options.min_rate, core_->options.rate_window, sys::steady_now());
    std::string piece;
    while (sink) {
        piece.clear();
        const Body read = co_await read_body(x, piece);
        const SteadyTime before = sys::steady_now();
        co_await answer_by(x, [&x, &sink, &piece, read] {
            auto taker = std::move(sink); // gone after an answer, a throw or its end
            if (read == Body::failed) return taker->abandoned();
            if (!piece.empty()) x.answer = taker->write(piece);
            if (!x.answer && read == Body::last) x.answer = taker->finish();
            if (!x.answer) sink = std::move(taker);
        });
        x.rate.excuse(sys::steady_now() - before);
    }
}

/// Waits, without a thread, until the answer is given, nobody is there to have it, or its time is up.
Session::Awaitable<void> Session::take_deferred(Exchange& x, std::shared_ptr<Deferred> later) {
    later->on_given([weak = weak_from_this()] {
        if (auto self = weak.lock()) asio::post(self->core_->loop, [self] { self->wake(); });
    });
    bool gone = false;
    connection_->watch([this, &gone] { gone = true, stop_.request_stop(), wake(); });
    bool in_time = true;
    while (in_time && !gone && !cut_ && !core_->stopping && !later->is_given())
        in_time = co_await sleep(later->until().when());
    connection_->unwatch();
    x.answer = later->end();
    if (x.answer) {
        co_await answer_by(x, [&x] { compress(x.request, *x.answer); });
    } else if (core_->stopping) {
        x.answer = problem(Errc::closed, "The server is stopping").with("Retry-After", "1");
    } else if (in_time) {
        x.gone = true;
    } else {
        x.answer = problem(Errc::timed_out, "There is no answer in time");
    }
}

/// Adds what has come of the body to `content`, at least a byte where more is to come. Failed: x is answered
/// or gone.
Session::Awaitable<Session::Body> Session::read_body(Exchange& x, std::string& content) {
    for (;;) {
        try {
            InputBuffer& input = connection_->input();
            std::string_view text = input.text();
            x.body_read = x.parser.parse_body(text, content);
            input.consume(input.text().size() - text.size());
            if (!x.body_read && input.full())
                throw ProtocolError(400, "A chunk's header or trailer is longer than this server takes");
        } catch (const ProtocolError& error) {
            x.answer = told(error);
            co_return Body::failed;
        }
        if (x.body_read) co_return Body::last;
        if (!content.empty()) co_return Body::more;
        const std::size_t came = co_await connection_->fill(x.rate.deadline());
        if (came == 0) {
            x.gone = !connection_->timed_out();
            if (connection_->timed_out()) x.answer = too_slow();
            co_return Body::failed;
        }
        x.rate.moved(came, sys::steady_now());
    }
}

Session::Awaitable<void> Session::send_continue(const Exchange& x) {
    const Head& head = x.parser.head();
    if (!head.expects_continue || !head.has_body || !connection_->input().text().empty()) co_return;
    co_await connection_->write(
        "HTTP/1.1 100 Continue\r\n\r\n"); // where that fails, reading the body does too
}

Session::Awaitable<bool> Session::send(Exchange& x, bool close) {
    Response& answer = *x.answer;
    const Framing framing = framing_of(answer, x.http_1_0());
    const bool bodiless = framing == Framing::none || x.is_head_request();
    add_security_headers(answer);
    const std::string head = response_head(answer, framing, close, sys::wall_now());

    bool sent = false;
    if (const auto* text = std::get_if<std::string>(&answer.body)) {
        const std::string_view body = bodiless ? std::string_view() : std::string_view(*text);
        sent = co_await connection_->write(head, body);
        co_return sent;
    }
    sent = co_await connection_->write(head);
    if (auto* stream = std::get_if<std::shared_ptr<BodyStream>>(&answer.body)) {
        if (sent && !bodiless) sent = co_await send_stream(**stream, framing);
        (*stream)->abandon();
    } else {
        auto& source = std::get<std::unique_ptr<BodySource>>(answer.body);
        if (sent && !bodiless) sent = co_await send_source(x, *source, framing);
        co_await off_loop([&source] { source.reset(); });
    }
    if (sent && !bodiless && framing == Framing::chunked) sent = co_await connection_->write("0\r\n\r\n");
    co_return sent;
}

Session::Awaitable<bool> Session::send_source(Exchange& x, BodySource& source, Framing framing) {
    std::optional<std::uint64_t> left = body_length(*x.answer);
    std::string piece(Connection::piece_size, '\0');
    for (;;) {
        std::size_t got = 0;
        bool failed = false;
        co_await off_loop([&] {
            try {
                got = source.read(piece);
            } catch (...) {
                failed = true;
                core_->tell(x.where(), std::current_exception());
            }
        });
        if (failed || cut_) co_return false;
        if (left) got = static_cast<std::size_t>(std::min<std::uint64_t>(got, *left));
        if (got == 0) co_return left.value_or(0) == 0;
        const bool sent = co_await send_piece(std::string_view(piece).substr(0, got), framing);
        if (!sent) co_return false;
        if (left) *left -= got;
    }
}

Session::Awaitable<bool> Session::send_stream(BodyStream& stream, Framing framing) {
    // The writers' threads may be any, and may outlive this connection.
    stream.on_ready([weak = weak_from_this()] {
        if (auto self = weak.lock()) asio::post(self->core_->loop, [self] { self->wake(); });
    });
    stream_ = &stream;
    connection_->watch([this] { stop_.request_stop(), wake(); });
    std::string piece;
    bool sent = true;
    bool open = true;
    while (sent && open && !cut_ && !core_->stopping && !stop_.stop_requested()) {
        open = stream.take(piece);
        if (!piece.empty()) {
            sent = co_await send_piece(piece, framing);
        } else if (open) {
            const bool woken = co_await sleep(sys::steady_now() + stream.options().ping);
            const std::string& ping = stream.options().ping_text;
            if (!woken && !ping.empty()) sent = co_await send_piece(ping, framing);
        }
    }
    connection_->unwatch();
    stream_ = nullptr;
    co_return sent && !cut_ && !stream.overflowed();
}

Session::Awaitable<bool> Session::send_piece(std::string_view piece, Framing framing) {
    std::array<char, 24> size{};
    std::string_view before;
    std::string_view after;
    if (framing == Framing::chunked) {
        const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
        before = std::string_view(size.data(), static_cast<std::size_t>(length));
        after = "\r\n";
    }
    const bool sent = co_await connection_->write(before, piece, after);
    co_return sent;
}

/// Runs `job` on a handler thread and comes back when it is done. `job` must not throw.
Session::Awaitable<void> Session::off_loop(std::function<void()> job) {
    const auto begin = [core = core_.get()](auto handler, std::function<void()> work) {
        // std::function wants what it holds to be copyable, which the coroutine's handler is not.
        auto back = std::make_shared<decltype(handler)>(std::move(handler));
        core->handlers.run([core, back = std::move(back), work = std::move(work)] {
            work();
            asio::post(core->loop, std::move(*back));
        });
    };
    ++core_->report.running;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(begin, asio::use_awaitable,
                                                                         std::move(job));
    --core_->report.running;
}

Session::Awaitable<void> Session::answer_by(Exchange& x, std::function<void()> make) {
    if (x.body_read) connection_->watch([this] { stop_.request_stop(); }); // else the next read tells
    co_await off_loop([this, &x, &make] {
        try {
            make();
        } catch (...) {
            x.answer = failure(x, std::current_exception());
        }
    });
    connection_->unwatch();
}

/// What an exception is answered with; on_error hears of it where the fault may be ours.
Response Session::failure(const Exchange& x, std::exception_ptr error) const {
    Response answer = problem(error);
    if (answer.status >= 500 && !x.request.stop.stop_requested()) core_->tell(x.where(), error);
    return answer;
}

/// True when woken before.
Session::Awaitable<bool> Session::sleep(SteadyTime until) {
    if (!awake_) {
        waker_.expires_at(until);
        co_await waker_.async_wait(tuple_awaitable);
    }
    co_return std::exchange(awake_, false);
}

void Session::wake() {
    awake_ = true;
    waker_.cancel();
    if (stream_ && stream_->overflowed()) connection_->cancel(); // a write that the client does not take
}

} // namespace offstage::web
