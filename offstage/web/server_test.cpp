// The server over real sockets: requests and answers of every shape. Its limits are tested in
// limits_test.cpp, its end in stop_test.cpp, uploads in upload_test.cpp.
#include "offstage/web/server.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/web/stream.hpp"
#include "offstage/web/test_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace offstage::web {

using testing::HasSubstr;
using namespace std::chrono_literals;

namespace {

Handler say(std::string what) {
    return [what](const Request&) { return Response::text(200, what); };
}

/// Gives `total` bytes in pieces that are no round number, then ends or fails.
class Letters final : public BodySource {
public:
    Letters(std::size_t total, bool known, bool fails = false)
        : left_(total), total_(total), known_(known), fails_(fails) {}
    std::size_t read(std::span<char> into) override {
        if (fails_ && left_ < total_ / 2) throw Error(Errc::io, "the disk has gone");
        const std::size_t count = std::min({left_, into.size(), std::size_t{9973}});
        std::fill_n(into.begin(), count, 'x');
        left_ -= count;
        return count;
    }
    std::optional<std::uint64_t> size() const override {
        return known_ ? std::optional<std::uint64_t>(total_) : std::nullopt;
    }

private:
    std::size_t left_;
    std::size_t total_;
    bool known_;
    bool fails_;
};

Handler letters(std::size_t total, bool known, bool fails = false) {
    return [=](const Request&) {
        return Response::produced(std::make_unique<Letters>(total, known, fails), "text/plain");
    };
}

struct ServerTest : testing::Test {
    void start(ServerOptions options = {}) {
        options.port = 0;
        server = std::make_unique<Server>(std::move(router), std::move(options));
        server->start();
    }
    TestClient client() { return TestClient(server->port()); }

    Router router;
    std::unique_ptr<Server> server;
};

} // namespace

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
    router.get("/hello/{name}",
               [](const Request& r) { return Response::text(200, "hello " + r.param("name")); });
    router.post("/echo", [](const Request& r) { return Response::text(201, r.body, "text/csv"); });
    start();
    auto client = this->client();
    client.get("/hello/you%21/?x=1");
    const Answer hello = client.read();
    EXPECT_EQ(hello.status, 200);
    EXPECT_EQ(hello.body, "hello you!");
    EXPECT_EQ(hello.header("Connection"), "");
    EXPECT_EQ(hello.header("X-Content-Type-Options"), "nosniff");
    client.post("/echo", "a,b,c");
    const Answer echo = client.read();
    EXPECT_EQ(echo.status, 201);
    EXPECT_EQ(echo.body, "a,b,c");
    EXPECT_EQ(echo.header("Content-Type"), "text/csv");
    EXPECT_EQ(server->connections(), 1U);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInTheirOrder) {
    router.get("/{n}", [](const Request& r) { return Response::text(200, r.param("n")); });
    router.post("/{n}", [](const Request& r) { return Response::text(200, r.param("n") + r.body); });
    start();
    auto client = this->client();
    std::string all;
    for (int i = 0; i < 200; ++i) {
        all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        all += "POST /" + std::to_string(i) +
               " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    }
    client.send(all);
    for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(client.read().body, std::to_string(i));
        EXPECT_EQ(client.read().body, std::to_string(i) + "ok");
    }
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
    router.get("/x", say("four")).get("/file", letters(1000, true));
    start();
    auto client = this->client();
    for (const auto& [path, length] : {std::pair("/x", "4"), std::pair("/file", "1000")}) {
        client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const Answer answer = client.read(true);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("Content-Length"), length);
    }
    client.get("/x");
    EXPECT_EQ(client.read().body, "four") << "nothing stands between the answers";
}

TEST_F(ServerTest, AChunkedBodyArrivesWhole) {
    router.post("/", [](const Request& r) { return Response::text(200, r.body); });
    start();
    auto client = this->client();
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100; ++i) client.send("3\r\nab" + std::to_string(i % 10) + "\r\n");
    client.send("0\r\n\r\n");
    EXPECT_EQ(client.read().body.size(), 300U);
}

TEST_F(ServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
    router.post("/", [](const Request& r) { return Response::text(200, r.body); });
    start();
    auto client = this->client();
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    client.send("hello");
    EXPECT_EQ(client.read().body, "hello");
}

