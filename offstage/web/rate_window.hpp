// Whether a client keeps up: in each window of time it must move so many bytes a second, else it is cut.
//
// A client that was quick at first gains nothing by it, as the count begins anew each time it has done its
// share; and one timer is enough, as deadline() is all that has to be watched. Values, one thread.
#pragma once

#include "offstage/base/time.hpp"

#include <chrono>
#include <cstddef>

namespace offstage::web {

class RateWindow {
public:
    RateWindow(std::size_t bytes_a_second, std::chrono::milliseconds window, SteadyTime now)
        : share_(bytes_a_second * static_cast<std::size_t>(window.count()) / 1000), window_(window),
          start_(now) {}

    /// When the client is too slow, unless moved() is told of enough before.
    SteadyTime deadline() const noexcept { return start_ + window_; }
    void moved(std::size_t bytes, SteadyTime now) noexcept {
        bytes_ += bytes;
        if (bytes_ < share_) return;
        bytes_ = 0;
        start_ = now;
    }
    /// Time that we took, not the client.
    void excuse(SteadyTime::duration ours) noexcept { start_ += ours; }

private:
    std::size_t share_;
    std::chrono::milliseconds window_;
    SteadyTime start_;
    std::size_t bytes_ = 0;
};

} // namespace offstage::web
