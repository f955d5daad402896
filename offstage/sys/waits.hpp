// Who waits on what: seen from outside, while it goes on.
//
//   WaitSubject  what a thread is about to wait on, told by the object
//   WaitMark     says it of the calling thread, while it lives
//   waits        lists every thread that waits now
//   deadlocks    those that wait for each other in a circle
//
// A mark costs some 40 ns beside a sleep of microseconds, so that release builds have it too. It stays on the
// waiting thread's stack; whoever lists takes that thread's slot mutex, and a mark ends under the same mutex:
// so what it points to (the object, its name) lives as long as it is being looked at.
//
// Threads: all. A listing is no snapshot of one instant: threads go on while it is made.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sys/thread_slot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace offstage::sys {

/// What is waited on. Views and pointers must be good while the wait lasts.
struct WaitSubject {
    std::string_view kind;        ///< the object's class ("BoundedQueue")
    std::string_view action;      ///< what the thread does there ("pop")
    std::string_view name = {};   ///< what the user called the object; may be empty
    const void* object = nullptr; ///< its address
    /// Who has to act for the wait to end, where one thread alone can (a mutex's owner, a joined thread); 0
    /// for nobody. Must take no lock.
    ThreadId (*owner)(const void* object) = nullptr;
    /// The waiter being the owner means that it has what it waited for, and is about to say so.
    bool over_when_own = false;
};

/// Marks the calling thread as waiting while this lives. Within another mark it takes the other's place
/// meanwhile.
class WaitMark {
public:
    explicit WaitMark(const WaitSubject& subject) noexcept;
    ~WaitMark();
    WaitMark(const WaitMark&) = delete;
    WaitMark& operator=(const WaitMark&) = delete;

private:
    friend struct WaitReader;
    const WaitSubject& subject_;
    const SteadyTime since_;
    detail::ThreadSlot& slot_;
    const WaitMark* const outer_;
};

/// One waiting thread. A value.
struct WaitInfo {
    ThreadId thread = 0;
    std::string thread_name;
    std::string kind, action, name;
    const void* object = nullptr;
    SteadyTime since;
    ThreadId owner = 0; ///< who has to act for it to end; 0 where that is not one thread

    bool operator==(const WaitInfo&) const = default;
};

/// Every thread that waits in Offstage now, by its number.
std::vector<WaitInfo> waits();

/// Each circle of threads of which every one waits for the next one's act, the last for the first's. Looks
/// twice: only what did not move in between is told. A circle that a deadline will break is told too.
std::vector<std::vector<WaitInfo>> deadlocks();

} // namespace offstage::sys
