#include "offstage/web/sse.hpp"

#include "offstage/base/error.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

TEST(Sse, AnEventIsItsNameAndItsLines) {
    EXPECT_EQ(format_event("job", "{}"), "event: job\ndata: {}\n\n");
    EXPECT_EQ(format_event("", "a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
    EXPECT_EQ(format_event("e", ""), "event: e\ndata: \n\n");
    EXPECT_THROW(format_event("a\nid: 7", ""), Error);
}

TEST(Sse, EverySubscriberHearsWhatIsPublished) {
    EventHub hub;
    Response before = hub.subscribe("data: first\n\n");
    hub.publish("tick", "1");
    Response after = hub.subscribe();
    hub.publish("tick", "2");
    EXPECT_EQ(before.read_all(),
              "retry: 2000\n\ndata: first\n\nevent: tick\ndata: 1\n\nevent: tick\ndata: 2\n\n");
    EXPECT_EQ(after.read_all(), "retry: 2000\n\nevent: tick\ndata: 2\n\n");
    EXPECT_EQ(before.headers.get("Content-Type"), "text/event-stream");
}

TEST(Sse, WhoDoesNotKeepUpIsForgottenAndHoldsNobodyUp) {
    EventHub hub({.max_subscribers = 2, .buffer = 100});
    const Response sleeper = hub.subscribe();
    Response reader = hub.subscribe();
    EXPECT_EQ(hub.subscribe().status, 503);
    for (int i = 0; i < 20; ++i) {
        hub.publish("tick", "0123456789");
        EXPECT_NE(reader.read_all(), "");
    }
    EXPECT_EQ(hub.subscribers(), 1U);
    EXPECT_EQ(hub.subscribe().status, 200) << "its place is free";
}

TEST(Sse, AClosedHubEndsItsStreams) {
    EventHub hub;
    const Response response = hub.subscribe();
    hub.close();
    EXPECT_TRUE(std::get<std::shared_ptr<BodyStream>>(response.body)->ended().stop_requested());
    EXPECT_EQ(hub.subscribe().status, 503);
    hub.publish("tick", "nobody hears");
}

} // namespace offstage::web
