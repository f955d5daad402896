#include "offstage/sys/random.hpp"

#include "offstage/base/check.hpp"

#include <cerrno>
#include <sys/random.h>

namespace offstage::sys {

void random_bytes(std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        OFFSTAGE_CHECK(got > 0 || errno == EINTR, "the kernel gave no random bytes");
        if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
    }
}

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    random_bytes(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

} // namespace offstage::sys