TEST_F(ServerTest, AThrowIsAProblemAndIsTold) {
    router.get("/odd", [](const Request&) -> Response { throw std::runtime_error("the secret"); });
    router.get("/missing",
               [](const Request&) -> Response { throw Error(Errc::not_found, "There is no book 7"); });
    Event told;
    std::string where;
    start({.on_error = [&](std::string_view at, std::exception_ptr) {
        where = at;
        told.set();
    }});
    auto client = this->client();
    client.get("/missing");
    const Answer missing = client.read();
    EXPECT_EQ(missing.status, 404);
    EXPECT_THAT(missing.body, HasSubstr("There is no book 7"));
    EXPECT_FALSE(told.is_set()) << "the client's fault";
    client.get("/odd?x=1");
    const Answer odd = client.read();
    EXPECT_EQ(odd.status, 500);
    EXPECT_EQ(odd.header("Content-Type"), "application/problem+json");
    EXPECT_EQ(odd.body.find("secret"), std::string::npos);
    told.wait();
    EXPECT_EQ(where, "GET /odd?x=1");
}

TEST_F(ServerTest, ASourceIsSentWithItsLengthOrInChunks) {
    router.get("/known", letters(1'000'000, true))
        .get("/unknown", letters(1'000'000, false))
        .get("/none", letters(0, false));
    start();
    auto client = this->client();
    for (const char* path : {"/known", "/unknown"}) {
        client.get(path);
        const Answer answer = client.read();
        EXPECT_TRUE(answer.whole);
        EXPECT_EQ(answer.body, std::string(1'000'000, 'x')) << path;
    }
    client.get("/none");
    EXPECT_TRUE(client.read().whole);
}

TEST_F(ServerTest, ASourceThatFailsIsNotTakenForTheWhole) {
    router.get("/known", letters(1'000'000, true, true)).get("/unknown", letters(1'000'000, false, true));
    start();
    for (const char* path : {"/known", "/unknown"}) {
        auto client = this->client();
        client.get(path);
        EXPECT_FALSE(client.read().whole) << path;
    }
    auto old = this->client();
    old.send("GET /unknown HTTP/1.0\r\n\r\n");
    EXPECT_FALSE(old.read().whole) << "without a length, a reset tells";
}

TEST_F(ServerTest, SpeaksHttp10) {
    router.get("/x", say("x")).get("/unknown", letters(1000, false));
    start();
    auto client = this->client();
    client.send("GET /x HTTP/1.0\r\n\r\n");
    const Answer answer = client.read();
    EXPECT_EQ(answer.body, "x");
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client.ended());
    auto other = this->client();
    other.send("GET /unknown HTTP/1.0\r\n\r\n");
    EXPECT_EQ(other.read().body.size(), 1000U);
}

