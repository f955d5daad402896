#include "offstage/sync/gate.hpp"

#include "offstage/base/check.hpp"

namespace offstage {

Gate::~Gate() {
    OFFSTAGE_CHECK(inside() == 0,
                   "a gate was destroyed while somebody is inside: close() and drain() it first");
}

std::optional<Gate::Pass> Gate::enter() noexcept {
    const sys::MutexLock lock(mutex_);
    if (closed_) return std::nullopt;
    ++inside_;
    return Pass(*this);
}

void Gate::leave() noexcept {
    sys::MutexLock lock(mutex_);
    --inside_;
    if (drained()) waiters_.notify_all(lock);
}

void Gate::close() noexcept {
    sys::MutexLock lock(mutex_);
    closed_ = true;
    if (drained()) waiters_.notify_all(lock);
}

WaitStatus Gate::drain(std::stop_token stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    detail::Wait wait(lock, waiters_, {.kind = "Gate", .action = "drain", .name = name_, .object = this},
                      stop, deadline);
    while (!drained())
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

bool Gate::is_closed() const noexcept {
    const sys::MutexLock lock(mutex_);
    return closed_;
}

std::size_t Gate::inside() const noexcept {
    const sys::MutexLock lock(mutex_);
    return inside_;
}

} // namespace offstage
