// A regular file that is looked at here and there, and little-endian numbers in its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bookshop {

/// Borrows the descriptor and never moves its position. One thread at a time.
class FileAt {
public:
    /// Throws Error(io).
    explicit FileAt(int fd);

    std::uint64_t size() const { return size_; }

    /// `size` bytes from `offset` on; fewer where the file ends before. Throws Error(io).
    std::string read(std::uint64_t offset, std::size_t size) const;

    /// The last `size` bytes, or the whole file.
    std::string tail(std::size_t size) const;

private:
    int fd_;
    std::uint64_t size_ = 0;
};

/// The little-endian number of `size` bytes at `offset`; 0 where the bytes end before.
std::uint64_t little_endian(std::string_view bytes, std::size_t offset, std::size_t size);

/// The most that the end record of a ZIP archive and the comment behind it can take.
inline constexpr std::size_t zip_end_size = 22;
inline constexpr std::size_t zip_tail_size = zip_end_size + 65535;

} // namespace bookshop
