// Two hundred pages that listen, of which half have fallen asleep.
#include "offstage/web/sse.hpp"

#include "offstage/web/memory_test_support.hpp"
#include "offstage/web/server.hpp"
#include "offstage/web/test_client.hpp"

#include <gtest/gtest.h>

#include <list>
#include <string>

namespace offstage::web {

TEST(SseServer, ListenersThatNeverReadCostLittleAndStallNobody) {
    EventHub hub;
    Router router;
    router.get("/events", [&](const Request&) { return hub.subscribe(); });
    router.get("/x", [](const Request&) { return Response::text(200, "x"); });
    Server server(std::move(router), ServerOptions{.port = 0});
    server.start();
    TestClient first(server.port());
    first.get("/x");
    first.read();

    const MemoryGrowth growth;
    std::list<TestClient> readers;
    std::list<TestClient> sleepers;
    for (int i = 0; i < 100; ++i) {
        for (auto* clients : {&readers, &sleepers}) {
            auto& client = clients->emplace_back(server.port(), clients == &sleepers ? 4096 : 0);
            client.get("/events");
            client.read_until("retry: 2000");
        }
    }
    EXPECT_EQ(hub.subscribers(), 200U);

    // More than a sleeper's buffers here and in the kernel hold, so that each is cut; the readers keep up, as
    // each batch is smaller than a buffer.
    const std::string data(4000, 'x');
    for (int batch = 0; hub.subscribers() > 100; ++batch) {
        ASSERT_LT(batch, 10'000) << "the sleepers are not cut";
        for (int i = 0; i < 10; ++i) hub.publish("tick", data);
        hub.publish("batch", std::to_string(batch));
        const std::string end = "data: " + std::to_string(batch) + "\n\n";
        for (auto& reader : readers) EXPECT_TRUE(reader.read_until(end).ends_with(end));
        first.get("/x");
        EXPECT_EQ(first.read().body, "x") << "others are answered meanwhile";
    }
    EXPECT_EQ(hub.subscribers(), 100U);
    for (auto& sleeper : sleepers) EXPECT_FALSE(sleeper.ended());
    RecordProperty("grown_kib", static_cast<int>(growth.kib()));
    EXPECT_TRUE(MemoryGrowth::is_meaningless() || growth.kib() < 20 * 1024) << growth.kib();
}

} // namespace offstage::web
