// For the library's own use. A pool's queue of one priority: first in, first out, in blocks, so that growing
// moves nothing. Not thread-safe: the pool's mutex guards it.
#pragma once

#include "offstage/executor/task.hpp"

#include <array>
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

    /// REQUIRES: not empty.
    Task pop() noexcept {
        Task task = std::move(first_->tasks[begin_++]);
        --size_;
        if (size_ == 0)
            begin_ = end_ = 0; // then there is one block
        else if (begin_ == block_tasks)
            drop_block();
        return task;
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
            if (Task& place = to->tasks[write++]; &place != &task) place = std::move(task);
        }
        while (to->next != nullptr) to->next = std::move(to->next->next);
        last_ = to;
        end_ = write;
        if (size_ == 0) begin_ = end_ = 0;
    }

private:
    static constexpr std::size_t block_tasks = 127; // with the link, 8 KiB
    struct Block {
        std::array<Task, block_tasks> tasks;
        std::unique_ptr<Block> next;
    };

    void add_block() {
        auto block = spare_ != nullptr ? std::move(spare_) : std::make_unique<Block>();
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
