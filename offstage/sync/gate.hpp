// Lets operations in while it is open; when it closes, nobody new comes in and one can wait until all inside
// have left. For whatever must not go away under its users: a connection, a store, a server. After Seastar's
// gate (include/seastar/core/gate.hh).
//
//     if (const auto pass = gate.enter()) work();       // any thread
//     gate.close(); gate.drain(stop, deadline);         // the one who stops it
//
// Threads: all. The gate must outlive its passes.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/sync/wait_status.hpp"
#include "offstage/sync/waiter.hpp"
#include "offstage/sys/mutex.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace offstage {

class Gate {
public:
    /// Being inside, while it lives. For one thread at a time.
    class Pass {
    public:
        Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        Pass& operator=(Pass&& other) noexcept {
            std::swap(gate_, other.gate_);
            return *this;
        }
        ~Pass() {
            if (gate_ != nullptr) gate_->leave();
        }

    private:
        friend class Gate;
        explicit Pass(Gate& gate) noexcept : gate_(&gate) {}
        Gate* gate_;
    };

    /// `name` is what listings call it (sys/waits.hpp).
    explicit Gate(std::string name = {}) noexcept : name_(std::move(name)) {}
    /// REQUIRES: nobody is inside (checked).
    ~Gate();

    /// A pass, or nothing when it is closed. Never blocks.
    [[nodiscard]] std::optional<Pass> enter() noexcept;

    /// Lets nobody in any more, for good. Never blocks; once more does nothing.
    void close() noexcept;

    /// Blocks until it is closed and nobody is inside: ok, stopped or timed_out.
    WaitStatus drain(std::stop_token stop = {}, Deadline deadline = Deadline::never());

    bool is_closed() const noexcept;
    /// How many are inside.
    std::size_t inside() const noexcept;

private:
    void leave() noexcept;
    bool drained() const OFFSTAGE_REQUIRES(mutex_) { return closed_ && inside_ == 0; }

    const std::string name_;
    mutable sys::Mutex mutex_;
    bool closed_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    std::size_t inside_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    detail::WaiterList waiters_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage
