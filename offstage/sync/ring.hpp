// For sync's own use. A ring of fixed size: where a queue keeps its values when their order is that of their
// coming. Guarded by the queue's mutex. Memory for `capacity` values is set aside at once (the system gives
// it page by page, as it is used).
#pragma once

#include "offstage/base/error.hpp"

#include <bit>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace offstage::detail {

template <class T>
class Ring {
public:
    /// Throws Error invalid_argument when so many could never have addresses, full when there is no memory
    /// for them.
    explicit Ring(std::size_t capacity)
        : mask_(std::bit_ceil(checked(capacity)) - 1), slots_(allocate(mask_ + 1)) {}
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
    // A power of two, as their number is.
    static constexpr std::size_t most =
        std::bit_floor(std::size_t{std::numeric_limits<std::ptrdiff_t>::max()} / sizeof(T));
    static std::size_t checked(std::size_t capacity) {
        if (capacity > most)
            throw Error(Errc::invalid_argument, "a queue of " + std::to_string(capacity) +
                                                    " values is more than has addresses: " +
                                                    std::to_string(most) + " of these are the most");
        return capacity;
    }
    static T* allocate(std::size_t count) {
        try {
            return std::allocator<T>().allocate(count);
        } catch (const std::bad_alloc&) {
            throw Error(Errc::full, "no memory for a queue of " + std::to_string(count) + " values of " +
                                        std::to_string(sizeof(T)) +
                                        " bytes, which is set aside at once: give it a smaller capacity");
        }
    }
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
