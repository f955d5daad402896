// A response's body that is written as things happen, through one bounded buffer.
//
//   auto stream = std::make_shared<BodyStream>();
//   return Response::streamed(stream, "text/event-stream");     // and elsewhere: stream->write(text)
//
// A writer never waits for a client: what does not fit ends the stream, and the client, which was too slow,
// comes back and starts anew. Thread-safe. Shared by the server, which reads, and whoever writes; either may
// outlive the other.
#pragma once

#include "offstage/sys/mutex.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace offstage::web {

class BodyStream {
public:
    struct Options {
        std::size_t capacity =
            std::size_t{64} * 1024;             ///< bytes that the client has not taken; more ends the stream
        std::chrono::milliseconds ping{15'000}; ///< after so long without a write, `ping_text` is sent
        std::string ping_text = {};             ///< empty: nothing is sent
    };

    BodyStream() : BodyStream(Options{}) {}
    explicit BodyStream(Options options);

    /// Adds to what the client will read. False, and nothing is kept, once the stream has ended: closed,
    /// client gone, server stopping, or this write did not fit. Never blocks.
    bool write(std::string_view text) { return write(std::make_shared<const std::string>(text)); }
    /// The same of a text that many streams send: they keep one of it among them.
    bool write(std::shared_ptr<const std::string> text);
    /// What was written is still sent, then the body ends.
    void close();
    /// Requested when the stream has ended for whatever reason.
    std::stop_token ended() const { return ended_.get_token(); }
    bool overflowed() const;

    const Options& options() const noexcept { return options_; }

    /// The server's side. What was taken before is sent: moves what waits now to `out`, in its place; false
    /// when nothing will come any more.
    bool take(std::string& out);
    /// The server's side: `ready` is called, on the writer's thread, when there is something to take again.
    void on_ready(std::function<void()> ready);
    /// The server's side: nobody reads any more.
    void abandon();

private:
    void forget() OFFSTAGE_REQUIRES(mutex_);

    const Options options_;
    mutable sys::Mutex mutex_;
    std::deque<std::shared_ptr<const std::string>> waiting_ OFFSTAGE_GUARDED_BY(mutex_);
    std::size_t waiting_size_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    std::size_t taken_ OFFSTAGE_GUARDED_BY(mutex_) = 0; // by the server, which may be sending it still
    std::function<void()> ready_ OFFSTAGE_GUARDED_BY(mutex_);
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    bool overflowed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    std::stop_source ended_;
};

} // namespace offstage::web
