#include "offstage/jobs/worker/watch.hpp"

#include "offstage/sys/clock.hpp"

#include <exception>

namespace offstage::jobs::detail {

void Watch::run(std::stop_token stop) const {
    SteadyTime next_beat = sys::steady_now() + desk->options.heartbeat;
    desk->alarm.at(next_beat);
    while (desk->alarm.wait(stop)) {
        const SteadyTime now = sys::steady_now();
        crew->look(now);
        intake->look(now);
        outcomes->look(now);
        if (now >= next_beat) {
            beat();
            next_beat = now + desk->options.heartbeat;
        }
        desk->alarm.at(next_beat);
    }
    intake->close();
    crew->ask_to_stop();
}

void Watch::beat() const {
    try {
        desk->store.heartbeat(desk->worker);
    } catch (...) {
        desk->tally.store_failed("heartbeat", std::current_exception());
    }
    intake->refresh();
}

} // namespace offstage::jobs::detail
