#include "offstage/web/sse.hpp"

#include "offstage/base/error.hpp"
#include "offstage/web/problem.hpp"

#include <algorithm>
#include <utility>

namespace offstage::web {

std::string format_event(std::string_view name, std::string_view data) {
    if (name.find_first_of("\r\n") != std::string_view::npos)
        throw Error(Errc::invalid_argument, "an event's name should be one line");
    std::string text;
    if (!name.empty()) text.append("event: ").append(name).append("\n");
    for (bool more = true; more;) {
        const auto end = data.find_first_of("\r\n");
        more = end != std::string_view::npos;
        text.append("data: ").append(data.substr(0, end)).append("\n");
        if (more) data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    }
    return text.append("\n");
}

Response EventHub::subscribe(std::string_view first) {
    auto stream = std::make_shared<BodyStream>(
        BodyStream::Options{.capacity = options_.buffer, .ping = options_.ping, .ping_text = ": ping\n\n"});
    stream->write("retry: " + std::to_string(options_.retry.count()) + "\n\n");
    stream->write(first);
    {
        const sys::MutexLock lock(mutex_);
        forget_ended();
        if (closed_) return problem(Errc::closed, "The server is stopping");
        if (streams_.size() >= options_.max_subscribers)
            return problem(503, "too_many_subscribers",
                           "This server has all the listeners that it takes; try again soon")
                .with("Retry-After", "5");
        streams_.push_back(stream);
    }
    return Response::streamed(std::move(stream), "text/event-stream").with("X-Accel-Buffering", "no");
}

void EventHub::publish(std::string_view name, std::string_view data) {
    const auto text = std::make_shared<const std::string>(format_event(name, data));
    std::vector<std::shared_ptr<BodyStream>> streams;
    {
        const sys::MutexLock lock(mutex_);
        forget_ended();
        streams = streams_;
    }
    // Outside the lock: a write may run what waits for the stream's end.
    for (const auto& stream : streams) stream->write(text);
}

std::size_t EventHub::subscribers() const {
    const sys::MutexLock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        streams_, [](const auto& stream) { return !stream->ended().stop_requested(); }));
}

void EventHub::close() {
    std::vector<std::shared_ptr<BodyStream>> streams;
    {
        const sys::MutexLock lock(mutex_);
        closed_ = true;
        streams.swap(streams_);
    }
    for (const auto& stream : streams) stream->close();
}

void EventHub::forget_ended() {
    std::erase_if(streams_, [](const auto& stream) { return stream->ended().stop_requested(); });
}

} // namespace offstage::web
