#include "offstage/web/test_client.hpp"

#include "offstage/web/headers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace offstage::web {

std::string Answer::header(std::string_view name) const {
    std::string_view rest = head;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        const auto colon = line.find(": ");
        if (colon != std::string_view::npos && same_name(line.substr(0, colon), name))
            return std::string(line.substr(colon + 2));
        rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    }
    return {};
}

TestClient::TestClient(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

bool TestClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void TestClient::get(std::string_view path, std::string_view headers) {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n");
}

void TestClient::post(std::string_view path, std::string_view body, std::string_view headers) {
    send("POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" + std::string(body));
}

Answer TestClient::read(bool head_only) {
    Answer answer;
    if (!take_until(answer.head, "\r\n\r\n")) return answer;
    answer.status = std::atoi(answer.head.c_str() + std::string_view("HTTP/1.1 ").size());
    const bool bodiless = head_only || answer.status < 200 || answer.status == 204 || answer.status == 304;
    if (bodiless) {
        answer.whole = true;
    } else if (answer.header("Transfer-Encoding") == "chunked") {
        for (std::string line; take_until(line, "\r\n"); line.clear()) {
            const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
            std::string end;
            if (!take(answer.body, size) || !take_until(end, "\r\n")) break;
            answer.whole = size == 0;
            if (answer.whole) break;
        }
    } else if (const std::string length = answer.header("Content-Length"); !length.empty()) {
        answer.whole = take(answer.body, std::strtoul(length.c_str(), nullptr, 10));
    } else {
        while (more()) {
        }
        answer.body.swap(input_);
        answer.whole = !reset_;
    }
    return answer;
}

std::string TestClient::read_until(std::string_view text) {
    std::string got;
    take_until(got, text);
    return got;
}

bool TestClient::ended() {
    while (more()) input_.clear();
    return !reset_;
}

bool TestClient::readable(int milliseconds) const {
    pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, milliseconds) > 0;
}

bool TestClient::hangs_up() const {
    pollfd wanted{.fd = fd_, .events = 0, .revents = 0};
    return ::poll(&wanted, 1, 30'000) > 0;
}

void TestClient::half_close() {
    ::shutdown(fd_, SHUT_WR);
}

void TestClient::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

bool TestClient::more() {
    std::array<char, 64 * 1024> bytes;
    ssize_t got = 0;
    do got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    while (got < 0 && errno == EINTR);
    EXPECT_FALSE(got < 0 && errno == EAGAIN) << "the server has said nothing for 30 s";
    reset_ = got < 0;
    if (got > 0) input_.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
}

bool TestClient::take_until(std::string& to, std::string_view text) {
    for (;;) {
        const auto found = input_.find(text);
        if (found != std::string::npos) return take(to, found + text.size());
        if (more()) continue;
        to += std::exchange(input_, {});
        return false;
    }
}

bool TestClient::take(std::string& to, std::size_t size) {
    while (input_.size() < size)
        if (!more()) break;
    const std::size_t got = std::min(size, input_.size());
    to.append(input_, 0, got);
    input_.erase(0, got);
    if (input_.empty()) input_ = {}; // many clients, little memory
    return got == size;
}

} // namespace offstage::web
