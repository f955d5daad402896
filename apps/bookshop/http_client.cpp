#include "apps/bookshop/http_client.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <span>
#include <system_error>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bookshop {

using offstage::Deadline;
using offstage::Errc;
using offstage::Error;

namespace {

constexpr std::size_t max_answer = std::size_t{64} << 20;

std::string words(int error) {
    return std::generic_category().message(error);
}

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const noexcept { return fd_; }

private:
    const int fd_;
};

/// A connection whose waits end by stop token and deadline.
class Connection {
public:
    Connection(const std::string& host, const std::string& port, std::stop_token stop, Deadline deadline)
        : where_(host + ":" + port), deadline_(deadline), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          on_stop_(std::move(stop), Wake{wake_.get()}), socket_(connect(host, port)) {
        int error = 0;
        socklen_t size = sizeof error;
        wait(POLLOUT);
        ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) fail("cannot be reached", error);
    }

    /// Gives what is ready: POLLIN, POLLOUT.
    short wait(short events) {
        std::array<pollfd, 2> ready = {{{socket_.get(), events, 0}, {wake_.get(), POLLIN, 0}}};
        for (;;) {
            const int n = ::poll(ready.data(), ready.size(), timeout_ms());
            if (n < 0 && errno == EINTR) continue;
            if (ready[1].revents != 0)
                throw Error(Errc::stopped, "the request to " + where_ + " was stopped");
            if (n == 0) throw Error(Errc::timed_out, where_ + " did not answer in time");
            return ready[0].revents;
        }
    }

    /// Sends some of it; 0 where the other side takes no more.
    std::size_t send(std::string_view bytes) {
        const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno == EAGAIN || errno == EINTR) return 0;
        broken_ = true;
        return 0;
    }
    bool broken() const noexcept { return broken_; }

    /// Reads some; 0 at the end.
    std::size_t receive(std::span<char> into) {
        for (;;) {
            const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), 0);
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno == ECONNRESET) return 0; // what came before it may be a whole answer
            if (errno != EAGAIN && errno != EINTR) fail("broke off", errno);
            wait(POLLIN);
        }
    }

    [[noreturn]] void fail(const char* what, int error) const {
        throw Error(Errc::io, where_ + " " + what + (error != 0 ? ": " + words(error) : std::string()));
    }

private:
    struct Wake {
        int fd;
        void operator()() const noexcept {
            const std::uint64_t one = 1;
            [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
        }
    };

    int connect(const std::string& host, const std::string& port) const {
        addrinfo wanted{};
        wanted.ai_socktype = SOCK_STREAM;
        wanted.ai_flags = host == "localhost" ? 0 : AI_NUMERICHOST;
        addrinfo* found = nullptr;
        if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) fail("is no address", 0);
        const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, &::freeaddrinfo);
        const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) fail("cannot be reached", errno);
        if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
            const int error = errno;
            ::close(fd);
            fail("cannot be reached", error);
        }
        return fd;
    }

    int timeout_ms() const {
        if (deadline_.is_never()) return -1;
        const auto left = deadline_.when() - offstage::sys::steady_now();
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 1'000'000'000));
    }

    const std::string where_;
    const Deadline deadline_;
    const Descriptor wake_;
    const std::stop_callback<Wake> on_stop_;
    const Descriptor socket_;
    bool broken_ = false;
};

/// Gives a request's bytes, head first.
class Outgoing {
public:
    Outgoing(const HttpRequest& request, std::string_view host, const std::optional<std::string>& secret)
        : request_(request) {
        size_ = request.file >= 0 ? request.file_size : request.body.size();
        piece_ = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + std::string(host) +
                 "\r\nConnection: close\r\nContent-Length: " + std::to_string(size_) + "\r\n";
        for (const auto& [name, value] : request.headers) piece_ += name + ": " + value + "\r\n";
        if (secret) piece_ += "Authorization: Bearer " + *secret + "\r\n";
        piece_ += "\r\n";
        if (request.file < 0) piece_ += request.body;
        left_ = request.file < 0 ? 0 : size_;
    }

    bool done() const noexcept { return sent_ == piece_.size() && left_ == 0; }

