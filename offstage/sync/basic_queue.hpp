// The bounded, closable queue that threads talk through, whatever order its storage gives the values.
//
//   BasicQueue<T, Storage>   written once; BoundedQueue, LifoQueue and PriorityQueue are it with their
//   storage
//
// push and pop wait; a deadline in the past makes a try of them. When full, the queue's Overflow decides.
// close() ends intake: pushers are told `closed`, poppers get what is left and then `closed`;
// close_and_take() hands what is left to the caller instead. task_done() and join() tell when all that was
// ever pushed has also been dealt with, as in Python's queue.Queue; who does not use join() need not call
// task_done().
//
// Always holds: size() <= capacity(); a value is popped once, dropped and counted, or taken, and never lost.
// Waiters are woken first come first; a running thread may overtake one that was just woken, which then keeps
// its turn. Values are moved under the queue's mutex, so moving one must not use the queue; they are
// destroyed without it.
//
// Threads: all. The queue must outlive whoever waits on it.
#pragma once

#include "offstage/base/error.hpp"
#include "offstage/base/time.hpp"
#include "offstage/sync/overflow.hpp"
#include "offstage/sync/wait_result.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace offstage {

template <class T, class Storage>
class BasicQueue {
    static_assert(
        std::is_nothrow_move_constructible_v<T>,
        "a value on its way between threads must not throw half-way: put a std::unique_ptr of it in");

public:
    using value_type = T;

    /// Memory for `capacity` values is set aside at once (a PriorityQueue's as it is used). Throws Error
    /// invalid_argument when that is 0 or more than has addresses, full when there is no memory for it.
    /// `name` is what listings call it (sys/waits.hpp).
    explicit BasicQueue(std::size_t capacity, Overflow overflow = Overflow::block, std::string name = {})
        : capacity_(checked(capacity)), overflow_(overflow), name_(std::move(name)), storage_(capacity) {}

    /// Puts `value` in. ok, or closed; when the queue is full, by its Overflow: waits (ok, stopped,
    /// timed_out, closed); refuses (full); drops one, and is ok. On all but ok `value` is untouched, so that
    /// it can be tried again.
    WaitStatus push(T&& value, std::stop_token stop = {}, Deadline deadline = Deadline::never());
    WaitStatus push(const T& value, std::stop_token stop = {}, Deadline deadline = Deadline::never())
        requires std::copy_constructible<T>
    {
        return push(T(value), std::move(stop), deadline);
    }

    /// push without waiting. True: `value` is in (or was dropped, by the queue's choice); false: full or
    /// closed, and `value` is untouched.
    bool try_push(T&& value) { return push(std::move(value), {}, Deadline::past()) == WaitStatus::ok; }
    bool try_push(const T& value)
        requires std::copy_constructible<T>
    {
        return try_push(T(value));
    }

    /// Puts all in, in their order, with as few locks as room allows; other pushers may come in between.
    /// Those that are in leave `values`: when the status is not ok, those that are not in are still there.
    WaitStatus push_all(std::vector<T>& values, std::stop_token stop = {},
                        Deadline deadline = Deadline::never());

