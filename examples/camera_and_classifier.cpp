// A camera feeds a classifier. Ctrl-C ends the feed, and what was filmed is classified to the last frame.
// (So that this program ends by itself, it presses Ctrl-C after frame 20.)
#include "offstage/executor/pipeline.hpp"
#include "offstage/executor/stop_signals.hpp"

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

struct Frame {
    int number;
};
struct Label {
    int number;
    std::string text;
};

int main() {
    offstage::StopSignals signals; // first: its token is what everything else follows
    int filmed = 0, shown = 0;
    bool in_order = true;
    const auto film = [&]() -> std::optional<Frame> {
        if (++filmed == 20) {
            std::raise(SIGINT);
            signals.wait();
        }
        return Frame{filmed};
    };
    const auto classify = [](Frame frame) {
        return Label{frame.number, frame.number % 2 == 0 ? "cat" : "dog"};
    };
    const auto show = [&](const Label& label) { in_order = in_order && label.number == ++shown; };

    auto line = offstage::pipeline(film)
                    .stage(classify, {.name = "classify", .threads = 2, .ordered = true})
                    .drain_into(show, {.name = "show"});
    const offstage::PipelineReport report = line.run(signals.token());
    std::printf("ended: %s\n", std::string(to_string(report.ended)).c_str());
    std::printf("%d filmed, %d shown, in order: %s\n", filmed, shown, in_order ? "yes" : "no");
    std::fputs(to_string(report.stages).c_str(), stdout);
}
