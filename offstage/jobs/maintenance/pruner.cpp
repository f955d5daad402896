#include "offstage/jobs/maintenance/pruner.hpp"

#include "offstage/base/error.hpp"

#include <stop_token>
#include <string>

namespace offstage::jobs {

Pruner::Pruner(stores::Store& store, Runtime& runtime, Options options) {
    if (options.batch < 1) throw Error(Errc::invalid_argument, "pruner: batch is below 1");
    const auto prune = [&store, batch = options.batch](const std::stop_token& stop) {
        while (!stop.stop_requested() && store.prune(batch) >= batch) {
        }
    };
    EveryOptions pace{.name = "prune " + std::string(store.name()), .pace = Pace::fixed_delay};
    timer_ = runtime.timers().every(options.every, prune, std::move(pace));
}

} // namespace offstage::jobs
