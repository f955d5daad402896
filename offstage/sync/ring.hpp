// For sync's own use. A ring of fixed size: where a queue keeps its values when their order is that of their
// coming. Guarded by the queue's mutex. Memory for `capacity` values is set aside at once (the system gives
// it page by page, as it is used).
#pragma once

#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace offstage::detail {

template <class T>
class Ring {
public:
    explicit Ring(std::size_t capacity)
        : mask_(std::bit_ceil(capacity) - 1), slots_(std::allocator<T>().allocate(mask_ + 1)) {}
    ~Ring() {
        while (!empty()) take_front();
        std::allocator<T>().deallocate(slots_, mask_ + 1);
    }
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }

    /// REQUIRES: size() is less than the capacity.
    void push(T&& value) noexcept { std::construct_at(&slots_[end_++ & mask_], std::move(value)); }

    /// The first, or the last. REQUIRES: not empty().
    T take_front() noexcept { return take(slots_[begin_++ & mask_]); }
    T take_back() noexcept { return take(slots_[--end_ & mask_]); }

private:
    static T take(T& slot) noexcept {
        T value(std::move(slot));
        std::destroy_at(&slot);
        return value;
    }

    const std::size_t mask_;
    T* const slots_;
    std::size_t begin_ = 0, end_ = 0; // counted for ever; a place is the low bits
};

} // namespace offstage::detail
