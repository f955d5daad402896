// For the library's own use. The order of timers: a 4-ary heap of due times, equal ones in the order in which
// they were put in.
//
// A cancelled timer is not looked for in the heap, which would cost a walk through cold memory for each: its
// node stays and is told by its number to be stale. When three quarters of them are stale they are all swept
// out in one pass, so that each cancel pays for a constant share and memory stays within four times what is
// live.
//
// Not thread-safe: Timers' mutex guards it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>

namespace offstage::detail {

class TimerHeap {
public:
    struct Node {
        std::int64_t when;    // nanoseconds of the steady clock
        std::uint32_t slot;   // whose
        std::uint32_t number; // which arming of it; grows with every push, and wraps
        bool before(const Node& other) const noexcept {
            return when != other.when ? when < other.when
                                      : static_cast<std::int32_t>(number - other.number) < 0;
        }
    };

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    /// REQUIRES: not empty.
    const Node& top() const noexcept { return nodes_[0]; }

    /// Throws std::bad_alloc, nothing changed.
    void push(Node node) {
        if (size_ == capacity_) grow();
        sift_up(size_++, node);
    }

    /// REQUIRES: not empty.
    void pop() noexcept {
        --size_;
        if (size_ > 0) sift_down(0, nodes_[size_]);
    }

    /// Throws out what `stale` says, and orders the rest again.
    template <class Stale>
    void sweep(Stale stale) noexcept {
        size_ = static_cast<std::size_t>(std::remove_if(nodes_.get(), nodes_.get() + size_, stale) -
                                         nodes_.get());
        if (size_ < 2) return;
        for (std::size_t at = (size_ - 2) / arity + 1; at-- > 0;) sift_down(at, nodes_[at]);
    }

    void clear() noexcept { size_ = 0; }

private:
    static constexpr std::size_t arity = 4; // four nodes of 16 bytes are one cache line

    void sift_up(std::size_t at, Node node) noexcept {
        while (at > 0) {
            const std::size_t parent = (at - 1) / arity;
            if (!node.before(nodes_[parent])) break;
            nodes_[at] = nodes_[parent];
            at = parent;
        }
        nodes_[at] = node;
    }
    void sift_down(std::size_t at, Node node) noexcept {
        for (;;) {
            const std::size_t first = at * arity + 1;
            if (first >= size_) break;
            const std::size_t end = std::min(first + arity, size_);
            std::size_t least = first;
            for (std::size_t child = first + 1; child < end; ++child)
                if (nodes_[child].before(nodes_[least])) least = child;
            if (!nodes_[least].before(node)) break;
            nodes_[at] = nodes_[least];
            at = least;
        }
        nodes_[at] = node;
    }

    // By realloc, no vector: a large array then grows by moving pages, not bytes.
    static_assert(std::is_trivially_copyable_v<Node>);
    struct Free {
        void operator()(Node* nodes) const noexcept { std::free(nodes); }
    };
    void grow() {
        const std::size_t capacity = std::max<std::size_t>(64, 2 * capacity_);
        void* const grown = std::realloc(nodes_.get(), capacity * sizeof(Node));
        if (grown == nullptr) throw std::bad_alloc();
        std::ignore = nodes_.release(); // realloc freed it
        nodes_.reset(static_cast<Node*>(grown));
        capacity_ = capacity;
    }

    std::unique_ptr<Node[], Free> nodes_;
    std::size_t size_ = 0, capacity_ = 0;
};

} // namespace offstage::detail
