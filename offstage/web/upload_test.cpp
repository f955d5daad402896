// Streaming bodies over real sockets: sinks are called as they are promised to be, and memory stays constant.
#include "offstage/web/server.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/web/memory_test_support.hpp"
#include "offstage/web/test_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace offstage::web {

using namespace std::chrono_literals;

namespace {

struct Seen {
    std::atomic<std::size_t> bytes{0};
    std::atomic<int> finished{0};
    std::atomic<int> destroyed{0};
    Event first_write;
    Event abandoned;
    Event gone;
};

struct CountingSink final : BodySink {
    explicit CountingSink(Seen& s, std::size_t most) : seen(s), limit(most) {}
    ~CountingSink() override {
        ++seen.destroyed;
        seen.gone.set();
    }
    std::optional<Response> write(std::span<const char> chunk) override {
        EXPECT_FALSE(chunk.empty());
        seen.bytes += chunk.size();
        seen.first_write.set();
        if (seen.bytes > limit) return Response::text(507, "the spool is full");
        return std::nullopt;
    }
    Response finish() override {
        ++seen.finished;
        return Response::text(201, std::to_string(seen.bytes));
    }
    void abandoned() noexcept override { seen.abandoned.set(); }
    Seen& seen;
    const std::size_t limit;
};

struct UploadTest : testing::Test {
    UploadTest() {
        router.stream_post("/upload", [this](const Request& head) -> Intake {
            if (head.content_length().value_or(0) > 1'000'000'000) return Response::text(413, "too large");
            if (head.query.contains("throw")) throw Error(Errc::full, "the disk is full");
            return std::make_unique<CountingSink>(seen, limit);
        });
        router.get("/x", [](const Request&) { return Response::text(200, "x"); });
    }
    void start(ServerOptions options = {}) {
        options.port = 0;
        server = std::make_unique<Server>(std::move(router), std::move(options));
        server->start();
    }

    std::size_t limit = ~std::size_t{0};
    Seen seen; // outlives the server
    Router router;
    std::unique_ptr<Server> server;
};

} // namespace

TEST_F(UploadTest, ALargeBodyPassesThroughInConstantMemory) {
    const char* const wanted = std::getenv("OFFSTAGE_TEST_UPLOAD_MB");
    const std::size_t megabytes = wanted ? std::strtoul(wanted, nullptr, 10) : 100;
    start();
    TestClient client(server->port());
    client.get("/x");
    client.read();
    const std::string piece(1'000'000, 'x');
    const MemoryGrowth growth;
    client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(megabytes * 1'000'000) + "\r\n\r\n");
    for (std::size_t i = 0; i < megabytes; ++i) ASSERT_TRUE(client.send(piece));
    const Answer answer = client.read();
    const long grown = growth.kib();
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, std::to_string(megabytes * 1'000'000));
    RecordProperty("megabytes", static_cast<int>(megabytes));
    RecordProperty("grown_kib", static_cast<int>(grown));
    EXPECT_TRUE(MemoryGrowth::is_meaningless() || grown < 4 * 1024)
        << "KiB: " << grown << " of the 40 MiB that a process may take for an upload";
    EXPECT_EQ(seen.finished, 1);
}

TEST_F(UploadTest, TheHeadMayBeRefusedBeforeTheBodyIsRead) {
    start();
    TestClient client(server->port());
    client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000000\r\nExpect: "
                "100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 413);
    TestClient full(server->port());
    full.send("POST /upload?throw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\nExpect: "
              "100-continue\r\n\r\n");
    EXPECT_EQ(full.read().status, 507);
    EXPECT_EQ(seen.destroyed, 0);
}

TEST_F(UploadTest, ASinkMayRefuseInTheMiddle) {
    limit = 100'000;
    start();
    TestClient client(server->port());
    client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n");
    client.send(std::string(20'000'000, 'x'));
    const Answer answer = client.read();
    EXPECT_EQ(answer.status, 507);
    EXPECT_EQ(answer.header("Connection"), "close");
    seen.gone.wait();
    EXPECT_FALSE(seen.abandoned.is_set());
    EXPECT_EQ(seen.finished, 0);
}

TEST_F(UploadTest, AChunkedUploadWithExpectContinueIsWholeAndTheConnectionGoesOn) {
    start();
    TestClient client(server->port());
    client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nExpect: "
                "100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    for (int i = 0; i < 50; ++i) client.send("1000\r\n" + std::string(4096, 'x') + "\r\n");
    client.send("0\r\n\r\n");
    EXPECT_EQ(client.read().body, std::to_string(50 * 4096));
    client.post("/upload", "");
    EXPECT_EQ(client.read().status, 201) << "an empty body has no write, but a finish";
    EXPECT_EQ(seen.finished, 2);
}

TEST_F(UploadTest, AClientGoneInTheMiddleAbandons) {
    start();
    {
        TestClient client(server->port());
        client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbeginning");
        seen.first_write.wait();
    }
    seen.abandoned.wait();
    seen.gone.wait();
    EXPECT_EQ(seen.finished, 0);
}

TEST_F(UploadTest, ABrokenChunkAbandonsAndIsTold) {
    start();
    TestClient client(server->port());
    client.send(
        "POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcdXX\r\n");
    EXPECT_EQ(client.read().status, 400);
    seen.abandoned.wait();
}

TEST_F(UploadTest, AClientTooSlowAbandonsAndIsTold) {
    start({.min_rate = 1'000'000, .rate_window = 300ms});
    TestClient client(server->port());
    client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 2000 && !client.readable(5); ++i) client.send("x");
    ASSERT_TRUE(client.readable(0)) << "it may drip for ever";
    EXPECT_EQ(client.read().status, 408);
    seen.abandoned.wait();
}

TEST_F(UploadTest, StoppingAtTheDeadlineAbandons) {
    start();
    TestClient client(server->port());
    client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbeginning");
    seen.first_write.wait();
    EXPECT_EQ(server->stop(Deadline::past()).cut, 1U);
    seen.abandoned.wait();
    seen.gone.wait();
}

} // namespace offstage::web