    /// Takes the next value; waits for one: ok, stopped, timed_out, or closed when the queue is closed and
    /// empty.
    WaitResult<T> pop(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// pop without waiting.
    std::optional<T> try_pop();

    /// Waits for one value, then appends to `out` as many as there are, at most `max`. Keep `out` for the
    /// next call and nothing is allocated. Status as for pop(). REQUIRES: max > 0.
    WaitStatus pop_all(std::vector<T>& out, std::size_t max = std::numeric_limits<std::size_t>::max(),
                       std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// One popped value, or `count`, have been dealt with. Throws Error conflict when that is more than were
    /// pushed.
    void task_done(std::size_t count = 1);

    /// Waits until every value ever pushed has been dealt with (or dropped, or taken): ok, stopped,
    /// timed_out.
    WaitStatus join(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    /// Ends intake, for good; what is in can still be popped. Once more does nothing.
    void close() noexcept;

    /// close(), and hands over what is in, in the order in which it would have been popped. join() waits no
    /// longer for these, only for those popped before.
    std::vector<T> close_and_take();

    bool is_closed() const noexcept;
    std::size_t size() const noexcept;
    std::size_t capacity() const noexcept { return capacity_; }
    /// How many values were dropped because it was full.
    std::uint64_t dropped() const noexcept;
    /// How many were pushed and not yet dealt with: what join() waits to be 0.
    std::size_t unfinished() const noexcept;

private:
    template <class Queue, class Handler>
    friend class PopCase;
    template <class Queue, class Handler>
    friend class PushCase;
    // For select: see SelectCase.
    bool enlist_popper(detail::Waiter& waiter);
    void delist_popper(detail::Waiter& waiter) noexcept;
    bool enlist_pusher(detail::Waiter& waiter);
    void delist_pusher(detail::Waiter& waiter) noexcept;

    static std::size_t checked(std::size_t capacity) {
        if (capacity == 0) throw Error(Errc::invalid_argument, "a queue needs a capacity of at least 1");
        return capacity;
    }
    sys::WaitSubject subject(std::string_view action) const noexcept {
        return {.kind = Storage::queue_kind, .action = action, .name = name_, .object = this};
    }
    bool full() const OFFSTAGE_REQUIRES(mutex_) { return storage_.size() == capacity_; }
    WaitStatus wait_for_room(sys::MutexLock& lock, const std::stop_token& stop, Deadline deadline)
        OFFSTAGE_REQUIRES(mutex_);
    WaitStatus wait_for_value(sys::MutexLock& lock, const std::stop_token& stop, Deadline deadline)
        OFFSTAGE_REQUIRES(mutex_);
    void put(T&& value) OFFSTAGE_REQUIRES(mutex_) {
        storage_.push(std::move(value));
        ++unfinished_;
    }
    // Wakes under the mutex: whoever is woken may be the one who destroys the queue.
    void set_closed() noexcept OFFSTAGE_REQUIRES(mutex_) {
        closed_ = true;
        pushers_.wake_all();
        poppers_.wake_all();
    }
    // Lets the lock go.
    void finish(sys::MutexLock& lock, std::size_t count) OFFSTAGE_REQUIRES(mutex_) {
        unfinished_ -= count;
        if (unfinished_ == 0) joiners_.notify_all(lock);
    }

    const std::size_t capacity_;
    const Overflow overflow_;
    const std::string name_;
    mutable sys::Mutex mutex_;
    Storage storage_ OFFSTAGE_GUARDED_BY(mutex_);
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    std::size_t unfinished_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    std::uint64_t dropped_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    detail::WaiterList pushers_ OFFSTAGE_GUARDED_BY(mutex_);
    detail::WaiterList poppers_ OFFSTAGE_GUARDED_BY(mutex_);
    detail::WaiterList joiners_ OFFSTAGE_GUARDED_BY(mutex_);
};

template <class T, class Storage>
WaitStatus BasicQueue<T, Storage>::wait_for_room(sys::MutexLock& lock, const std::stop_token& stop,
                                                 Deadline deadline) {
    detail::Wait wait(lock, pushers_, subject("push"), stop, deadline);
    while (full() && !closed_)
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return closed_ ? WaitStatus::closed : WaitStatus::ok;
}

template <class T, class Storage>
WaitStatus BasicQueue<T, Storage>::wait_for_value(sys::MutexLock& lock, const std::stop_token& stop,
                                                  Deadline deadline) {
    detail::Wait wait(lock, poppers_, subject("pop"), stop, deadline);
    while (storage_.empty()) {
        if (closed_) return WaitStatus::closed;
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    }
    return WaitStatus::ok;
}

template <class T, class Storage>
WaitStatus BasicQueue<T, Storage>::push(T&& value, std::stop_token stop, Deadline deadline) {
    std::optional<T> dropped; // destroyed when the lock is gone
    sys::MutexLock lock(mutex_);
    if (closed_) return WaitStatus::closed;
    if (full()) [[unlikely]] {
        switch (overflow_) {
        case Overflow::block:
            if (const WaitStatus ended = wait_for_room(lock, stop, deadline); ended != WaitStatus::ok)
                return ended;
            break;
        case Overflow::refuse:
            return WaitStatus::full;
        case Overflow::drop_newest:
            dropped.emplace(std::move(value));
            ++dropped_;
            return WaitStatus::ok;
        case Overflow::drop_oldest:
            dropped.emplace(storage_.take_oldest());
            ++dropped_;
            --unfinished_;
        }
    }
    put(std::move(value));
    poppers_.notify_one(lock);
    return WaitStatus::ok;
}

template <class T, class Storage>
WaitStatus BasicQueue<T, Storage>::push_all(std::vector<T>& values, std::stop_token stop, Deadline deadline) {
    if (overflow_ == Overflow::drop_oldest || overflow_ == Overflow::drop_newest) {
        WaitStatus status = WaitStatus::ok;
        auto next = values.begin();
        while (next != values.end() && (status = push(std::move(*next))) == WaitStatus::ok) ++next;
        values.erase(values.begin(), next);
        return status;
    }
    auto next = values.begin();
    WaitStatus status = WaitStatus::ok;
    while (next != values.end()) {
        sys::MutexLock lock(mutex_);
        status = closed_                         ? WaitStatus::closed
                 : !full()                       ? WaitStatus::ok
                 : overflow_ == Overflow::refuse ? WaitStatus::full
                                                 : wait_for_room(lock, stop, deadline);
        if (status != WaitStatus::ok) break;
        const auto first = next;
        while (next != values.end() && !full()) put(std::move(*next++));
        poppers_.notify(lock, static_cast<std::size_t>(next - first));
    }
    values.erase(values.begin(), next);
    return status;
}

template <class T, class Storage>
WaitResult<T> BasicQueue<T, Storage>::pop(std::stop_token stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    if (storage_.empty()) [[unlikely]]
        if (const WaitStatus ended = wait_for_value(lock, stop, deadline); ended != WaitStatus::ok)
            return ended;
    WaitResult<T> result(storage_.take_next());
    pushers_.notify_one(lock);
    return result;
}

template <class T, class Storage>
std::optional<T> BasicQueue<T, Storage>::try_pop() {
    sys::MutexLock lock(mutex_);
    if (storage_.empty()) return std::nullopt;
    std::optional<T> result(storage_.take_next());
    pushers_.notify_one(lock);
    return result;
}

template <class T, class Storage>
WaitStatus BasicQueue<T, Storage>::pop_all(std::vector<T>& out, std::size_t max, std::stop_token stop,
                                           Deadline deadline) {
    OFFSTAGE_CHECK(max > 0, "asked a queue for at most 0 values");
    sys::MutexLock lock(mutex_);
    if (const WaitStatus ended = wait_for_value(lock, stop, deadline); ended != WaitStatus::ok) return ended;
    const std::size_t count = std::min(max, storage_.size());
    out.reserve(out.size() + count);
    for (std::size_t i = 0; i < count; ++i) out.push_back(storage_.take_next());
    pushers_.notify(lock, count);
    return WaitStatus::ok;
}

template <class T, class Storage>
void BasicQueue<T, Storage>::task_done(std::size_t count) {
    sys::MutexLock lock(mutex_);
    // What is still in the queue cannot be done.
    if (count > unfinished_ - storage_.size())
        throw Error(Errc::conflict, "task_done() more often than values were popped: once for each");
    finish(lock, count);
}

template <class T, class Storage>
WaitStatus BasicQueue<T, Storage>::join(std::stop_token stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    detail::Wait wait(lock, joiners_, subject("join"), stop, deadline);
    while (unfinished_ > 0 && !wait.notified())
        if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
    return WaitStatus::ok;
}

template <class T, class Storage>
void BasicQueue<T, Storage>::close() noexcept {
    const sys::MutexLock lock(mutex_);
    set_closed();
}

template <class T, class Storage>
std::vector<T> BasicQueue<T, Storage>::close_and_take() {
    std::vector<T> taken;
    sys::MutexLock lock(mutex_);
    taken.reserve(storage_.size());
    while (!storage_.empty()) taken.push_back(storage_.take_next());
    set_closed();
    finish(lock, taken.size());
    return taken;
}

template <class T, class Storage>
bool BasicQueue<T, Storage>::is_closed() const noexcept {
    const sys::MutexLock lock(mutex_);
    return closed_;
}

template <class T, class Storage>
std::size_t BasicQueue<T, Storage>::size() const noexcept {
    const sys::MutexLock lock(mutex_);
    return storage_.size();
}

template <class T, class Storage>
std::uint64_t BasicQueue<T, Storage>::dropped() const noexcept {
    const sys::MutexLock lock(mutex_);
    return dropped_;
}

template <class T, class Storage>
std::size_t BasicQueue<T, Storage>::unfinished() const noexcept {
    const sys::MutexLock lock(mutex_);
    return unfinished_;
}

template <class T, class Storage>
bool BasicQueue<T, Storage>::enlist_popper(detail::Waiter& waiter) {
    const sys::MutexLock lock(mutex_);
    if (closed_ || !storage_.empty()) return false;
    poppers_.push_back(waiter);
    return true;
}

template <class T, class Storage>
void BasicQueue<T, Storage>::delist_popper(detail::Waiter& waiter) noexcept {
    sys::MutexLock lock(mutex_);
    if (waiter.listed)
        poppers_.erase(waiter);
    else if (!storage_.empty())
        poppers_.notify_one(lock);
}

template <class T, class Storage>
bool BasicQueue<T, Storage>::enlist_pusher(detail::Waiter& waiter) {
    const sys::MutexLock lock(mutex_);
    if (closed_ || !full()) return false;
    pushers_.push_back(waiter);
    return true;
}

template <class T, class Storage>
void BasicQueue<T, Storage>::delist_pusher(detail::Waiter& waiter) noexcept {
    sys::MutexLock lock(mutex_);
    if (waiter.listed)
        pushers_.erase(waiter);
    else if (!full())
        pushers_.notify_one(lock);
}

} // namespace offstage
