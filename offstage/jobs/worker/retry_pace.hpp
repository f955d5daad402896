// When something that the store failed at is tried again: after 100 ms, then ever more seldom up to every 10
// s. A value; not thread-safe.
#pragma once

#include "offstage/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace offstage::jobs::detail {

class RetryPace {
public:
    /// From a failure to the next success.
    bool is_failing() const noexcept { return failing_; }
    /// Between a failure and the time to try again, which is next().
    bool is_resting() const noexcept { return next_ != SteadyTime::max(); }
    SteadyTime next() const noexcept { return next_; }

    void failed(SteadyTime now) noexcept {
        failing_ = true;
        next_ = now + wait_;
        wait_ = std::min<std::chrono::milliseconds>(wait_ * 2, std::chrono::seconds(10));
    }
    void try_again() noexcept { next_ = SteadyTime::max(); }
    void succeeded() noexcept { *this = {}; }

private:
    bool failing_ = false;
    std::chrono::milliseconds wait_{100};
    SteadyTime next_ = SteadyTime::max();
};

} // namespace offstage::jobs::detail
