// Bytes that have come and were not used yet, in one piece, up to a bound. Inside web/ only; one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace offstage::web {

class InputBuffer {
public:
    explicit InputBuffer(std::size_t most) : most_(most) {}

    std::string_view text() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
    bool full() const noexcept { return end_ - begin_ == most_; }
    /// Forgets the first `size` bytes. REQUIRES: there are as many.
    void consume(std::size_t size) noexcept {
        begin_ += size;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    void clear() noexcept { begin_ = end_ = 0; }

    /// Room for up to `wanted` more bytes, none only when full(). Valid until the next call.
    std::span<char> prepare(std::size_t wanted) {
        wanted = std::min(wanted, most_ - text().size());
        if (capacity_ - end_ < wanted) move_to(std::max(capacity_, text().size() + wanted));
        return {bytes_.get() + end_, wanted};
    }
    /// `size` bytes of what prepare() gave have come.
    void commit(std::size_t size) noexcept { end_ += size; }

    /// Gives memory back, down to `size` bytes, while it is empty.
    void shrink(std::size_t size) {
        if (text().empty() && capacity_ > size) *this = InputBuffer(most_);
    }

private:
    void move_to(std::size_t capacity) {
        auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
        const std::string_view kept = text();
        std::ranges::copy(kept, bytes.get());
        begin_ = 0;
        end_ = kept.size();
        capacity_ = capacity;
        bytes_ = std::move(bytes);
    }

    std::size_t most_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::unique_ptr<char[]> bytes_;
};

} // namespace offstage::web
