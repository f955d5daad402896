#include "apps/bookshop/reading/file_at.hpp"

#include "offstage/base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace bookshop {
namespace {

[[noreturn]] void fail() {
    throw offstage::Error(offstage::Errc::io, std::string("cannot read the file: ") + std::strerror(errno));
}

} // namespace

FileAt::FileAt(int fd) : fd_(fd) {
    struct stat about{};
    if (::fstat(fd, &about) != 0) fail();
    size_ = static_cast<std::uint64_t>(about.st_size);
}

std::string FileAt::read(std::uint64_t offset, std::size_t size) const {
    std::string bytes;
    if (offset >= size_) return bytes;
    bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - offset)));
    std::size_t done = 0;
    while (done < bytes.size()) {
        ssize_t got =
            ::pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail();
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
}

std::string FileAt::tail(std::size_t size) const {
    return read(size_ - std::min<std::uint64_t>(size_, size), size);
}

std::uint64_t little_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
    if (offset + size > bytes.size()) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = size; i > 0; --i)
        value = value << 8 | static_cast<unsigned char>(bytes[offset + i - 1]);
    return value;
}

} // namespace bookshop