TEST_F(ServerTest, WhatIsNoHttpIsToldSoAndClosed) {
    router.get("/", say("x"));
    start();
    const auto status = [&](std::string_view text) {
        auto client = this->client();
        client.send(text);
        const Answer answer = client.read();
        EXPECT_EQ(answer.header("Connection"), "close");
        client.half_close();
        EXPECT_TRUE(client.ended());
        return answer.status;
    };
    EXPECT_EQ(status("hello\r\n\r\n"), 400);
    EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status("GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), 400);
    EXPECT_EQ(status("BREW / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), 501);
    EXPECT_EQ(status("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"), 505);
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), 421);
    const auto by_proxy = [&](const std::string& target) {
        return status("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    };
    EXPECT_EQ(by_proxy("http://evil.example/x"), 421);
    EXPECT_EQ(by_proxy("http://evil.example?/x"), 421);
    EXPECT_EQ(by_proxy("http://localhost@evil.example/x"), 421);
    EXPECT_EQ(by_proxy("http:///x"), 421);
    EXPECT_EQ(by_proxy("http://localhost:8000/nowhere"), 404);
    EXPECT_EQ(by_proxy("http://localhost:8000?x=/nowhere"), 200);
    EXPECT_EQ(
        status(
            "POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n"),
        403);
}

TEST_F(ServerTest, WithTokensARouteIsForWhoHasItsRole) {
    router.get("/look", [](const Request& r) { return Response::text(200, r.user); });
    router.post("/change", say("changed"));
    router.post("/work", say("worked"), {.role = Role::work});
    router.get("/healthz", say("well"), {.role = Role::anyone});
    const std::string secret(20, 'w');
    start({.access = Access({{"worker", Role::work, secret}})});
    auto client = this->client();
    const std::string bearer = "Authorization: Bearer " + secret + "\r\n";
    client.get("/look", bearer);
    EXPECT_EQ(client.read().body, "worker");
    client.post("/work", "", bearer);
    EXPECT_EQ(client.read().body, "worked");
    client.post("/change", "", bearer);
    EXPECT_EQ(client.read().status, 403);
    client.get("/healthz");
    EXPECT_EQ(client.read().body, "well");
    client.get("/look");
    EXPECT_EQ(client.read().status, 401);

    client.get("/look?a=b", "Accept: text/html\r\n");
    EXPECT_EQ(client.read().header("Location"), "/login?next=%2Flook%3Fa%3Db");
    client.get("/login?next=%2Flook%3Fa%3Db");
    EXPECT_THAT(client.read().body, HasSubstr("value=\"/look?a=b\""));
    client.post("/login", "next=%2Flook%3Fa%3Db&token=" + secret);
    const Answer in = client.read();
    EXPECT_EQ(in.status, 303);
    EXPECT_EQ(in.header("Location"), "/look?a=b");
    const std::string cookie = in.header("Set-Cookie");
    client.get("/look", "Cookie: a=b; " + cookie.substr(0, cookie.find(';')) + "\r\n");
    EXPECT_EQ(client.read().body, "worker");
}

TEST_F(ServerTest, ALiveStreamCarriesWhatIsWrittenUntilItIsClosed) {
    auto stream = std::make_shared<BodyStream>(BodyStream::Options{.ping = 10ms, .ping_text = ":ping\n"});
    router.get("/events", [&](const Request&) { return Response::streamed(stream, "text/event-stream"); });
    start();
    auto client = this->client();
    client.get("/events");
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Type: text/event-stream"));
    client.read_until(":ping\n");
    EXPECT_TRUE(stream->write("data: one\n\n"));
    client.read_until("data: one\n\n");
    EXPECT_TRUE(stream->write("data: two\n\n"));
    stream->close();
    EXPECT_THAT(client.read_until("0\r\n\r\n"), HasSubstr("data: two\n\n"));
    client.get("/nothing");
    EXPECT_EQ(client.read().status, 404) << "the connection goes on";
}

TEST_F(ServerTest, AStreamEndsWhenItsClientGoes) {
    auto stream = std::make_shared<BodyStream>();
    router.get("/events", [&](const Request&) { return Response::streamed(stream, "text/event-stream"); });
    start();
    Event ended;
    const std::stop_callback heard(stream->ended(), [&] { ended.set(); });
    {
        auto client = this->client();
        client.get("/events");
        client.read_until("\r\n\r\n");
    }
    ended.wait();
    EXPECT_FALSE(stream->write("anybody?"));
}

TEST_F(ServerTest, AClientThatDoesNotReadItsStreamIsCutAndHoldsNobodyUp) {
    auto stream = std::make_shared<BodyStream>();
    router.get("/events", [&](const Request&) { return Response::streamed(stream, "text/event-stream"); });
    start();
    TestClient client(server->port(), 4096);
    client.get("/events");
    client.read_until("\r\n\r\n");
    const std::string event(1000, 'x');
    while (stream->write(event)) {
    }
    EXPECT_TRUE(stream->overflowed());
    EXPECT_FALSE(client.ended()) << "it is to know that something is missing";
}

TEST_F(ServerTest, AHandlerHearsThatItsClientHasGone) {
    Event inside;
    Event heard;
    router.get("/wait", [&](const Request& request) {
        inside.set();
        Event never;
        if (never.wait(request.stop) == WaitStatus::stopped) heard.set();
        return Response::empty();
    });
    start();
    {
        auto client = this->client();
        client.get("/wait");
        inside.wait();
    }
    heard.wait();
}

TEST_F(ServerTest, SaysWhatIsWrongWithItsOptionsOrPort) {
    start();
    const auto code = [](ServerOptions options) {
        Server other(Router(), std::move(options));
        try {
            other.start();
        } catch (const Error& error) {
            return std::pair(error.code(), std::string(error.what()));
        }
        return std::pair(Errc::internal, std::string("it started"));
    };
    const auto [taken, sentence] = code({.port = server->port()});
    EXPECT_EQ(taken, Errc::held);
    EXPECT_THAT(sentence, HasSubstr("choose another port"));
    EXPECT_EQ(code({.address = "localhost", .port = 0}).first, Errc::invalid_argument);
    EXPECT_EQ(code({.port = 0, .threads = 0}).first, Errc::invalid_argument);
    EXPECT_EQ(code({.port = 0, .idle_timeout = -1ms}).first, Errc::invalid_argument);
    const Access tokens({{"me", Role::admin, std::string(20, 'x')}});
    EXPECT_EQ(code({.address = "192.0.2.1", .port = 0, .access = tokens}).first, Errc::io);
    const auto [open, demand] = code({.address = "0.0.0.0", .port = 0});
    EXPECT_EQ(open, Errc::invalid_argument);
    EXPECT_THAT(demand, HasSubstr("token file"));
}

} // namespace offstage::web
