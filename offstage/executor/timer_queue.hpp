// For the library's own use. The order of timers: those due within a millisecond or two in a heap, the others
// by rough time in buckets, which are emptied into finer ones and in the end into the heap. So a million
// timers are put in and taken out by walks through memory in its order, and what is searched stays small.
// The levels are those of hierarchical timing wheels (Varghese and Lauck, 1987).
//
//   level 0          64 buckets of 1 ms          a bucket of one level spans 32 of the level below
//   level 1, 2 …     64 of 34 ms, of 1 s …
//   level 8          of 36 years
//
// What always holds: all timers due before `horizon_` are in the heap, and no bucket begins before it. A
// timer is put in at the lowest level that reaches so far from the horizon. That is twice as far as a bucket
// of the next level spans, so that such a bucket can be emptied, a little at every wake, before its time
// comes.
//
// A cancelled timer is not looked for, which would cost a walk through cold memory for each: its node stays
// and is told by its number to be stale. When three quarters of them are stale its owner sweeps them all out.
//
// Not thread-safe: Timers' mutex guards it.
#pragma once

#include "offstage/executor/chunked.hpp"
#include "offstage/executor/timer_heap.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace offstage::detail {

class TimerQueue {
public:
    using Node = TimerHeap::Node;

    std::size_t size() const noexcept { return size_; }

    /// Throws std::bad_alloc, nothing changed.
    void push(const Node& node) {
        place(node);
        ++size_;
    }

    /// Brings into the heap what is due by `now` and what soon will be; `soon(slot)` is told of each. False
    /// when it has worked for a while and is to be called again before anything is taken out.
    template <class Soon>
    bool settle(std::int64_t now, Soon soon) {
        idle_ = false;
        for (int i = 0; i < most_blocks; ++i) {
            const Ahead ahead = look_ahead();
            if (ahead.due <= now + unit) {
                horizon_ = ahead.first.begin;
                empty_block(ahead.first, soon);
                continue;
            }
            horizon_ = std::max(horizon_, std::min(now / unit * unit, ahead.first.begin));
            idle_ = ahead.next.bucket == nullptr;
            if (idle_ || i >= few_blocks) return true;
            empty_block(ahead.next, soon);
        }
        return false;
    }

    /// False where the last settle() left something to do.
    bool idle() const noexcept { return idle_; }

    /// The first of those due before long; null where there is none. REQUIRES: settle() was true.
    const Node* top() const noexcept { return heap_.empty() ? nullptr : &heap_.top(); }

    /// REQUIRES: top() is not null.
    void pop() noexcept {
        heap_.pop();
        --size_;
    }

    /// When to settle again at the latest: when the first is due, or was where it was cancelled, or a little
    /// before where there are many; long ago where it is not idle(), the end of time where there is none.
    std::int64_t next_due() noexcept {
        if (!idle_) return 0;
        return heap_.empty() ? look_ahead().due : heap_.top().when;
    }

    /// Throws out what `stale` says.
    template <class Stale>
    void sweep(Stale stale) noexcept {
        heap_.sweep(stale);
        size_ = heap_.size();
        for (unsigned level = 0; level < levels; ++level)
            for (std::uint64_t left = filled_[level]; left != 0; left &= left - 1) {
                const auto at = static_cast<unsigned>(std::countr_zero(left));
                size_ += sweep(buckets_[level][at], stale);
                if (buckets_[level][at].last == nullptr) filled_[level] &= ~(std::uint64_t{1} << at);
            }
    }

    void clear() noexcept {
        sweep([](const Node&) { return true; });
    }

private:
    static constexpr unsigned unit_bits = 20, level_bits = 5, levels = 9, ring = 2u << level_bits;
    static_assert(unit_bits + levels * level_bits > 63);               // all times from 0 on
    static constexpr std::int64_t unit = std::int64_t{1} << unit_bits; // of nanoseconds
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    static constexpr std::int64_t block_takes = 2000;      // nanoseconds, at most, to be emptied
    static constexpr int most_blocks = 64, few_blocks = 8; // emptied at once

