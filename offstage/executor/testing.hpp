// What the tests of the executor share.
#pragma once

#include "offstage/base/error.hpp"
#include "offstage/executor/error_sink.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/parker.hpp"
#include "offstage/sys/waits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage {

/// Blocks until the thread so named waits for something.
inline void until_waiting(std::string_view thread) {
    const auto waits_now = [&] {
        return std::ranges::any_of(sys::waits(),
                                   [&](const auto& wait) { return wait.thread_name == thread; });
    };
    while (!waits_now()) sys::Parker::current().park(sys::deadline_after(std::chrono::microseconds(100)));
}

/// The code of the Error that `f` throws; a failure of the test where it throws none.
template <class F>
Errc code_of(F f) {
    try {
        f();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return Errc::internal;
}

/// What an error sink heard, in lines. Outlives the pool that it listens to.
class Heard {
public:
    ErrorHandler handler() {
        return [this](const TaskError& error) {
            {
                const sys::MutexLock lock(mutex_);
                lines_.push_back(describe(error));
            }
            any.set();
        };
    }
    std::vector<std::string> lines() const {
        const sys::MutexLock lock(mutex_);
        return lines_;
    }

    Event any; ///< set when the first one is heard

private:
    mutable sys::Mutex mutex_;
    std::vector<std::string> lines_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage
