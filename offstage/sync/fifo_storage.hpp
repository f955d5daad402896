// Where a queue keeps its values when the first in is the first out: a ring of fixed size. Guarded by the
// queue's mutex. Memory for `capacity` values is set aside at once (the system gives it page by page, as it
// is used).
#pragma once

#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace offstage::detail {

template <class T>
class FifoStorage {
public:
    explicit FifoStorage(std::size_t capacity)
        : mask_(std::bit_ceil(capacity) - 1), slots_(std::allocator<T>().allocate(mask_ + 1)) {}
    ~FifoStorage() {
        while (!empty()) drop_oldest();
        std::allocator<T>().deallocate(slots_, mask_ + 1);
    }
    FifoStorage(const FifoStorage&) = delete;
    FifoStorage& operator=(const FifoStorage&) = delete;

    std::size_t size() const noexcept { return pushed_ - taken_; }
    bool empty() const noexcept { return pushed_ == taken_; }

    /// REQUIRES: size() is less than the capacity.
    void push(T&& value) {
        std::construct_at(&slots_[pushed_ & mask_], std::move(value));
        ++pushed_;
    }

    /// The value whose turn it is. To be followed by drop_next(). REQUIRES: not empty().
    T& next() noexcept { return slots_[taken_ & mask_]; }
    void drop_next() noexcept {
        std::destroy_at(&next());
        ++taken_;
    }

    /// The value that came first, which here is the next one.
    T& oldest() noexcept { return next(); }
    void drop_oldest() noexcept { drop_next(); }

private:
    const std::size_t mask_;
    T* const slots_;
    std::size_t pushed_ = 0, taken_ = 0; // counted for ever; a place is the low bits
};

} // namespace offstage::detail
