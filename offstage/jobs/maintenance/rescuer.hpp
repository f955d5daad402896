// Takes back what dead workers held: at once, and then time and again, for other programs may share the
// store.
//
// A failure of the later ones goes to the runtime's error sink, and the next tries again. Several on one
// store do no harm. Threads: all. The store and the runtime outlive it. Its destructor waits for a rescue
// under way.
#pragma once

#include "offstage/executor/runtime.hpp"
#include "offstage/stores/store.hpp"

#include <chrono>
#include <functional>

namespace offstage::jobs {

class Rescuer {
public:
    struct Options {
        stores::RescueOptions rescue = {};
        std::chrono::microseconds every = std::chrono::seconds(15);
    };
    /// Hears of each rescue that found something; must not block or throw.
    using Rescued = std::function<void(const stores::RescueReport&)>;

    /// Rescues, then goes on doing so in the runtime's pool. Throws what the store throws.
    Rescuer(stores::Store& store, Runtime& runtime, Options options, Rescued rescued);
    ~Rescuer() { timer_.cancel_and_wait(); }
    Rescuer(const Rescuer&) = delete;
    Rescuer& operator=(const Rescuer&) = delete;

private:
    Timer timer_;
};

} // namespace offstage::jobs
