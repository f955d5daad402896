// What one can wait for beside other things: the interface between select and the things.
//
// A thing that takes part keeps its waiters in a detail::WaiterList under its own mutex, as sync's classes
// do. Threads: select calls all of it in the waiting thread.
#pragma once

#include "offstage/sync/waiter.hpp"

namespace offstage {

class SelectCase {
public:
    enum class Offer {
        taken,   ///< it was ready, was taken, and the handler has run
        nothing, ///< not ready now
        closed,  ///< not ready, and will never be again
    };

    /// Takes it, if it is ready, and runs the handler (without a lock of the thing's).
    virtual Offer take() = 0;

    /// Under the thing's mutex: when it is ready, or closed, by now: false, nothing changed. Else puts
    /// `waiter` at the end of its list: true; from then on it wakes us as it would any other waiter.
    virtual bool enlist(detail::Waiter& waiter) = 0;

    /// Under the thing's mutex: takes `waiter` off its list. When it is not there any more, it was notified
    /// of something that another case may have been taken instead of: then, if the thing is ready still, the
    /// next waiter is notified.
    virtual void delist(detail::Waiter& waiter) noexcept = 0;

    /// When it becomes ready by the clock alone. The same in every call.
    virtual Deadline due() const noexcept { return Deadline::never(); }

protected:
    ~SelectCase() = default;
};

} // namespace offstage
