// For the library's own use. A pool's queue of one priority: first in, first out, in blocks, so that growing
// moves nothing. Not thread-safe: the pool's mutex guards it.
#pragma once

#include "offstage/executor/task.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace offstage::detail {

class TaskLane {
public:
    TaskLane() = default;
    TaskLane(const TaskLane&) = delete;
    TaskLane& operator=(const TaskLane&) = delete;
    ~TaskLane() {
        while (first_ != nullptr) first_ = std::move(first_->next); // not by recursion
    }

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }

    void push(Task&& task) {
        if (last_ == nullptr || end_ == block_tasks) add_block();
        last_->tasks[end_++] = std::move(task);
        ++size_;
    }
    /// `first`: of those that one task posts. For a lane where it was said of every task.
    void push(Task&& task, bool first) {
        push(std::move(task));
        last_->first[end_ - 1] = first;
    }

    /// REQUIRES: not empty.
    void pop(Task& task) noexcept {
        task = std::move(first_->tasks[begin_++]);
        --size_;
        if (begin_ == block_tasks && first_.get() != last_) drop_block();
        if (size_ == 0) begin_ = end_ = 0; // then there is one block
    }

    /// Whether the oldest is the first of those that one task posted. REQUIRES: not empty.
    bool begins() const noexcept { return first_->first[begin_]; }
    /// How many of the oldest, at most `limit` or one, could be taken without parting what one task posts:
    /// those before the last first one. One, where that is not so within a block. REQUIRES: not empty.
    std::size_t whole_posts(std::size_t limit) const noexcept {
        const std::size_t end = first_.get() == last_ ? end_ : block_tasks;
        for (std::size_t count = std::min(limit, end - begin_ - 1); count > 1; --count)
            if (first_->first[begin_ + count]) return count;
        return 1;
    }

    /// The last one that was pushed; null where there is none, or it is not worth a search.
    Task* youngest() noexcept { return size_ == 0 || end_ == 0 ? nullptr : &last_->tasks[end_ - 1]; }
    /// REQUIRES: youngest() is not null, and was moved from.
    void drop_youngest() noexcept {
        --end_;
        if (--size_ == 0) begin_ = end_ = 0;
    }

    /// Moves to `out`, which has room for them, those that `over(task)` says; the others keep their order.
    template <class Over>
    void sweep(Over over, std::vector<Task>& out) noexcept {
        if (size_ == 0) return;
        Block *from = first_.get(), *to = from;
        std::size_t read = begin_, write = begin_;
        for (std::size_t left = size_; left > 0; --left) {
            if (read == block_tasks) {
                from = from->next.get();
                read = 0;
            }
            Task& task = from->tasks[read++];
            if (over(task)) {
                out.push_back(std::move(task));
                --size_;
                continue;
            }
            if (write == block_tasks) {
                to = to->next.get();
                write = 0;
            }
            to->first[write] = from->first[read - 1];
            if (Task& place = to->tasks[write++]; &place != &task) place = std::move(task);
        }
        while (to->next != nullptr) to->next = std::move(to->next->next);
        last_ = to;
        end_ = write;
        if (size_ == 0) begin_ = end_ = 0;
    }

private:
    static constexpr std::size_t block_tasks = 127; // with the rest, 8 KiB
    struct Block {
        std::array<Task, block_tasks> tasks;
        std::bitset<block_tasks> first;
        std::unique_ptr<Block> next;
    };

    void add_block() {
        auto block = spare_ != nullptr ? std::move(spare_) : std::make_unique_for_overwrite<Block>();
        Block* const added = block.get();
        (last_ == nullptr ? first_ : last_->next) = std::move(block);
        last_ = added;
        end_ = 0;
    }
    void drop_block() noexcept {
        spare_ = std::exchange(first_, std::move(first_->next));
        begin_ = 0;
    }

    std::unique_ptr<Block> first_, spare_;
    Block* last_ = nullptr;
    std::size_t begin_ = 0, end_ = 0, size_ = 0;
};

} // namespace offstage::detail
