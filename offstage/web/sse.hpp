// Server-sent events: one thing happens, every page that listens hears of it.
//
//   web::EventHub hub;
//   router.get("/v1/events", [&](const Request&) { return hub.subscribe(); });
//   hub.publish("job", R"({"id": 12, "state": "done"})");
//
// A subscriber has one bounded buffer. Who reads too slowly to keep up is cut, and its page, which comes back
// by itself, starts anew: so an event tells that something has changed, and a page asks for the whole when it
// connects. publish() never waits for a client. The format is that of WHATWG HTML, "Server-sent events".
//
// Thread-safe. The hub outlives the server's last handler; streams outlive either.
#pragma once

#include "offstage/sys/mutex.hpp"
#include "offstage/web/response.hpp"
#include "offstage/web/stream.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::web {

/// One event as it is sent. `name` is a single line, else Error(invalid_argument); `data` may have several.
std::string format_event(std::string_view name, std::string_view data);

struct EventHubOptions {
    std::size_t max_subscribers = 256;           ///< further ones get 503
    std::size_t buffer = std::size_t{64} * 1024; ///< bytes that may wait for one subscriber
    std::chrono::milliseconds ping{15'000};      ///< a silent stream is pinged, so that its end is noticed
    std::chrono::milliseconds retry{2'000};      ///< how long a page waits before it comes back
};

class EventHub {
public:
    explicit EventHub(EventHubOptions options = {}) : options_(options) {}
    /// Ends every stream.
    ~EventHub() { close(); }
    EventHub(const EventHub&) = delete;
    EventHub& operator=(const EventHub&) = delete;

    /// A stream of all events from now on, after `first`, which is events of format_event(): what a page
    /// needs to begin with.
    Response subscribe(std::string_view first = {});
    /// Tells every subscriber. Never blocks.
    void publish(std::string_view name, std::string_view data);
    std::size_t subscribers() const;
    /// Ends every stream; further subscribers get 503.
    void close();

private:
    void forget_ended() OFFSTAGE_REQUIRES(mutex_);

    const EventHubOptions options_;
    mutable sys::Mutex mutex_;
    std::vector<std::shared_ptr<BodyStream>> streams_ OFFSTAGE_GUARDED_BY(mutex_);
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
};

} // namespace offstage::web
