#include "offstage/sys/futex.hpp"

#include "offstage/base/check.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace offstage::sys::detail {

static_assert(sizeof(std::atomic<std::uint32_t>) == 4 && std::atomic<std::uint32_t>::is_always_lock_free);

bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Deadline deadline) noexcept {
    // FUTEX_WAIT_BITSET, unlike FUTEX_WAIT, takes an absolute time: woken spuriously, one waits on for the
    // same moment. The kernel refuses times before the clock's start, which have passed anyway.
    const auto since_start = std::max(deadline.when().time_since_epoch(), SteadyTime::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_start);
    const timespec when{.tv_sec = seconds.count(), .tv_nsec = (since_start - seconds).count()};
    const long result = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                                  deadline.is_never() ? nullptr : &when, nullptr, FUTEX_BITSET_MATCH_ANY);
    if (result == 0) return true;
    OFFSTAGE_CHECK(errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT,
                   "the kernel refused a futex wait");
    return errno != ETIMEDOUT;
}

void futex_wake_one(const std::atomic<std::uint32_t>* word) noexcept {
    ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

} // namespace offstage::sys::detail
