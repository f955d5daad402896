#include "offstage/sys/parker.hpp"

#include "offstage/sys/futex.hpp"
#include "offstage/sys/thread_slot.hpp"

namespace offstage::sys {

bool Parker::park(Deadline deadline) noexcept {
    // permit -> empty, or empty -> parked. Acquire, here and below, pairs with the release in unpark().
    if (state_.fetch_sub(1, std::memory_order_acquire) == permit) return true;
    for (;;) {
        const bool in_time = detail::futex_wait(state_, parked, deadline);
        if (state_.load(std::memory_order_relaxed) == permit || !in_time)
            return state_.exchange(empty, std::memory_order_acquire) == permit;
    }
}

void Parker::unpark() noexcept {
    if (state_.exchange(permit, std::memory_order_release) == parked) detail::futex_wake_one(&state_);
}

Parker& Parker::current() noexcept {
    return detail::this_slot().parker;
}

} // namespace offstage::sys