    struct Block {
        Block* before;
        std::uint64_t count;
        Node nodes[63];
    };
    static_assert(sizeof(Block) == 1024);
    struct Bucket {
        Block* last = nullptr; // the others follow by `before`
        std::int64_t blocks = 0;
        std::int64_t least = never; // of those that were put in
    };
    struct Place {
        Bucket* bucket = nullptr;
        unsigned level = 0;
        std::int64_t begin = never;
    };
    struct Ahead {
        std::int64_t due = never; // next_due()'s, of the buckets
        Place first;              // the one that begins first; of two that begin together the wider
        Place next;               // the first of those that can be emptied before their time
    };

    static constexpr unsigned shift(unsigned level) { return unit_bits + level * level_bits; }
    std::int64_t far(std::int64_t when, unsigned level) const noexcept { // in buckets
        return (when >> shift(level)) - (horizon_ >> shift(level));
    }

    void place(const Node& node) {
        if (node.when < horizon_) return heap_.push(node);
        unsigned level = 0;
        while (far(node.when, level) >= ring) ++level;
        const auto at = static_cast<unsigned>(node.when >> shift(level)) % ring;
        add(buckets_[level][at], node);
        filled_[level] |= std::uint64_t{1} << at;
    }

    void add(Bucket& bucket, const Node& node) {
        if (bucket.last == nullptr || bucket.last->count == std::size(bucket.last->nodes)) {
            Block& block = free_ == nullptr ? blocks_.add() : *std::exchange(free_, free_->before);
            block.before = std::exchange(bucket.last, &block);
            block.count = 0;
            ++bucket.blocks;
        }
        bucket.last->nodes[bucket.last->count++] = node;
        bucket.least = std::min(bucket.least, node.when);
    }

    Ahead look_ahead() noexcept {
        Ahead ahead;
        for (unsigned level = 0; level < levels; ++level) {
            if (filled_[level] == 0) continue;
            const std::int64_t here = horizon_ >> shift(level);
            const auto far = std::countr_zero(std::rotr(filled_[level], static_cast<int>(here % ring)));
            Bucket& bucket = buckets_[level][static_cast<unsigned>(here + far) % ring];
            const Place place{&bucket, level, (here + far) << shift(level)};
            ahead.due = std::min(ahead.due, bucket.least - bucket.blocks / 2 * block_takes);
            if (place.begin <= ahead.first.begin) ahead.first = place;
            if (level > 0 && far <= 1 && place.begin <= ahead.next.begin) ahead.next = place;
        }
        return ahead;
    }

    // One block of it. The horizon is not past its begin, and after the last one of level 0 at its end.
    template <class Soon>
    void empty_block(const Place& from, Soon soon) {
        Bucket& bucket = *from.bucket;
        Block* const block = bucket.last;
        for (const Node& node : std::span(block->nodes, block->count)) {
            if (from.level > 0) {
                place(node);
            } else {
                heap_.push(node);
                soon(node.slot);
            }
        }
        bucket.last = block->before;
        --bucket.blocks;
        give_back(block);
        if (bucket.last != nullptr) return;
        bucket.least = never;
        filled_[from.level] &= ~(std::uint64_t{1} << (from.begin >> shift(from.level)) % ring);
        if (from.level == 0) horizon_ = from.begin + unit;
    }

    void give_back(Block* block) noexcept { block->before = std::exchange(free_, block); }

    template <class Stale>
    std::size_t sweep(Bucket& bucket, Stale stale) noexcept {
        std::size_t left = 0;
        for (Block* old = std::exchange(bucket, {}).last; old != nullptr;) {
            const Block block = *old;
            give_back(std::exchange(old, block.before)); // so that there is one for what stays
            for (const Node& node : std::span(block.nodes, block.count)) {
                if (stale(node)) continue;
                add(bucket, node);
                ++left;
            }
        }
        return left;
    }

    TimerHeap heap_;
    std::array<std::array<Bucket, ring>, levels> buckets_;
    std::array<std::uint64_t, levels> filled_{}; // a bit for each bucket that is not empty
    std::int64_t horizon_ = 0;                   // a multiple of `unit`
    bool idle_ = true;
    Block* free_ = nullptr;
    Chunked<Block> blocks_;
    std::size_t size_ = 0;
};

} // namespace offstage::detail
