// Where bytes come from: what the readers of this folder pull from, one after the other.
//
// Defines ByteReader (the interface), FileBytes (a file, by its descriptor) and MemoryBytes (a text that is
// already here). A reader is used by one thread at a time; none seeks, none can be read twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

namespace bookshop {

class ByteReader {
public:
    virtual ~ByteReader() = default;

    /// Fills the front of `into` and tells how many bytes; 0 means the end (so `into` is never empty). Blocks
    /// as the source does. Throws Error(io), Error(stopped) once a stop is requested of a source that was
    /// given a token, and from a source that converts also Error(invalid_argument).
    virtual std::size_t read(std::span<char> into) = 0;

    /// Bytes of the file that have been taken so far, for a progress bar.
    virtual std::uint64_t position() const = 0;
};

/// Throws Error(stopped) once a stop is requested.
void require_no_stop(const std::stop_token& stop);

/// A regular file from its first byte, whatever the descriptor's own position. The descriptor is borrowed: it
/// must stay open as long as this reads.
class FileBytes final : public ByteReader {
public:
    explicit FileBytes(int fd, std::stop_token stop = {}) : fd_(fd), stop_(std::move(stop)) {}
    std::size_t read(std::span<char> into) override;
    std::uint64_t position() const override { return position_; }

private:
    int fd_;
    std::stop_token stop_;
    std::uint64_t position_ = 0;
};

/// A text in memory, which must outlive this; at most `chunk` bytes a read.
class MemoryBytes final : public ByteReader {
public:
    explicit MemoryBytes(std::string_view text, std::size_t chunk = SIZE_MAX) : text_(text), chunk_(chunk) {}
    std::size_t read(std::span<char> into) override;
    std::uint64_t position() const override { return position_; }

private:
    std::string_view text_;
    std::size_t chunk_;
    std::size_t position_ = 0;
};

} // namespace bookshop
