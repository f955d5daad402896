#include "offstage/web/stream.hpp"

#include <utility>

namespace offstage::web {

namespace {

constexpr std::size_t piece_size = std::size_t{16} * 1024; // what take() stops at

} // namespace

BodyStream::BodyStream(Options options) : options_(std::move(options)) {}

bool BodyStream::write(std::shared_ptr<const std::string> text) {
    std::function<void()> ready;
    bool fits = true;
    {
        const sys::MutexLock lock(mutex_);
        if (closed_) return false;
        if (text->empty()) return true;
        fits = text->size() + waiting_size_ + taken_ <= options_.capacity;
        if (waiting_.empty() || !fits) ready = ready_;
        if (fits) {
            waiting_size_ += text->size();
            waiting_.push_back(std::move(text));
        } else {
            closed_ = overflowed_ = true;
            forget();
        }
    }
    // Outside the lock: both run what others have put in.
    if (ready) ready();
    if (!fits) ended_.request_stop();
    return fits;
}

void BodyStream::close() {
    std::function<void()> ready;
    {
        const sys::MutexLock lock(mutex_);
        if (closed_) return;
        closed_ = true;
        ready = ready_;
    }
    if (ready) ready();
    ended_.request_stop();
}

bool BodyStream::overflowed() const {
    const sys::MutexLock lock(mutex_);
    return overflowed_;
}

bool BodyStream::take(std::string& out) {
    out = {}; // memory and all: most streams are silent most of the time
    const sys::MutexLock lock(mutex_);
    while (!waiting_.empty() && out.size() < piece_size) {
        out += *waiting_.front();
        waiting_.pop_front();
    }
    taken_ = out.size();
    waiting_size_ -= taken_;
    return !closed_ || !out.empty();
}

void BodyStream::on_ready(std::function<void()> ready) {
    bool now = false;
    {
        const sys::MutexLock lock(mutex_);
        ready_ = ready;
        now = ready && (closed_ || !waiting_.empty());
    }
    if (now) ready();
}

void BodyStream::abandon() {
    {
        const sys::MutexLock lock(mutex_);
        closed_ = true;
        forget();
        ready_ = nullptr;
    }
    ended_.request_stop();
}

void BodyStream::forget() {
    waiting_ = {};
    waiting_size_ = 0;
}

} // namespace offstage::web
