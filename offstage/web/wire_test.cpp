#include "offstage/web/wire.hpp"

#include "offstage/web/stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offstage::web {

using testing::HasSubstr;
using testing::Not;

namespace {

struct Endless final : BodySource {
    std::size_t read(std::span<char> into) override { return into.size(); }
};

const WallTime some_time = *parse_iso8601("2026-11-21T09:30:00.000000Z");

} // namespace

TEST(Wire, ATextHasALengthAndAnUnknownLengthIsChunked) {
    EXPECT_EQ(framing_of(Response::text(200, "abc"), false), Framing::length);
    EXPECT_EQ(framing_of(Response::empty(204), false), Framing::none);
    EXPECT_EQ(framing_of(Response::empty(200), false), Framing::length);
    EXPECT_EQ(framing_of(Response::produced(std::make_unique<Endless>(), "x/y"), false), Framing::chunked);
    EXPECT_EQ(framing_of(Response::streamed(std::make_shared<BodyStream>(), "x/y"), true),
              Framing::until_close);
}

TEST(Wire, AHeadIsStatusLineHeadersAndBlankLine) {
    EXPECT_EQ(response_head(Response::text(200, "abc"), Framing::length, false, some_time),
              "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 09:30:00 GMT\r\nContent-Type: text/plain; "
              "charset=utf-8\r\nContent-Length: 3\r\n\r\n");
    EXPECT_EQ(response_head(Response::empty(), Framing::none, true, some_time),
              "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 09:30:00 GMT\r\nConnection: close\r\n\r\n");
}

TEST(Wire, WhatTheServerDecidesAHandlerCannotSet) {
    const auto head =
        response_head(Response::text(200, "abc").with("content-length", "7").with("Connection", "x"),
                      Framing::length, false, some_time);
    EXPECT_THAT(head, HasSubstr("Content-Length: 3\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("7")));
    EXPECT_THAT(head, Not(HasSubstr("onnection")));
}

TEST(Wire, EveryAnswerIsProtectedAndAPageMayRunOurScripts) {
    Response page = Response::text(200, "", "text/html; charset=utf-8").with("Cache-Control", "max-age=60");
    add_security_headers(page);
    EXPECT_THAT(std::string(*page.headers.get("Content-Security-Policy")), HasSubstr("script-src 'self'"));
    EXPECT_EQ(page.headers.get("Cache-Control"), "max-age=60");
    EXPECT_EQ(page.headers.get("X-Content-Type-Options"), "nosniff");
    Response json = Response::json(200, "{}");
    add_security_headers(json);
    EXPECT_EQ(json.headers.get("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
}

TEST(Wire, ANotModifiedPageKeepsThePolicyThatItCameWith) {
    Response unchanged = Response::empty(304).with("ETag", "\"1\"");
    add_security_headers(unchanged);
    EXPECT_FALSE(unchanged.headers.contains("Content-Security-Policy"));
    EXPECT_FALSE(unchanged.headers.contains("Cache-Control"));
}

} // namespace offstage::web
