#include "offstage/jobs/worker/alarm.hpp"

namespace offstage::jobs::detail {

void Alarm::set(SteadyTime when) noexcept {
    {
        const sys::MutexLock lock(mutex_);
        if (when >= next_.load()) return;
        next_ = when;
    }
    earlier_.notify_one();
}

bool Alarm::wait(std::stop_token stop) {
    sys::MutexLock lock(mutex_);
    for (;;) {
        const SteadyTime target = next_;
        const WaitStatus status = earlier_.wait(
            lock, [&] { return next_.load() < target || target == SteadyTime::min(); }, stop, target);
        if (status == WaitStatus::stopped) return false;
        if (status == WaitStatus::ok && target != SteadyTime::min()) continue; // an earlier time was set
        next_ = SteadyTime::max();
        return !stop.stop_requested();
    }
}

} // namespace offstage::jobs::detail
