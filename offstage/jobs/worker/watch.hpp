// The thread that keeps the time of a worker: it sleeps until the alarm, then lets every part look at what is
// due, and tells the store from time to time that the worker lives.
//
// When its runtime shuts down before the worker is stopped, it begins the stop itself: takes no more jobs and
// asks the handlers to end. Threads: run() is one thread's.
#pragma once

#include "offstage/jobs/worker/crew.hpp"
#include "offstage/jobs/worker/desk.hpp"
#include "offstage/jobs/worker/intake.hpp"
#include "offstage/jobs/worker/outcomes.hpp"

#include <memory>
#include <stop_token>

namespace offstage::jobs::detail {

struct Watch {
    std::shared_ptr<Desk> desk;
    std::shared_ptr<Outcomes> outcomes;
    std::shared_ptr<Intake> intake;
    std::shared_ptr<Crew> crew;

    /// Until a stop is requested.
    void run(std::stop_token stop) const;

private:
    void beat() const;
};

} // namespace offstage::jobs::detail
