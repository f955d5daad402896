// What the tests of the executor share.
#pragma once

#include "offstage/executor/error_sink.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/mutex.hpp"

#include <string>
#include <utility>
#include <vector>

namespace offstage {

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
