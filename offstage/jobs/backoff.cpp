#include "offstage/jobs/backoff.hpp"

#include "offstage/base/error.hpp"
#include "offstage/sys/random.hpp"

#include <algorithm>
#include <cstdint>

namespace offstage::jobs {

using std::chrono::microseconds;

Backoff exponential(microseconds first, microseconds longest) {
    if (first <= microseconds::zero() || longest < first)
        throw Error(Errc::invalid_argument,
                    "exponential backoff: the first wait must be above zero and at most the longest");
    return [first, longest](int errors) {
        microseconds wait = first;
        for (int doubled = 1; doubled < errors && wait < longest; ++doubled)
            wait = wait > longest / 2 ? longest : wait * 2;
        wait = std::min(wait, longest);
        const auto quarter = static_cast<std::uint64_t>(wait.count()) / 4;
        return wait - microseconds(sys::random_u64() % (quarter + 1));
    };
}

Backoff constant(microseconds wait) {
    if (wait < microseconds::zero())
        throw Error(Errc::invalid_argument, "constant backoff: the wait is negative");
    return [wait](int) { return wait; };
}

} // namespace offstage::jobs
