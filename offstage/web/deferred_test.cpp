// Answers that come later: who waits for them holds no thread, and every end of a wait is told.
#include "offstage/web/deferred.hpp"

#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/web/server.hpp"
#include "offstage/web/test_client.hpp"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

namespace offstage::web {

using namespace std::chrono_literals;

namespace {

/// A server with one handler thread: whoever held it would stall everybody.
struct DeferredTest : testing::Test {
    DeferredTest() {
        router.get("/x", [](const Request&) { return Response::text(200, "x"); });
        router.get("/later", [this](const Request&) {
            auto later = std::make_shared<Deferred>(until);
            {
                const sys::MutexLock lock(mutex);
                waiting.push_back(later);
            }
            came.set();
            return Response::deferred(later);
        });
    }
    void start() {
        server = std::make_unique<Server>(std::move(router), ServerOptions{.port = 0, .threads = 1});
        server->start();
    }
    /// The one that a request waits for by now.
    std::shared_ptr<Deferred> newest() {
        came.wait();
        came.clear();
        const sys::MutexLock lock(mutex);
        return waiting.back();
    }

    Deadline until = Deadline::never();
    sys::Mutex mutex;
    std::vector<std::shared_ptr<Deferred>> waiting;
    Event came;
    Router router;
    std::unique_ptr<Server> server;
};

} // namespace

TEST_F(DeferredTest, AnAnswerComesWholeWhenItIsGiven) {
    start();
    TestClient client(server->port());
    for (const int status : {200, 404}) {
        client.get("/later");
        const auto later = newest();
        EXPECT_TRUE(later->give(Response::text(status, "at last").with("X-Kept", "yes")));
        EXPECT_FALSE(later->give(Response::text(200, "again"))) << "one answer each";
        const Answer answer = client.read();
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.body, "at last");
        EXPECT_EQ(answer.header("X-Kept"), "yes");
        EXPECT_EQ(answer.header("Content-Length"), "7");
        EXPECT_TRUE(later->over().stop_requested());
    }
}

TEST_F(DeferredTest, WhatIsGivenBeforeItIsWaitedForIsSent) {
    router.get("/now", [](const Request&) {
        auto later = std::make_shared<Deferred>(Deadline::never());
        later->give(Response::text(200, "now"));
        return Response::deferred(later);
    });
    start();
    TestClient client(server->port());
    client.get("/now");
    EXPECT_EQ(client.read().body, "now");
}

TEST_F(DeferredTest, AHundredThatWaitHoldNoThread) {
    start();
    std::list<TestClient> clients;
    for (int i = 0; i < 100; ++i) {
        clients.emplace_back(server->port()).get("/later");
        newest();
    }
    TestClient other(server->port());
    other.get("/x");
    EXPECT_EQ(other.read().body, "x");
    for (std::size_t i = 0; i < waiting.size(); ++i)
        EXPECT_TRUE(waiting[i]->give(Response::text(200, std::to_string(i))));
    std::size_t next = 0;
    for (auto& client : clients) EXPECT_EQ(client.read().body, std::to_string(next++));
}

TEST_F(DeferredTest, AClientThatGoesIsToldToWhoWouldGive) {
    start();
    TestClient client(server->port());
    client.get("/later");
    const auto later = newest();
    Event over;
    const std::stop_callback told(later->over(), [&] { over.set(); });
    client.close();
    over.wait();
    EXPECT_FALSE(later->give(Response::text(200, "too late")));
}

TEST_F(DeferredTest, AtItsDeadlineTheClientIsToldSo) {
    until = Deadline::past();
    start();
    TestClient client(server->port());
    client.get("/later");
    EXPECT_EQ(client.read().status, 504);
    EXPECT_FALSE(newest()->give(Response::text(200, "too late")));
    client.get("/x");
    EXPECT_EQ(client.read().body, "x") << "the connection goes on";
}

TEST_F(DeferredTest, AServerThatStopsAnswersAllThatWait) {
    start();
    TestClient client(server->port());
    client.get("/later");
    const auto later = newest();
    StopReport report;
    sys::Thread stopper("stopper", [&](const std::stop_token&) { report = server->stop(Deadline::never()); });
    const Answer answer = client.read();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("Retry-After"), "1");
    client.close();
    stopper.join();
    EXPECT_EQ(report.cut, 0U);
    EXPECT_TRUE(later->over().stop_requested());
    EXPECT_FALSE(later->give(Response::text(200, "too late")));
}

} // namespace offstage::web