    std::string_view next() {
        if (sent_ == piece_.size()) refill();
        return std::string_view(piece_).substr(sent_);
    }
    void sent(std::size_t bytes) {
        sent_ += bytes;
        if (request_.on_sent && bytes > 0 && request_.file >= 0 && sent_ == piece_.size())
            request_.on_sent(size_ - left_);
    }

private:
    void refill() {
        piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left_, 256 * 1024)));
        const ssize_t n =
            ::pread(request_.file, piece_.data(), piece_.size(), static_cast<off_t>(size_ - left_));
        if (n <= 0) throw Error(Errc::io, "the file became shorter while it was sent");
        piece_.resize(static_cast<std::size_t>(n));
        left_ -= static_cast<std::uint64_t>(n);
        sent_ = 0;
    }

    const HttpRequest& request_;
    std::uint64_t size_ = 0; // of the body
    std::uint64_t left_ = 0; // of the file
    std::string piece_;
    std::size_t sent_ = 0; // of the piece
};

std::optional<std::uint64_t> number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

/// The chunks of a chunked body put together; nothing where it is cut off.
std::optional<std::string> unchunk(std::string_view text) {
    std::string body;
    for (;;) {
        const auto line = text.find("\r\n");
        const auto size = line == text.npos ? std::nullopt : number(text.substr(0, line), 16);
        if (!size || text.size() - line - 2 < *size) return std::nullopt;
        if (*size == 0) return body;
        body.append(text, line + 2, *size);
        text.remove_prefix(std::min<std::size_t>(text.size(), line + 2 + *size + 2));
    }
}

/// Reads a whole answer; nothing where it is cut off.
std::optional<HttpAnswer> parse(std::string_view text) {
    const auto head_end = text.find("\r\n\r\n");
    if (head_end == text.npos || !text.starts_with("HTTP/1.") || text.size() < 12) return std::nullopt;
    HttpAnswer answer;
    answer.status = static_cast<int>(number(text.substr(9, 3), 10).value_or(0));
    std::string_view head = text.substr(0, head_end + 2);
    const std::string_view body = text.substr(head_end + 4);
    if (answer.status == 100) return parse(body);
    for (head.remove_prefix(head.find("\r\n") + 2); !head.empty();
         head.remove_prefix(head.find("\r\n") + 2)) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        const auto colon = std::min(line.find(':'), line.size());
        std::string name(line.substr(0, colon));
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        std::string_view value = line.substr(std::min(colon + 1, line.size()));
        while (value.starts_with(' ')) value.remove_prefix(1);
        answer.headers.emplace_back(std::move(name), value);
    }
    if (answer.header("transfer-encoding") == "chunked") {
        auto whole = unchunk(body);
        if (!whole) return std::nullopt;
        answer.body = std::move(*whole);
        return answer;
    }
    const auto length =
        answer.header("content-length") ? number(*answer.header("content-length"), 10) : std::nullopt;
    if (length && body.size() < *length) return std::nullopt;
    answer.body = body.substr(0, length.value_or(body.size()));
    return answer;
}

} // namespace

std::optional<std::string_view> HttpAnswer::header(std::string_view lower_case_name) const noexcept {
    const auto found =
        std::ranges::find(headers, lower_case_name, &std::pair<std::string, std::string>::first);
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

HttpClient::HttpClient(std::string_view url, std::optional<std::string> secret) : secret_(std::move(secret)) {
    std::string_view rest = url;
    const bool http = rest.starts_with("http://");
    if (http) rest.remove_prefix(7);
    rest = rest.substr(0, rest.find('/'));
    const auto colon = rest.rfind(':');
    if (!http || rest.empty() || colon == rest.npos)
        throw Error(Errc::invalid_argument,
                    "This is no address like http://127.0.0.1:8000: " + std::string(url));
    host_ = rest.substr(0, colon);
    port_ = rest.substr(colon + 1);
    if (host_.starts_with('[') && host_.ends_with(']')) host_ = host_.substr(1, host_.size() - 2);
}

HttpAnswer HttpClient::send(const HttpRequest& request, std::stop_token stop, Deadline deadline) const {
    Connection connection(host_, port_, std::move(stop), deadline);
    const std::string host = (host_.find(':') == host_.npos ? host_ : "[" + host_ + "]") + ":" + port_;
    Outgoing outgoing(request, host, secret_);
    while (!outgoing.done() && !connection.broken()) {
        const std::string_view piece = outgoing.next();
        const short ready = connection.wait(POLLIN | POLLOUT);
        if ((ready & POLLIN) != 0) break; // an answer before the end of the body: a refusal
        outgoing.sent(connection.send(piece));
    }
    std::string text;
    std::array<char, 16384> piece;
    while (const std::size_t n = connection.receive(piece)) {
        text.append(piece.data(), n);
        if (text.size() > max_answer) connection.fail("answers without end", 0);
    }
    auto answer = parse(text);
    if (!answer) connection.fail("broke off in the middle of its answer", 0);
    return std::move(*answer);
}

} // namespace bookshop
