#include "offstage/sys/waits.hpp"

#include "offstage/sys/clock.hpp"

#include <algorithm>
#include <unordered_map>

namespace offstage::sys {

WaitMark::WaitMark(const WaitSubject& subject) noexcept
    : subject_(subject), since_(steady_now()), slot_(detail::this_slot()), outer_(slot_.mark) {
    const UnseenLock lock(slot_.mutex);
    slot_.mark = this;
}

WaitMark::~WaitMark() {
    const UnseenLock lock(slot_.mutex);
    slot_.mark = outer_;
}

struct WaitReader {
    static void append(std::vector<WaitInfo>& out, detail::ThreadSlot& slot) {
        const UnseenLock lock(slot.mutex);
        if (slot.mark == nullptr) return;
        const WaitSubject& subject = slot.mark->subject_;
        const ThreadId owner = subject.owner != nullptr ? subject.owner(subject.object) : 0;
        if (subject.over_when_own && owner == slot.id) return;
        out.push_back({.thread = slot.id,
                       .thread_name = slot.name,
                       .kind = std::string(subject.kind),
                       .action = std::string(subject.action),
                       .name = std::string(subject.name),
                       .object = subject.object,
                       .since = slot.mark->since_,
                       .owner = owner});
    }
};

std::vector<WaitInfo> waits() {
    std::vector<WaitInfo> found;
    for (detail::ThreadSlot* slot : detail::all_slots()) WaitReader::append(found, *slot);
    std::ranges::sort(found, {}, &WaitInfo::thread);
    return found;
}

std::vector<std::vector<WaitInfo>> deadlocks() {
    const std::vector<WaitInfo> before = waits();
    std::unordered_map<ThreadId, WaitInfo> still;
    for (WaitInfo& now : waits())
        if (std::ranges::find(before, now) != before.end()) still.emplace(now.thread, std::move(now));

    // Each thread waits for at most one other: walk on until it ends or comes back to where this walk has
    // been.
    std::vector<std::vector<WaitInfo>> circles;
    std::unordered_map<ThreadId, ThreadId> seen_in_walk;
    for (const WaitInfo& start : before) {
        ThreadId at = start.thread;
        while (still.contains(at) && !seen_in_walk.contains(at)) {
            seen_in_walk[at] = start.thread;
            at = still[at].owner;
        }
        if (!still.contains(at) || seen_in_walk[at] != start.thread) continue;
        std::vector<WaitInfo> circle;
        const ThreadId first = at;
        do {
            circle.push_back(still[at]);
            at = still[at].owner;
        } while (at != first);
        circles.push_back(std::move(circle));
    }
    return circles;
}

} // namespace offstage::sys
