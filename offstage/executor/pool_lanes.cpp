#include "offstage/executor/pool_core.hpp"

// The workers' own lanes, as the pool sees them: how much they hold and may hold, and who looks after them.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace offstage::detail {

namespace {
constexpr auto relaxed = std::memory_order_relaxed;
} // namespace

// For how many more there is room: all that own lanes may hold counts, once what they do not use was taken
// back.
std::size_t PoolCore::room() {
    const auto left = [this]() OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS {
        return options_.queue_limit - std::min(options_.queue_limit, queued_.load(relaxed) + own_room_);
    };
    if (left() == 0) take_room_back();
    return left();
}

void PoolCore::take_room_back() {
    for (Worker* worker = all_.load(relaxed); worker != nullptr; worker = worker->next)
        own_room_ -= worker->own.take_room();
}

// Own lanes together have half of the limit at most, and each asks for its part seldom.
bool PoolCore::give_room(OwnLane& lane) {
    constexpr std::size_t at_once = 256;
    const std::size_t half = options_.queue_limit / 2;
    const std::size_t more = std::min({at_once, half - std::min(half, own_room_), room()});
    lane.add_room(more);
    own_room_ += more;
    return more > 0;
}

// After this nobody takes from an own lane who does not know of attention_.
void PoolCore::pass_lanes() {
    for (const Worker* worker = all_.load(relaxed); worker != nullptr; worker = worker->next)
        worker->own.pass();
}

// Whether a task is in an own lane, for certain: either we find it, or who put it there finds `hungry_`, if
// the caller set that before. Both signs are seq_cst, so their reads and writes have one order. We set
// `hungry_`, read `posted_own_`, clear it, and look into the lanes, each under its mutex; who puts a task in
// does that under its lane's mutex, then reads `posted_own_`, sets it where it is clear, and reads `hungry_`.
//   - Where we look into its lane before, all that we did comes before all that it does: it sees `hungry_`.
//   - Where we look after, we find the task.
//   - Where we do not look, for we read `posted_own_` clear: what it reads or writes there is set. That comes
//     after our read, and so does its read of `hungry_`; or somebody cleared it in between, who then looked
//     into that lane, and found the task, and set it again before we read.
bool PoolCore::own_tasks() {
    if (!posted_own_.load()) return false;
    posted_own_.store(false);
    for (const Worker* worker = all_.load(relaxed); worker != nullptr; worker = worker->next)
        if (worker->own.holds_any()) {
            posted_own_.store(true);
            return true;
        }
    return false;
}

std::size_t PoolCore::queued() const noexcept {
    std::uint64_t taken = 0;
    return queued_.load(relaxed) + own_sizes(taken);
}

// So that what a task posted before a long wait or computation is not passed over for ever by workers that
// have enough of their own: now and then each looks at another, and helps where nothing has moved.
bool PoolCore::take_from_lagging(Worker& me, Task& task) {
    me.turns = 0;
    Worker& other = *(me.next_look != nullptr ? me.next_look : all_.load(relaxed));
    me.next_look = other.next;
    if (other.own.size() > 0 && other.own.taken() == other.seen && other.own.pop(task)) return true;
    other.seen = other.own.taken();
    return false;
}

// How many tasks lie in own lanes, and how many were ever taken from there.
std::size_t PoolCore::own_sizes(std::uint64_t& taken) const noexcept {
    taken = 0;
    if (!posted_own_.load(relaxed)) return 0;
    std::size_t size = 0;
    for (const Worker* worker = all_.load(std::memory_order_acquire); worker != nullptr;
         worker = worker->next) {
        size += worker->own.size();
        taken += worker->own.taken();
    }
    return size;
}

} // namespace offstage::detail
