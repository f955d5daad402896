#include "offstage/executor/snapshot.hpp"

#include "offstage/base/time.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/sys/clock.hpp"

#include <sstream>
#include <string_view>

namespace offstage {

namespace {

std::string subject(const sys::WaitInfo& wait) {
    std::string text = wait.kind;
    if (!wait.name.empty()) {
        text.append(" ").append(wait.name);
    } else if (wait.object != nullptr) { // so that two without a name differ
        std::ostringstream address;
        address << wait.object;
        text.append(" at ").append(address.str());
    }
    return text.append(" (").append(wait.action).append(")");
}

std::string subject_since(const sys::WaitInfo& wait) {
    return subject(wait) + " for " + to_text(sys::steady_now() - wait.since);
}

std::string lines_of(std::string_view what, const Snapshot& snapshot) {
    std::string text(what);
    text.append(" ").append(snapshot.runtime).append(": ");
    text.append(std::to_string(snapshot.pool.queued)).append(" tasks queued, ");
    text.append(std::to_string(snapshot.pool.finished)).append(" finished, ");
    text.append(std::to_string(snapshot.timers)).append(" timers, ");
    text.append(std::to_string(snapshot.errors)).append(" errors\n");
    for (const ThreadView& view : snapshot.threads) {
        text.append("  ").append(view.thread).append(": ");
        if (view.task.empty())
            text.append("idle");
        else
            text.append(view.task).append(" for ").append(to_text(view.since));
        if (!view.waits_on.empty()) text.append(", waits on ").append(view.waits_on);
        text.append("\n");
    }
    return text;
}

} // namespace

WaitTable::WaitTable() {
    for (sys::WaitInfo& wait : sys::waits()) waits_.emplace(wait.thread, std::move(wait));
}

std::string WaitTable::of(sys::ThreadId thread) const {
    const auto found = waits_.find(thread);
    return found == waits_.end() ? std::string() : subject_since(found->second);
}

std::string to_string(const Snapshot& snapshot) {
    return lines_of("runtime", snapshot);
}

std::vector<std::string> deadlocks() {
    std::vector<std::string> sentences;
    for (const std::vector<sys::WaitInfo>& circle : sys::deadlocks()) {
        std::string& sentence = sentences.emplace_back();
        for (std::size_t i = 0; i < circle.size(); ++i) {
            if (i > 0) sentence.append("; ");
            sentence.append(circle[i].thread_name).append(" waits on ").append(subject(circle[i]));
            sentence.append(" for ").append(circle[(i + 1) % circle.size()].thread_name);
        }
    }
    return sentences;
}

std::string dump() {
    std::string text;
    for (const Snapshot& snapshot : snapshots()) text.append(to_string(snapshot));
    for (const Snapshot& pool : detail::lone_pools()) text.append(lines_of("pool", pool));
    text.append("threads that wait:\n");
    for (const sys::WaitInfo& wait : sys::waits())
        text.append("  ").append(wait.thread_name).append(": ").append(subject_since(wait)).append("\n");
    for (const std::string& sentence : deadlocks()) text.append("DEADLOCK: ").append(sentence).append("\n");
    return text;
}

} // namespace offstage
