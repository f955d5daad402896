#include "offstage/jobs/maintenance/rescuer.hpp"

#include <string>
#include <utility>

namespace offstage::jobs {

Rescuer::Rescuer(stores::Store& store, Runtime& runtime, Options options, Rescued rescued) {
    const auto rescue = [&store, how = options.rescue, rescued = std::move(rescued)] {
        const stores::RescueReport report = store.rescue(how);
        const bool found =
            !report.rescued.empty() || !report.quarantined.empty() || !report.cancelled.empty();
        if (found && rescued) rescued(report);
    };
    rescue();
    EveryOptions pace{.name = "rescue " + std::string(store.name()), .pace = Pace::fixed_delay};
    timer_ = runtime.timers().every(options.every, rescue, std::move(pace));
}

} // namespace offstage::jobs
