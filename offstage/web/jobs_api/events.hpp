// What happens to jobs, told to whoever looks on: GET /v1/events, server-sent events.
//
//   event: jobs     {"jobs": [{"id": 7, "state": "done"}, ...], "more": false}      at most four times a
//   second event: stats    the newest sample, as GET /v1/stats has them, and the queues    at every sample
//   event: hello    {"server": "..."}                                              first; a new server has a
//   new name
//
// A change is told as soon as it is committed, but those of a quarter of a second come together: the last
// state of each job, at most 200 of them; "more" says that there were others, and whoever shows lists asks
// for them anew. Nothing is kept for clients that were away: they ask anew too. A client that does not read
// is ended by its bounded stream (sse.hpp) and comes back.
//
// Threads: open(), changed() and stats() by any, changed() also on the store's; tick() by one at a time.
#pragma once

#include "offstage/stores/types.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/web/sse.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace offstage::web::jobs_api {

class Events {
public:
    static constexpr std::size_t max_changes = 200; ///< of one message
    static constexpr std::chrono::milliseconds gather{250};

    /// `wake` asks for a tick soon; it must not block. At most `max_clients` at once.
    Events(std::size_t max_clients, std::function<void()> wake);

    /// A new client's stream; 503 when there are too many.
    Response open();
    void changed(std::span<const stores::JobChange> changes);
    /// Tells a sample, as JSON.
    void stats(std::string_view json);
    std::size_t clients() const { return hub_.subscribers(); }

    /// Tells what has gathered; says when it wants to be called again at the latest.
    SteadyTime tick(SteadyTime now);

private:
    const std::function<void()> wake_;
    const std::string server_;
    EventHub hub_;
    std::atomic<bool> heard_{false}; // somebody listens; lets changed() pass by without the mutex
    sys::Mutex mutex_;
    std::map<stores::JobId, stores::JobChange> gathered_ OFFSTAGE_GUARDED_BY(mutex_);
    bool more_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    SteadyTime told_ OFFSTAGE_GUARDED_BY(mutex_){};
};

} // namespace offstage::web::jobs_api
