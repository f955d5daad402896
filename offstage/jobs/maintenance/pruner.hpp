// Deletes ended jobs whose keep has passed: every minute, in small batches, so that nobody waits for long.
//
// A failure goes to the runtime's error sink, and the next minute tries again. Several on one store do no
// harm. Threads: all. The store and the runtime outlive it. Its destructor waits for a batch that is being
// deleted.
#pragma once

#include "offstage/executor/runtime.hpp"
#include "offstage/stores/store.hpp"

#include <chrono>

namespace offstage::jobs {

class Pruner {
public:
    struct Options {
        std::chrono::microseconds every = std::chrono::minutes(1);
        int batch = 500; ///< jobs deleted in one commit
    };
    /// Throws Error(invalid_argument) on options out of range.
    Pruner(stores::Store& store, Runtime& runtime, Options options);
    Pruner(stores::Store& store, Runtime& runtime) : Pruner(store, runtime, Options()) {}
    ~Pruner() { timer_.cancel_and_wait(); }
    Pruner(const Pruner&) = delete;
    Pruner& operator=(const Pruner&) = delete;

private:
    Timer timer_;
};

} // namespace offstage::jobs
