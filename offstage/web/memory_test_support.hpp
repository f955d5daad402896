// For tests: how much this process has grown at its peak.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

namespace offstage::web {

class MemoryGrowth {
public:
    /// Counts from here. One at a time.
    MemoryGrowth() {
        std::ofstream("/proc/self/clear_refs") << "5"; // sets VmHWM to what is used now (proc(5))
        before_ = peak();
    }
    long kib() const { return peak() - before_; }

    /// Sanitizers keep what was freed, and shadows of it.
    static constexpr bool is_meaningless() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        return true;
#elif defined(__has_feature)
        return __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
        return false;
#endif
    }

private:
    static long peak() {
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10);
        return 0;
    }

    long before_ = 0;
};

} // namespace offstage::web
