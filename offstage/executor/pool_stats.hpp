// What a pool counts. A value.
#pragma once

#include <cstddef>
#include <cstdint>

namespace offstage {

struct PoolStats {
    std::size_t queued = 0; ///< tasks that wait to be begun; none that were cancelled
    unsigned threads = 0, idle = 0;
    unsigned waiting = 0;       ///< threads whose task waits, or is in a BlockingRegion
    std::uint64_t finished = 0; ///< tasks that were run to their end, failed ones among them; none cancelled
                                ///< before. Told a moment after their futures are done; exact after drain()
    std::uint64_t failed = 0;   ///< tasks of post() that threw, save those that obeyed a stop
    std::uint64_t stalls = 0;   ///< how often all threads up to max_threads waited while tasks were queued
};

} // namespace offstage
