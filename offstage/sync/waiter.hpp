// How a thread waits on an object: the one place where sync sleeps. For the library's own use.
//
//   Sleeper      one thread's wait: its parker, and the stop and deadline that may end it
//   Waiter       its place in an object's list, on the waiting thread's stack
//   WaiterList   who waits, first come first, guarded by the object's mutex
//   Wait         both together, for objects whose mutex guards the state too; used as
//
//     sys::MutexLock lock(mutex_);
//     Wait wait(lock, waiters_, {.kind = "Event", .action = "wait", .name = name_, .object = this}, stop,
//     deadline); while (!set_)
//         if (const WaitStatus ended = wait.sleep(); ended != WaitStatus::ok) return ended;
//     return WaitStatus::ok;
//
// sleep() lets the mutex go, sleeps and takes it again; it answers stopped or timed_out only when called
// after the stop or the deadline, so that the condition is always looked at once more: what has come wins.
//
// Waking: the object takes the first waiter off its list under the mutex, lets the mutex go and unparks
// (notify_one, notify_all). Its memory, on the stack of a thread that may be gone by then, is no longer
// needed: parkers live for ever (sys/parker.hpp). A waiter that finds, when it runs, that somebody was
// quicker, goes back to the **head** of the list, so that its turn is not lost. A waiter that leaves for
// another reason after it was notified finds the condition true and leaves with ok, or false: then somebody
// else has used up what it was notified of. Nothing gets lost.
//
// A stop callback only unparks, since it runs in the thread that requests the stop, whatever locks that one
// holds. And ~stop_callback waits for a callback that is running: this is safe under the object's mutex for
// the same reason.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/waits.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>

namespace offstage::detail {

/// Is told when its thread begins to sleep in a wait, and when it goes on: how a pool learns that one of its
/// threads could let another run. Called without any mutex of the library's. Must outlive its use. It may
/// lock a sys::Mutex, but must wait in no other way: that would use up the permit which is meant for the
/// wait.
class WaitObserver {
public:
    virtual void wait_begins() noexcept = 0;
    virtual void wait_ends() noexcept = 0;

protected:
    ~WaitObserver() = default;
};

/// The calling thread's; none at first.
extern constinit thread_local WaitObserver* wait_observer;

/// For one thread, on its stack. `stop` must outlive it.
class Sleeper {
public:
    Sleeper(const sys::WaitSubject& subject, const std::stop_token& stop, Deadline deadline) noexcept
        : subject_(subject), stop_(stop), deadline_(deadline), in_time_(deadline != Deadline::past()) {}
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    /// stopped or timed_out when one of them has come; else ok.
    WaitStatus ended() const noexcept;

    /// To be called before the place in the list is made known to others: from then on a stop wakes us.
    sys::Parker& prepare();

    /// Parks, and is seen to (sys/waits.hpp). May return without cause. REQUIRES: prepare() was called.
    void sleep() noexcept;

private:
    struct Unpark {
        sys::Parker* parker;
        void operator()() const noexcept { parker->unpark(); }
    };
    const sys::WaitSubject subject_;
    const std::stop_token& stop_;
    const Deadline deadline_;
    sys::Parker* parker_ = nullptr;
    bool in_time_;
    std::optional<std::stop_callback<Unpark>> on_stop_;
};

/// A place in a list. All its members are guarded by the mutex of the list's object.
struct Waiter {
    Waiter* before = nullptr;
    Waiter* after = nullptr;
    sys::Parker* parker = nullptr;
    bool listed = false;
    bool wants_shared = false; // what is waited for, where that differs (SharedMutex)
    bool refused = false;      // said by whoever takes it off: what was waited for will not come (Barrier)
};

/// An intrusive list; owns nothing. Every call under the mutex of the object that it belongs to.
class WaiterList {
public:
    WaiterList() = default;
    WaiterList(const WaiterList&) = delete;
    WaiterList& operator=(const WaiterList&) = delete;
    /// REQUIRES: nobody waits (checked): an object must outlive its waiters.
    ~WaiterList();

    bool empty() const noexcept { return head_ == nullptr; }
    /// Who waits longest; null for nobody.
    const Waiter* front() const noexcept { return head_; }
    std::size_t size() const noexcept { return size_; }

    void push_back(Waiter& waiter) noexcept;
    void push_front(Waiter& waiter) noexcept;
    void erase(Waiter& waiter) noexcept;

    /// Takes the first one off and returns its parker, to be unparked without the mutex; null where nobody
    /// waits.
    sys::Parker* take_front() noexcept;

    /// Wakes all who wait now, under the mutex: for objects that wake more than one list, or refuse the
    /// waiters.
    void wake_all(bool refused = false) noexcept;

    /// Lets `lock` go, and wakes the first one. The object may be gone when this returns.
    void notify_one(sys::MutexLock& lock) noexcept;

    /// Lets `lock` go, and wakes so many of those who wait now. The object may be gone when this returns.
    void notify(sys::MutexLock& lock, std::size_t count) noexcept;

    /// Lets `lock` go, and wakes all who wait now. The object may be gone when this returns.
    void notify_all(sys::MutexLock& lock) noexcept { notify(lock, size_); }

private:
    Waiter* head_ = nullptr;
    Waiter* tail_ = nullptr;
    std::size_t size_ = 0;
};

/// One call's wait; see the top. On the waiting thread's stack, declared after the lock.
class Wait {
public:
    Wait(sys::MutexLock& lock, WaiterList& list, const sys::WaitSubject& subject, const std::stop_token& stop,
         Deadline deadline, bool wants_shared = false) noexcept
        : lock_(lock), list_(list), sleeper_(subject, stop, deadline) {
        waiter_.wants_shared = wants_shared;
    }
    ~Wait() { leave(); }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

    /// ok after a sleep that ended for whatever reason; stopped or timed_out, without a sleep, when that has
    /// come. REQUIRES: `lock` is held; it is again on return.
    WaitStatus sleep();

    /// Whether somebody took us off the list since the last sleep() began.
    bool notified() const noexcept { return waiter_.parker != nullptr && !waiter_.listed; }
    /// The same, by wake_all(true).
    bool refused() const noexcept { return waiter_.refused; }

    /// Leaves the list, if still in it, before its time.
    void leave() noexcept {
        if (waiter_.listed) list_.erase(waiter_);
    }

private:
    sys::MutexLock& lock_;
    WaiterList& list_;
    Sleeper sleeper_;
    Waiter waiter_;
};

} // namespace offstage::detail
