// How long a failed job waits before it is tried again.
#pragma once

#include <chrono>
#include <functional>

namespace offstage::jobs {

/// The wait after the given number of errors (1, 2, …); called by a worker, must not throw.
using Backoff = std::function<std::chrono::microseconds(int errors)>;

/// first, 2·first, 4·first … up to `longest`, each shortened at random by up to a quarter, so that jobs that
/// failed together do not come back together.
Backoff exponential(std::chrono::microseconds first, std::chrono::microseconds longest);
/// Always the same, not shortened.
Backoff constant(std::chrono::microseconds wait);

} // namespace offstage::jobs
