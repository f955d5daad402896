#include "offstage/web/parser.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

namespace {

constexpr std::size_t max_header = std::size_t{16} * 1024;

struct Parsed {
    Head head;
    std::string body;
    std::string rest;
    bool complete = false;
};

/// Feeds `text` in pieces of `step` bytes, keeping what is not used, as a connection would.
Parsed parse(std::string_view text, std::size_t step) {
    RequestParser parser(max_header);
    Parsed parsed;
    bool head = false;
    std::string input;
    for (std::size_t at = 0; at < text.size(); at += step) {
        input += text.substr(at, step);
        std::string_view view = input;
        if (!head) head = parser.parse_head(view);
        if (head && !parsed.complete) parsed.complete = parser.parse_body(view, parsed.body);
        input.erase(0, input.size() - view.size());
    }
    if (head) parsed.head = parser.head();
    parsed.rest = input;
    return parsed;
}

int refusal(std::string_view text) {
    int first = 0;
    for (const std::size_t step : {text.size(), std::size_t{1}}) {
        int status = 0;
        try {
            const Parsed parsed = parse(text, step);
            ADD_FAILURE() << "was taken: " << text.substr(0, 100);
        } catch (const ProtocolError& error) {
            status = error.status();
        }
        EXPECT_TRUE(first == 0 || first == status) << text.substr(0, 100);
        first = status;
    }
    return first;
}

std::string with(std::string_view headers) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}

} // namespace

TEST(RequestParser, EveryCuttingGivesTheSameRequest) {
    const std::string text =
        "POST /a?b=c HTTP/1.1\r\nHost: localhost\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhelloGET /";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        const Parsed parsed = parse(text, step);
        EXPECT_TRUE(parsed.complete);
        EXPECT_EQ(parsed.head.method, "POST");
        EXPECT_EQ(parsed.head.target, "/a?b=c");
        EXPECT_EQ(parsed.head.headers.get("x-one"), "1");
        EXPECT_TRUE(parsed.head.has_body);
        EXPECT_EQ(parsed.body, "hello");
        EXPECT_EQ(parsed.rest, "GET /") << "the next request stays with the caller";
    }
}

TEST(RequestParser, AChunkedBodyIsItsContent) {
    const std::string text = with("Transfer-Encoding: chunked\r\n") +
                             "5\r\nhello\r\n1;name=value\r\n \r\n6\r\nworld!\r\n0\r\nTrailer: x\r\n\r\nrest";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        const Parsed parsed = parse(text, step);
        EXPECT_TRUE(parsed.complete) << step;
        EXPECT_EQ(parsed.body, "hello world!") << step;
        EXPECT_EQ(parsed.rest, "rest") << step;
    }
}

TEST(RequestParser, AChunkedBodyMayBeEmpty) {
    const std::string text = with("Transfer-Encoding: chunked\r\n") + "0\r\n\r\nrest";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        const Parsed parsed = parse(text, step);
        EXPECT_TRUE(parsed.complete) << step;
        EXPECT_EQ(parsed.body, "") << step;
        EXPECT_EQ(parsed.rest, "rest") << step;
    }
}

TEST(RequestParser, LineAndHeadersShareOneLimit) {
    // A head of `size` bytes, half of it line and half of it headers.
    const auto head = [](std::size_t size) {
        std::string text = "GET /" + std::string(size / 2, 'x') + " HTTP/1.1\r\nHost: a\r\nX: ";
        return text + std::string(size - text.size() - 4, 'x') + "\r\n\r\n";
    };
    for (const std::size_t step : {max_header, max_header - 1, max_header / 2 + 40, std::size_t{1}})
        EXPECT_TRUE(parse(head(max_header), step).complete) << step;
    EXPECT_EQ(refusal(head(max_header + 1)), 431);
    EXPECT_EQ(refusal(head(max_header + max_header / 2)), 431);
}

TEST(RequestParser, TellsWhatTheConnectionIsFor) {
    EXPECT_TRUE(parse(with(""), 9).head.keep_alive);
    EXPECT_FALSE(parse(with(""), 9).head.has_body);
    EXPECT_TRUE(parse(with(""), 9).complete);
    EXPECT_FALSE(parse(with("Connection: close\r\n"), 9).head.keep_alive);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n", 9).head.keep_alive);
    EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 9).head.keep_alive);
    EXPECT_TRUE(parse(with("Expect: 100-Continue\r\nContent-Length: 1\r\n"), 9).head.expects_continue);
}

TEST(RequestParser, RefusesWhatTwoServersCouldReadInTwoWays) {
    EXPECT_EQ(refusal(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), 400);
    EXPECT_EQ(refusal(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), 400);
    EXPECT_EQ(refusal(with("Content-Length: 5\r\nContent-Length: 6\r\n")), 400);
    EXPECT_EQ(refusal(with("Content-Length: +5\r\n")), 400);
    EXPECT_EQ(refusal(with("Content-Length: -1\r\n")), 400);
    EXPECT_EQ(refusal(with("Content-Length: 99999999999999999999999\r\n")), 400);
    EXPECT_EQ(refusal(with("Content-Length : 5\r\n")), 400);
    EXPECT_EQ(refusal(with("Transfer-Encoding: gzip, chunked\r\n")), 501);
    EXPECT_EQ(refusal(with("Transfer-Encoding: identity\r\n")), 501);
    EXPECT_EQ(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400) << "no Host";
    EXPECT_EQ(refusal(with("Host: b\r\n")), 400) << "two Hosts";
    EXPECT_EQ(refusal("GET / HTTP/1.1\nHost: a\n\n\r\n\r\n"), 505) << "bare line feeds";
    EXPECT_EQ(refusal(with("Transfer-Encoding: chunked\r\n") + "g\r\n"), 400);
    EXPECT_EQ(refusal(with("Transfer-Encoding: chunked\r\n") + "1\r\nab\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(refusal(with("Transfer-Encoding: chunked\r\n") + "fffffffffffffffff\r\n"), 400);
}

TEST(RequestParser, RefusesWhatItDoesNotSpeak) {
    EXPECT_EQ(refusal("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
    EXPECT_EQ(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    EXPECT_EQ(refusal(with("Expect: miracles\r\n")), 417);
    EXPECT_EQ(refusal("\x16\x03\x01\x02\x01\x01\r\n\r\n"), 400) << "TLS";
    EXPECT_EQ(refusal(with("X: " + std::string(20'000, 'x') + "\r\n")), 431);
    EXPECT_EQ(refusal("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 431);
}

} // namespace offstage::web
