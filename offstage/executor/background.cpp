#include "offstage/executor/background.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"

#include <exception>

namespace offstage::detail {

namespace {
constinit thread_local const BackgroundThread* current_background = nullptr;
} // namespace

BackgroundThread::BackgroundThread(NameHere name, std::function<void(std::stop_token)> body,
                                   std::shared_ptr<ErrorSink> sink)
    : name_(std::move(name)), body_(std::move(body)), sink_(std::move(sink)) {}

void BackgroundThread::start() {
    const sys::MutexLock lock(mutex_);
    if (closed_) throw Error(Errc::closed, "the runtime of background " + name() + " was shut down");
    if (running_) throw Error(Errc::conflict, "background " + name() + " is running: stop and join it first");
    stop_ = std::stop_source();
    // The thread before, if any, is past its last use of this object and is joined here.
    thread_ = sys::Thread(name(), [this, stop = stop_.get_token()](const std::stop_token&) { run(stop); });
    running_ = true;
    since_ = sys::steady_now();
}

void BackgroundThread::run(const std::stop_token& stop) noexcept {
    current_background = this;
    thread_id_ = sys::this_thread_id();
    std::exception_ptr error;
    try {
        body_(stop);
    } catch (...) {
        // Handed on only after this block, where the runtime's own hold on the exception ends.
        error = std::current_exception();
    }
    if (error != nullptr && !(stop.stop_requested() && is_stop(error)))
        sink_->report({std::move(error), name(), name_.where});
    thread_id_ = 0;
    sys::MutexLock lock(mutex_);
    running_ = false;
    waiters_.notify_all(lock);
}

void BackgroundThread::request_stop() {
    std::stop_source stop = [this] {
        const sys::MutexLock lock(mutex_);
        return stop_;
    }();
    stop.request_stop();
}

WaitStatus BackgroundThread::join(const std::stop_token& stop, Deadline deadline) {
    OFFSTAGE_CHECK(current_background != this, "a background thread cannot join itself");
    sys::MutexLock lock(mutex_);
    Wait wait(
        lock, waiters_,
        {.kind = "Background",
         .action = "join",
         .name = name(),
         .object = this,
         .owner =
             [](const void* self) { return static_cast<const BackgroundThread*>(self)->thread_id_.load(); }},
        stop, deadline);
    while (running_)
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

bool BackgroundThread::running() const {
    const sys::MutexLock lock(mutex_);
    return running_;
}

void BackgroundThread::close() {
    const sys::MutexLock lock(mutex_);
    closed_ = true;
}

void BackgroundThread::end() {
    sys::Thread thread;
    const sys::MutexLock lock(mutex_);
    thread = std::move(thread_);
}

std::optional<ThreadView> BackgroundThread::view(const WaitTable& waits) const {
    const sys::MutexLock lock(mutex_);
    if (!running_) return std::nullopt;
    return ThreadView{name(), name(), sys::steady_now() - since_, waits.of(thread_id_)};
}

} // namespace offstage::detail
