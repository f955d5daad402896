// For the library's own use. The tasks that a worker's tasks posted: it takes the oldest first, without a
// glance at the others. A worker that has none takes over the oldest of somebody else's.
//
// What always holds: tasks that one task posted are begun in its order, whoever takes them.
//
// Threads: all. Its mutex is its owner's alone as long as everybody has something to do.
#pragma once

#include "offstage/executor/task.hpp"
#include "offstage/executor/task_lane.hpp"
#include "offstage/sys/mutex.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace offstage::detail {

class OwnLane {
public:
    /// How many there were, and how many were ever taken out, a moment ago.
    std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }

    /// Whether there is one, for certain: what was put in before is seen, and who puts one in after sees what
    /// the caller wrote before.
    bool holds_any() const noexcept {
        const sys::MutexLock lock(mutex_);
        return !lane_.empty();
    }

    enum class Pushed : std::uint8_t { yes, no_room, closed };
    /// `first`: of those that the running task posts. The task stays the caller's where it has no room, or
    /// `closed` is set.
    Pushed push(Task& task, bool first, const std::atomic<bool>& closed) {
        const sys::MutexLock lock(mutex_);
        if (closed.load(std::memory_order_relaxed)) return Pushed::closed;
        if (lane_.size() == room_) return Pushed::no_room;
        lane_.push(std::move(task), first);
        size_.store(lane_.size(), std::memory_order_relaxed);
        return Pushed::yes;
    }
    void add_room(std::size_t tasks) noexcept {
        const sys::MutexLock lock(mutex_);
        room_ += tasks;
    }
    /// Takes away what is not used; how much that was.
    std::size_t take_room() noexcept {
        const sys::MutexLock lock(mutex_);
        return std::exchange(room_, lane_.size()) - lane_.size();
    }

    /// The oldest; false where there is none.
    bool pop(Task& task) noexcept {
        const sys::MutexLock lock(mutex_);
        return pop_locked(task);
    }
    /// The same; false where `held` is set, too.
    bool pop_unless(const std::atomic<bool>& held, Task& task) noexcept {
        const sys::MutexLock lock(mutex_);
        return !held.load(std::memory_order_relaxed) && pop_locked(task);
    }
    /// After this no pop_unless() overlooks what the caller set before: it comes later, or is over.
    void pass() const noexcept { const sys::MutexLock lock(mutex_); }

    /// The oldest of `other`'s; and puts more of the oldest ones in here, up to half of them: so many that
    /// all that one task posts stays in one lane. False where there is none. REQUIRES: the pool's mutex is
    /// held: nobody else then holds the mutexes of two lanes.
    bool take_over(OwnLane& other, Task& task) noexcept {
        const sys::MutexLock their_lock(other.mutex_);
        if (other.lane_.empty()) return false;
        std::size_t more = other.lane_.whole_posts(other.lane_.size() / 2) - 1;
        other.lane_.pop(task);
        if (more > 0) {
            const sys::MutexLock lock(mutex_);
            room_ += more; // it goes with them
            other.room_ -= more;
            Task next;
            for (; more > 0; --more) {
                const bool first = other.lane_.begins();
                other.lane_.pop(next);
                lane_.push(std::move(next), first);
            }
            size_.store(lane_.size(), std::memory_order_relaxed);
        }
        other.count_one();
        return true;
    }

    /// The youngest, where `is(task)` says that it is the one.
    template <class Is>
    bool take_back(Task& task, const Is& is) noexcept {
        const sys::MutexLock lock(mutex_);
        Task* const youngest = lane_.youngest();
        if (youngest == nullptr || !is(*youngest)) return false;
        task = std::move(*youngest);
        lane_.drop_youngest();
        count_one();
        return true;
    }

    /// As TaskLane's.
    template <class Over>
    void sweep(Over over, std::vector<Task>& out) noexcept {
        const sys::MutexLock lock(mutex_);
        lane_.sweep(over, out);
        size_.store(lane_.size(), std::memory_order_relaxed);
    }

private:
    bool pop_locked(Task& task) noexcept OFFSTAGE_REQUIRES(mutex_) {
        if (lane_.empty()) return false;
        lane_.pop(task);
        count_one();
        return true;
    }
    // Others only read these, so that no more than a load and a store is needed.
    void count_one() noexcept OFFSTAGE_REQUIRES(mutex_) {
        size_.store(lane_.size(), std::memory_order_relaxed);
        taken_.store(taken() + 1, std::memory_order_relaxed);
    }

    mutable sys::Mutex mutex_;
    TaskLane lane_ OFFSTAGE_GUARDED_BY(mutex_);
    std::size_t room_ OFFSTAGE_GUARDED_BY(mutex_) = 0; // for so many, those that are here among them
    std::atomic<std::size_t> size_{0};                 // both written under the mutex
    std::atomic<std::uint64_t> taken_{0};
};

} // namespace offstage::detail
