#include "offstage/executor/shutdown.hpp"

#include "offstage/base/time.hpp"

namespace offstage {

std::string to_string(const ShutdownReport& report) {
    std::string text =
        std::to_string(report.finished) + " finished, " + std::to_string(report.stopped) + " never begun";
    std::string_view before = "; still running: ";
    for (const StillRunning& one : report.still_running) {
        text.append(before).append(one.name).append(" for ").append(to_text(one.since));
        if (!one.waits_on.empty()) text.append(", waits on ").append(one.waits_on);
        before = "; ";
    }
    return text;
}

} // namespace offstage
