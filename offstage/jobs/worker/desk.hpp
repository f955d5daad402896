// What all parts of one worker have before them: the store, the kinds, the options, what is counted and told,
// and the watch's alarm.
//
// Held by shared_ptr: an answer of the store or a handler that was left behind may come when the worker is
// gone. The store and the kinds outlive it all the same (worker.hpp).
#pragma once

#include "offstage/jobs/registry.hpp"
#include "offstage/jobs/worker.hpp"
#include "offstage/jobs/worker/alarm.hpp"
#include "offstage/jobs/worker/tally.hpp"
#include "offstage/stores/store.hpp"

namespace offstage::jobs::detail {

struct Desk {
    stores::Store& store;
    const Registry& kinds;
    const WorkerOptions options;
    const stores::WorkerId worker;
    Tally tally{options.on_event};
    Alarm alarm{};
};

} // namespace offstage::jobs::detail
