// How a server ends: what is under way is finished, until the deadline.
#include "offstage/web/server.hpp"

#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/web/stream.hpp"
#include "offstage/web/test_client.hpp"

#include <gtest/gtest.h>

#include <string>

namespace offstage::web {

using namespace std::chrono_literals;

namespace {

struct StopTest : testing::Test {
    StopTest() {
        router.get("/x", [](const Request&) { return Response::text(200, "x"); });
        router.get("/wait", [this](const Request& request) {
            inside.set();
            const std::stop_callback told(request.stop, [this] { stopping.set(); });
            go.wait();
            return Response::text(200, "done");
        });
    }
    void start() {
        server = std::make_unique<Server>(std::move(router), ServerOptions{.port = 0});
        server->start();
    }

    Event inside;
    Event stopping;
    Event go;
    Router router;
    std::unique_ptr<Server> server;
};

} // namespace

TEST_F(StopTest, ARequestUnderWayIsFinished) {
    start();
    TestClient client(server->port());
    client.get("/wait");
    TestClient idle(server->port());
    idle.get("/x");
    idle.read();
    inside.wait();
    StopReport report;
    sys::Thread stopper("stopper", [&](const std::stop_token&) { report = server->stop(Deadline::never()); });
    stopping.wait();
    EXPECT_TRUE(idle.ended()) << "what is idle goes at once";
    go.set();
    const Answer answer = client.read();
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.header("Connection"), "close");
    client.close();
    stopper.join();
    EXPECT_GE(report.finished, 1U) << "the idle one's answer may have been on its way still";
    EXPECT_EQ(report.cut, 0U);
    EXPECT_EQ(report.running, 0U);
}

TEST_F(StopTest, AtTheDeadlineWhatIsLeftIsCut) {
    start();
    TestClient client(server->port());
    client.get("/wait");
    inside.wait();
    const StopReport report = server->stop(sys::deadline_after(20ms));
    EXPECT_EQ(report.cut, 1U);
    EXPECT_EQ(report.running, 1U);
    EXPECT_EQ(client.read().status, 0);
    go.set(); // the destructor waits for the handler
}

TEST_F(StopTest, NobodyCanConnectAfterwardsAndASecondStopIsSafe) {
    start();
    server->stop(Deadline::past());
    EXPECT_EQ(server->stop(Deadline::never()).cut, 0U);
    EXPECT_EQ(server->connections(), 0U);
}

TEST_F(StopTest, LiveStreamsEndAtOnce) {
    auto stream = std::make_shared<BodyStream>();
    router.get("/events", [&](const Request&) { return Response::streamed(stream, "text/event-stream"); });
    start();
    TestClient client(server->port());
    client.get("/events");
    client.read_until("\r\n\r\n");
    sys::Thread stopper("stopper", [&](const std::stop_token&) { server->stop(Deadline::never()); });
    client.read_until("0\r\n\r\n");
    client.close();
    stopper.join();
    EXPECT_TRUE(stream->ended().stop_requested());
}

TEST_F(StopTest, AServerThatNeverStartedOrIsDestroyedRunningEnds) {
    const Server never(Router(), ServerOptions{.port = 0});
    start();
    TestClient client(server->port());
    client.get("/x");
    client.read();
    server.reset();
    EXPECT_TRUE(client.ended());
}

} // namespace offstage::web
