// One turn of a short spin: tells the processor that we wait for another one. For sys' and sync's own use.
#pragma once

namespace offstage::sys::detail {

inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

} // namespace offstage::sys::detail
