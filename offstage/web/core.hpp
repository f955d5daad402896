// What a server's connections share. Inside web/ only; brings in Asio.
#pragma once

#include "offstage/sync/event.hpp"
#include "offstage/web/handler_threads.hpp"
#include "offstage/web/router.hpp"
#include "offstage/web/server.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <string_view>
#include <unordered_set>

namespace offstage::web {

class Session;

struct Core {
    Core(Router routes, ServerOptions settings, Guard same_origin_guard);
    ~Core();

    /// Connections beyond max_connections that are told so at a time; more are closed without a word.
    static constexpr std::size_t max_refused = 32;

    const ServerOptions options;
    const Router router;
    const Guard guard;
    boost::asio::io_context loop{1};
    HandlerThreads handlers;

    std::atomic<std::size_t> connections{0}; // written by the loop's thread, told to any
    Event drained;                           // stopping, and no connection is left

    // The loop's thread alone, from here on.
    std::unordered_set<std::shared_ptr<Session>> sessions;
    std::size_t refused = 0; // of sessions, those that are only told that there are too many
    bool stopping = false;
    StopReport report; // as it is now

    /// Tells on_error. Any thread.
    void tell(std::string_view where, std::exception_ptr error) const noexcept;
    /// A connection is gone.
    void remove(const std::shared_ptr<Session>& session, bool was_refused);
};

} // namespace offstage::web
