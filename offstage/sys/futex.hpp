// The kernel's wait queue on a 32-bit word, for sys' own use: everything that sleeps in Offstage ends up
// here. Thread-safe. Wakes may be spurious: whoever waits looks at its word again.
//
// futex_wake uses the address as a key and never reads it. A word may therefore be freed between the last
// store to it and the wake that follows: the kernel then finds nobody, or wakes somebody spuriously.
#pragma once

#include "offstage/base/time.hpp"

#include <atomic>
#include <cstdint>

namespace offstage::sys::detail {

/// Sleeps while `word` holds `expected`. False when the deadline passed; true otherwise, for whatever reason.
bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Deadline deadline) noexcept;

/// Wakes one sleeper.
void futex_wake_one(const std::atomic<std::uint32_t>* word) noexcept;

} // namespace offstage::sys::detail
