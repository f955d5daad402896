// What a client can do wrong, slowly or too much of, over real sockets.
#include "offstage/web/server.hpp"

#include "offstage/sync/event.hpp"
#include "offstage/web/test_client.hpp"

#include <gtest/gtest.h>

#include <list>
#include <string>

namespace offstage::web {

using namespace std::chrono_literals;

namespace {

struct LimitsTest : testing::Test {
    LimitsTest() {
        router.get("/x", [](const Request&) { return Response::text(200, "x"); });
        router.get("/large",
                   [](const Request&) { return Response::text(200, std::string(20'000'000, 'x')); });
        router.post("/echo", [](const Request& r) { return Response::text(200, r.body); });
        router.post("/small", [](const Request& r) { return Response::text(200, r.body); }, {.max_body = 10});
    }
    void start(ServerOptions options = {}) {
        options.port = 0;
        server = std::make_unique<Server>(std::move(router), std::move(options));
        server->start();
    }

    Router router;
    std::unique_ptr<Server> server;
};

} // namespace

TEST_F(LimitsTest, ABodyTooLargeIsRefusedBeforeItIsRead) {
    start({.max_body = 1000});
    TestClient client(server->port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    const Answer answer = client.read();
    EXPECT_EQ(answer.status, 413) << "and no 100 before it";
    EXPECT_EQ(answer.header("Connection"), "close");
    TestClient other(server->port());
    other.post("/small", "12345678901");
    EXPECT_EQ(other.read().status, 413) << "a route's own limit";
    TestClient right(server->port());
    right.post("/small", "1234567890");
    EXPECT_EQ(right.read().status, 200);
}

TEST_F(LimitsTest, AChunkedBodyTooLargeIsRefusedWhenItIs) {
    start({.max_body = 1000});
    TestClient client(server->port());
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 11; ++i) client.send("64\r\n" + std::string(100, 'x') + "\r\n");
    EXPECT_EQ(client.read().status, 413);
}

TEST_F(LimitsTest, ARefusedClientCanReadWhyWhileItStillSends) {
    start({.max_body = 1000});
    TestClient client(server->port());
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n");
    EXPECT_TRUE(client.send(std::string(20'000'000, 'x'))) << "no reset takes the answer away";
    EXPECT_EQ(client.read().status, 413);
    client.half_close();
    EXPECT_TRUE(client.ended());
}

TEST_F(LimitsTest, AHeadTooLongIs431) {
    start({.max_header = 2048});
    TestClient client(server->port());
    client.get("/x", "X-Long: " + std::string(3000, 'x') + "\r\n");
    EXPECT_EQ(client.read().status, 431);
    TestClient endless(server->port());
    endless.send("GET /" + std::string(100'000, 'x'));
    EXPECT_EQ(endless.read().status, 431);
}

TEST_F(LimitsTest, AHeadThatDoesNotEndIsCut) {
    start({.header_timeout = 50ms});
    TestClient client(server->port());
    client.send("GET /x HTTP/1.1\r\nHost: ");
    EXPECT_EQ(client.read().status, 408);
    TestClient dripping(server->port());
    while (!dripping.readable(5) && dripping.send("G")) {
    }
    EXPECT_EQ(dripping.read().status, 408);
}

TEST_F(LimitsTest, ABodyThatDripsIsCut) {
    start({.min_rate = 10'000, .rate_window = 300ms});
    TestClient client(server->port());
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 2000 && !client.readable(5); ++i) client.send("x");
    ASSERT_TRUE(client.readable(0)) << "it may drip for ever";
    EXPECT_EQ(client.read().status, 408);
}

TEST_F(LimitsTest, AClientThatDoesNotReadItsAnswerIsCut) {
    start({.min_rate = 10'000, .rate_window = 50ms});
    TestClient client(server->port(), 4096);
    client.get("/large");
    EXPECT_TRUE(client.hangs_up()) << "it is reset, so that it does not take what it has for the whole";
    EXPECT_FALSE(client.read().whole);
}

TEST_F(LimitsTest, ASilentConnectionIsClosed) {
    start({.idle_timeout = 50ms});
    TestClient never(server->port());
    EXPECT_TRUE(never.ended());
    TestClient once(server->port());
    once.get("/x");
    EXPECT_EQ(once.read().status, 200);
    EXPECT_TRUE(once.ended());
}

TEST_F(LimitsTest, ConnectionsBeyondTheBoundAreToldToComeBack) {
    start({.max_connections = 2});
    std::list<TestClient> clients;
    for (int i = 0; i < 2; ++i) {
        clients.emplace_back(server->port()).get("/x");
        EXPECT_EQ(clients.back().read().status, 200);
    }
    TestClient third(server->port());
    const Answer answer = third.read();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("Retry-After"), "1");
    third.half_close();
    EXPECT_TRUE(third.ended());

    clients.front().half_close();
    EXPECT_TRUE(clients.front().ended()) << "its place is free now";
    TestClient fourth(server->port());
    fourth.get("/x");
    EXPECT_EQ(fourth.read().status, 200);
}

TEST_F(LimitsTest, ACrowdIsServedOrToldToComeBackOrClosed) {
    start({.max_connections = 50});
    std::list<TestClient> clients;
    for (int i = 0; i < 300; ++i) clients.emplace_back(server->port());
    std::size_t number = 0;
    for (auto& client : clients) {
        if (++number <= 50) client.get("/x");
        const int status = client.read().status;
        if (number <= 50)
            EXPECT_EQ(status, 200) << number;
        else if (number <= 50 + 32)
            EXPECT_EQ(status, 503) << number;
        else
            EXPECT_TRUE(status == 503 || status == 0) << number << ": " << status;
    }
}

} // namespace offstage::web
