// An answer that comes later, while no thread waits for it.
//
//   auto later = std::make_shared<web::Deferred>(sys::deadline_after(30s));
//   waiting.push_back(later);
//   return web::Response::deferred(later);     // and elsewhere: later->give(Response::json(200, job))
//
//   waiting ── give() ──▶ given ── end() ──▶ the server sends it
//      └── the client goes, the server stops, the deadline passes: end() ──▶ over, told by over()
//
// A client that is there is told 503 by a server that stops and 504 at the deadline. Thread-safe. Shared by
// the server, which waits, and whoever gives; either may outlive the other.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/web/response.hpp"

#include <functional>
#include <optional>
#include <stop_token>

namespace offstage::web {

class Deferred {
public:
    /// `until`: who gives has until then.
    explicit Deferred(Deadline until) : until_(until) {}

    /// The answer. False, and it is dropped, when nobody waits for it any more. Never blocks.
    /// REQUIRES: it is no deferred one itself.
    bool give(Response answer);
    /// Requested when nobody waits any more: it is given, or over. What hears of it must not block.
    std::stop_token over() const { return over_.get_token(); }

    // The server's side.
    Deadline until() const noexcept { return until_; }
    bool is_given() const;
    /// `ready` is called, on the giver's thread, when it is given; here, when it was before.
    void on_given(std::function<void()> ready);
    /// Ends the wait: what was given, or nothing, and then nothing can be given any more.
    std::optional<Response> end();

private:
    const Deadline until_;
    mutable sys::Mutex mutex_;
    std::optional<Response> answer_ OFFSTAGE_GUARDED_BY(mutex_);
    std::function<void()> ready_ OFFSTAGE_GUARDED_BY(mutex_);
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false; // given, or over
    std::stop_source over_;
};

} // namespace offstage::web
