#include "apps/bookshop/reading/bytes.hpp"

#include "offstage/base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <stop_token>
#include <string>

#include <sys/types.h>
#include <unistd.h>

namespace bookshop {

void require_no_stop(const std::stop_token& stop) {
    if (stop.stop_requested())
        throw offstage::Error(offstage::Errc::stopped, "the file was not read on: a stop was requested");
}

std::size_t FileBytes::read(std::span<char> into) {
    require_no_stop(stop_);
    for (;;) {
        ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(position_));
        if (got >= 0) {
            position_ += static_cast<std::uint64_t>(got);
            return static_cast<std::size_t>(got);
        }
        if (errno != EINTR)
            throw offstage::Error(offstage::Errc::io, "cannot read the file at byte " +
                                                          std::to_string(position_) + ": " +
                                                          std::strerror(errno));
    }
}

std::size_t MemoryBytes::read(std::span<char> into) {
    std::size_t size = std::min({into.size(), chunk_, text_.size() - position_});
    std::memcpy(into.data(), text_.data() + position_, size);
    position_ += size;
    return size;
}

} // namespace bookshop
