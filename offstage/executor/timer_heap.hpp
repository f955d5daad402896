// For the library's own use. A 4-ary heap of due times, equal ones in the order in which they were put in.
// Not thread-safe: Timers' mutex guards it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace offstage::detail {

class TimerHeap {
public:
    struct Node {
        std::int64_t when;    // in nanoseconds of the steady clock, or what else its owner counts in
        std::uint32_t slot;   // whose
        std::uint32_t number; // which arming of it; grows with every push, and wraps
        bool before(const Node& other) const noexcept {
            return when != other.when ? when < other.when
                                      : static_cast<std::int32_t>(number - other.number) < 0;
        }
    };

    bool empty() const noexcept { return nodes_.empty(); }
    std::size_t size() const noexcept { return nodes_.size(); }
    /// REQUIRES: not empty.
    const Node& top() const noexcept { return nodes_[0]; }

    /// Throws std::bad_alloc, nothing changed.
    void push(const Node& node) {
        nodes_.push_back(node);
        sift_up(nodes_.size() - 1, node);
    }

    /// REQUIRES: not empty.
    void pop() noexcept {
        const Node last = nodes_.back();
        nodes_.pop_back();
        if (!nodes_.empty()) sift_down(0, last);
    }

    /// Throws out what `stale` says, and orders the rest again.
    template <class Stale>
    void sweep(Stale stale) noexcept {
        std::erase_if(nodes_, stale);
        if (nodes_.size() < 2) return;
        for (std::size_t at = (nodes_.size() - 2) / arity + 1; at-- > 0;) sift_down(at, nodes_[at]);
    }

    void clear() noexcept { nodes_.clear(); }

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
            if (first >= nodes_.size()) break;
            const std::size_t end = std::min(first + arity, nodes_.size());
            std::size_t least = first;
            for (std::size_t child = first + 1; child < end; ++child)
                if (nodes_[child].before(nodes_[least])) least = child;
            if (!nodes_[least].before(node)) break;
            nodes_[at] = nodes_[least];
            at = least;
        }
        nodes_[at] = node;
    }

    std::vector<Node> nodes_;
};

} // namespace offstage::detail
