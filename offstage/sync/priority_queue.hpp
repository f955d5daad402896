// The queue that gives the most urgent value first, and among equals the one that came first (it is stable).
// All it does is told in basic_queue.hpp.
//
// `Before(a, b)` is true when a goes first. By default the least goes first, as in Python's PriorityQueue:
//
//     offstage::PriorityQueue<Task, decltype([](const Task& a, const Task& b) { return a.priority >
//     b.priority; })> tasks{100};
//
// push and pop take O(log n); dropping the oldest when full takes O(n). REQUIRES: Before is a strict weak
// order, does not throw and does not use the queue: it is called under the queue's mutex.
#pragma once

#include "offstage/sync/basic_queue.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage {

namespace detail {
/// A binary heap of values with the number of their coming.
template <class T, class Before>
class PriorityStorage {
public:
    static constexpr std::string_view queue_kind = "PriorityQueue";
    explicit PriorityStorage(std::size_t) {}

    std::size_t size() const noexcept { return heap_.size(); }
    bool empty() const noexcept { return heap_.empty(); }

    void push(T&& value) {
        heap_.push_back({std::move(value), pushed_++});
        std::push_heap(heap_.begin(), heap_.end(), after);
    }
    T take_next() noexcept {
        std::pop_heap(heap_.begin(), heap_.end(), after);
        return take_back();
    }
    T take_oldest() noexcept {
        std::swap(*std::ranges::min_element(heap_, {}, &Entry::number), heap_.back());
        T oldest = take_back();
        std::make_heap(heap_.begin(), heap_.end(), after);
        return oldest;
    }

private:
    struct Entry {
        T value;
        std::uint64_t number;
    };
    static bool after(const Entry& a, const Entry& b) noexcept {
        if (Before{}(a.value, b.value)) return false;
        return Before{}(b.value, a.value) || a.number > b.number;
    }
    T take_back() noexcept {
        T value(std::move(heap_.back().value));
        heap_.pop_back();
        return value;
    }

    std::vector<Entry> heap_; // its top goes first
    std::uint64_t pushed_ = 0;
};
} // namespace detail

template <class T, class Before = std::less<>>
class PriorityQueue : public BasicQueue<T, detail::PriorityStorage<T, Before>> {
    static_assert(std::is_nothrow_move_assignable_v<T>, "a heap moves its values about: that must not throw");

public:
    using BasicQueue<T, detail::PriorityStorage<T, Before>>::BasicQueue;
};

} // namespace offstage
