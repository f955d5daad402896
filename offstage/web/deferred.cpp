#include "offstage/web/deferred.hpp"

#include "offstage/base/check.hpp"

#include <utility>

namespace offstage::web {

bool Deferred::give(Response answer) {
    OFFSTAGE_CHECK(!std::holds_alternative<std::shared_ptr<Deferred>>(answer.body),
                   "a deferred answer was given another one");
    std::function<void()> ready;
    {
        const sys::MutexLock lock(mutex_);
        if (closed_) return false;
        closed_ = true;
        answer_ = std::move(answer);
        ready = std::exchange(ready_, nullptr);
    }
    // Outside the lock: both run what others have put in.
    if (ready) ready();
    over_.request_stop();
    return true;
}

bool Deferred::is_given() const {
    const sys::MutexLock lock(mutex_);
    return answer_.has_value();
}

void Deferred::on_given(std::function<void()> ready) {
    {
        const sys::MutexLock lock(mutex_);
        if (!closed_) {
            ready_ = std::move(ready);
            return;
        }
    }
    ready();
}

std::optional<Response> Deferred::end() {
    std::optional<Response> answer;
    {
        const sys::MutexLock lock(mutex_);
        closed_ = true;
        ready_ = nullptr;
        answer.swap(answer_);
    }
    over_.request_stop();
    return answer;
}

} // namespace offstage::web
