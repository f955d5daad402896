#include "apps/bookshop/http_client.hpp"

#include "apps/bookshop/testing/test_folder.hpp"
#include "offstage/base/error.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/server.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

namespace bookshop {
namespace {

namespace web = offstage::web;
using offstage::Errc;
using offstage::Error;

class Pieces final : public web::BodySource {
public:
    std::size_t read(std::span<char> into) override {
        if (left_ == 0) return 0;
        const std::size_t size = std::min({into.size(), left_, std::size_t{1000}});
        std::fill_n(into.begin(), size, 'x');
        left_ -= size;
        return size;
    }

private:
    std::size_t left_ = 100'000;
};

class HttpClientTest : public testing::Test {
protected:
    HttpClientTest() : server(routes(), {.port = 0, .max_body = 1000}) { server.start(); }

    static web::Router routes() {
        web::Router router;
        router.get("/chunked", [](const web::Request&) {
            return web::Response::produced(std::make_unique<Pieces>(), "text/plain");
        });
        router.get("/hang", [](const web::Request& request) {
            offstage::Event never;
            std::ignore = never.wait(request.stop);
            return web::Response::empty();
        });
        router.put("/echo", [](const web::Request& request) {
            return web::Response::text(201, request.body).with("X-Test", "Yes");
        });
        return router;
    }
    Errc error_of(const HttpRequest& request, std::stop_token stop = {},
                  offstage::Deadline deadline = offstage::Deadline::never()) const {
        try {
            HttpClient(server.url()).send(request, std::move(stop), deadline);
        } catch (const Error& error) {
            return error.code();
        }
        return Errc::internal;
    }

    web::Server server;
};

TEST_F(HttpClientTest, ABodyAndAFileAreSentAndHeadersRead) {
    const HttpClient client(server.url());
    const HttpAnswer text = client.send({.method = "PUT", .target = "/echo", .body = "hello"});
    EXPECT_EQ(text.status, 201);
    EXPECT_EQ(text.body, "hello");
    EXPECT_EQ(text.header("x-test"), "Yes");
    const TestFolder folder;
    const int fd = ::open(folder.write("f", "from a file").c_str(), O_RDONLY);
    std::uint64_t sent = 0;
    const HttpAnswer file = client.send({.method = "PUT",
                                         .target = "/echo",
                                         .file = fd,
                                         .file_size = 11,
                                         .on_sent = [&](std::uint64_t bytes) { sent = bytes; }});
    ::close(fd);
    EXPECT_EQ(file.body, "from a file");
    EXPECT_EQ(sent, 11u);
}

TEST_F(HttpClientTest, ABodyInChunksIsPutTogether) {
    EXPECT_EQ(HttpClient(server.url()).get("/chunked").body, std::string(100'000, 'x'));
}

TEST_F(HttpClientTest, AnAnswerBeforeTheEndOfTheBodyIsHeard) {
    const HttpAnswer answer =
        HttpClient(server.url())
            .send({.method = "PUT",
                   .target = "/echo",
                   .body = std::string(50'000'000, 'x')}); // NOLINT(bugprone-string-constructor)
    EXPECT_EQ(answer.status, 413);
}

TEST_F(HttpClientTest, AWaitIsEndedByStopAndDeadline) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(error_of({.target = "/hang"}, stop.get_token()), Errc::stopped);
    EXPECT_EQ(error_of({.target = "/hang"}, {}, offstage::sys::deadline_after(std::chrono::milliseconds(20))),
              Errc::timed_out);
}

TEST_F(HttpClientTest, NobodyThereIsAnError) {
    server.stop(offstage::sys::deadline_after(std::chrono::seconds(5)));
    EXPECT_EQ(error_of({}), Errc::io);
    for (const char* wrong : {"", "127.0.0.1:80", "https://127.0.0.1:80", "http://127.0.0.1"})
        EXPECT_THROW(HttpClient{wrong}, Error) << wrong;
}

} // namespace
} // namespace bookshop
