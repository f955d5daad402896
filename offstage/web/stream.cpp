#include "offstage/web/stream.hpp"

#include <utility>

namespace offstage::web {

BodyStream::BodyStream(Options options) : options_(std::move(options)) {}

bool BodyStream::write(std::string_view text) {
    std::function<void()> ready;
    bool fits = true;
    {
        const sys::MutexLock lock(mutex_);
        if (closed_) return false;
        fits = text.size() <= options_.capacity - waiting_.size();
        if (fits) {
            if (waiting_.empty()) ready = ready_;
            waiting_.append(text);
        } else {
            closed_ = overflowed_ = true;
            waiting_ = {};
            ready = ready_;
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
    out.clear();
    const sys::MutexLock lock(mutex_);
    out.swap(waiting_);
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
        waiting_ = {};
        ready_ = nullptr;
    }
    ended_.request_stop();
}

} // namespace offstage::web
