// A mutex of four bytes that knows its owner, and its scoped lock.
//
// For short critical sections that wait for nothing else: lock() takes no stop token. What may be held for
// long, or must be given up on a stop or a deadline, is sync's Mutex. Not recursive: locking it twice in one
// thread ends the process with a message. Not fair: a running thread may overtake a sleeping one, which is
// what makes it fast; fairness is the business of the waiter lists in sync.
//
// The word is 0 when free, else the owner's number times two, plus one when somebody may be asleep on it. So
// owner() costs nothing. The three states are those of Ulrich Drepper, "Futexes Are Tricky", section 6.
//
// Threads: all. The unlocking thread must be the locking one. A mutex may be destroyed as soon as nobody
// holds it and nobody will lock it: unlock() does not touch it after letting it go (futex.hpp).
#pragma once

#include "offstage/sys/annotations.hpp"
#include "offstage/sys/thread_id.hpp"

#include <atomic>
#include <cstdint>

namespace offstage::sys {

class OFFSTAGE_CAPABILITY("mutex") Mutex {
public:
    constexpr Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    /// Blocks until it is ours. REQUIRES: the calling thread does not hold it (checked).
    void lock() noexcept OFFSTAGE_ACQUIRE() { lock_as(this_thread_id()); }

    /// True when it is ours now.
    bool try_lock() noexcept OFFSTAGE_TRY_ACQUIRE(true) {
        std::uint32_t free = 0;
        return word_.compare_exchange_strong(free, this_thread_id() << 1, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }

    /// REQUIRES: the calling thread holds it.
    void unlock() noexcept OFFSTAGE_RELEASE() {
        if ((word_.exchange(0, std::memory_order_release) & contended) != 0) [[unlikely]]
            wake();
    }

    /// Who held it a moment ago; 0 for nobody.
    ThreadId owner() const noexcept { return word_.load(std::memory_order_relaxed) >> 1; }

private:
    friend class UnseenLock;
    static constexpr std::uint32_t contended = 1;

    void lock_as(ThreadId self) noexcept {
        std::uint32_t free = 0;
        if (!word_.compare_exchange_strong(free, self << 1, std::memory_order_acquire,
                                           std::memory_order_relaxed)) [[unlikely]]
            lock_slow(self << 1);
    }
    void lock_slow(std::uint32_t mine) noexcept;
    void sleep_for(std::uint32_t mine) noexcept;
    void wake() noexcept;

    std::atomic<std::uint32_t> word_{0};
};

/// Holds a mutex while it lives; may let it go and take it again in between. For one thread's use.
class OFFSTAGE_SCOPED_CAPABILITY MutexLock {
public:
    explicit MutexLock(Mutex& mutex) noexcept OFFSTAGE_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
    ~MutexLock() OFFSTAGE_RELEASE() {
        if (owns_) mutex_.unlock();
    }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

    /// REQUIRES: owns().
    void unlock() noexcept OFFSTAGE_RELEASE() {
        owns_ = false;
        mutex_.unlock();
    }
    /// REQUIRES: not owns().
    void lock() noexcept OFFSTAGE_ACQUIRE() {
        mutex_.lock();
        owns_ = true;
    }
    bool owns() const noexcept { return owns_; }

private:
    Mutex& mutex_;
    bool owns_ = true;
};

/// For sys' own bookkeeping: holds a mutex in no thread's name, so that it can be taken before the thread has
/// one.
class OFFSTAGE_SCOPED_CAPABILITY UnseenLock {
public:
    explicit UnseenLock(Mutex& mutex) noexcept OFFSTAGE_ACQUIRE(mutex) : mutex_(mutex) {
        mutex_.lock_as(nobody);
    }
    ~UnseenLock() OFFSTAGE_RELEASE() { mutex_.unlock(); }
    UnseenLock(const UnseenLock&) = delete;
    UnseenLock& operator=(const UnseenLock&) = delete;

private:
    friend class Mutex;
    static constexpr ThreadId nobody = ~ThreadId{0} >> 1;
    Mutex& mutex_;
};

} // namespace offstage::sys
