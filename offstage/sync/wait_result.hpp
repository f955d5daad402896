// A value that was waited for, or what ended the wait instead. A value type: for one thread at a time,
// movable where T is.
#pragma once

#include "offstage/base/check.hpp"
#include "offstage/sync/wait_status.hpp"

#include <optional>
#include <utility>

namespace offstage {

template <class T>
class [[nodiscard]] WaitResult {
public:
    /// It came: status() is ok.
    explicit WaitResult(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
        : value_(std::move(value)) {}
    /// It did not. REQUIRES: status is not ok (checked).
    WaitResult(WaitStatus status) : status_(status) {
        OFFSTAGE_CHECK(status != WaitStatus::ok, "a wait that went well has a value");
    }

    WaitStatus status() const noexcept { return status_; }
    explicit operator bool() const noexcept { return status_ == WaitStatus::ok; }

    /// The value. REQUIRES: status() is ok.
    T& operator*() & noexcept { return *value_; }
    const T& operator*() const& noexcept { return *value_; }
    T&& operator*() && noexcept { return *std::move(value_); }
    T* operator->() noexcept { return &*value_; }
    const T* operator->() const noexcept { return &*value_; }

    /// The value, or an Error with code stopped, timed_out or closed.
    T& value() & { return checked(), *value_; }
    T&& value() && { return checked(), *std::move(value_); }

private:
    void checked() const {
        if (status_ != WaitStatus::ok) throw to_error(status_, "value");
    }
    WaitStatus status_ = WaitStatus::ok;
    std::optional<T> value_;
};

} // namespace offstage
