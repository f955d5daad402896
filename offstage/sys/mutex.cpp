#include "offstage/sys/mutex.hpp"

#include "offstage/base/check.hpp"
#include "offstage/sys/futex.hpp"
#include "offstage/sys/pause.hpp"
#include "offstage/sys/waits.hpp"

namespace offstage::sys {

namespace {
// With 1, 2, 4 … pauses between them: some microseconds in all, less than a sleep and a wake cost. Who looks
// seldom leaves the cache line to the owner, who then gets much done in one go: in a queue between two
// threads an item costs a third of what it does with a look after each pause.
constexpr int looks = 7;
} // namespace

void Mutex::lock_slow(std::uint32_t mine) noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    OFFSTAGE_CHECK((seen & ~contended) != mine || mine == UnseenLock::nobody << 1,
                   "the thread locks a sys::Mutex that it holds already");
    // Spinning helps while the owner runs. Where somebody sleeps already, the owner is likely not running.
    for (int look = 0; look < looks && (seen & contended) == 0; ++look) {
        if (seen == 0 &&
            word_.compare_exchange_weak(seen, mine, std::memory_order_acquire, std::memory_order_relaxed))
            return;
        for (int pauses = 1 << look; pauses > 0; --pauses) detail::pause();
        seen = word_.load(std::memory_order_relaxed);
    }
    if (mine == UnseenLock::nobody << 1) return sleep_for(mine);
    const WaitSubject subject{
        .kind = "Mutex",
        .action = "lock",
        .object = this,
        .owner = [](const void* mutex) { return static_cast<const Mutex*>(mutex)->owner(); },
        .over_when_own = true}; // it is never locked twice; the mark ends a little after the wait
    const WaitMark mark(subject);
    sleep_for(mine);
}

void Mutex::sleep_for(std::uint32_t mine) noexcept {
    // From here on we mark it contended whenever we take it: others may be asleep, and only unlock() wakes
    // them.
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        if (seen == 0) {
            if (word_.compare_exchange_weak(seen, mine | contended, std::memory_order_acquire,
                                            std::memory_order_relaxed))
                return;
            continue;
        }
        if ((seen & contended) == 0 &&
            !word_.compare_exchange_weak(seen, seen | contended, std::memory_order_relaxed))
            continue;
        detail::futex_wait(word_, seen | contended, Deadline::never());
        seen = word_.load(std::memory_order_relaxed);
    }
}

void Mutex::wake() noexcept {
    detail::futex_wake_one(&word_);
}

} // namespace offstage::sys
