// Random bytes from the kernel, fit for keys, tokens and jitter alike. Thread-safe; a system call each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace offstage::sys {

std::uint64_t random_u64();

/// Fills `out`. Waits only where the machine has just started and has gathered no randomness yet.
void random_bytes(std::span<std::byte> out);

} // namespace offstage::sys
