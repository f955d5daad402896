#include "offstage/jobs/worker/outcomes.hpp"

#include "offstage/sys/clock.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace offstage::jobs::detail {
namespace {

constexpr std::size_t most_pending = 4000;
constexpr std::size_t most_pending_bytes = std::size_t{32} << 20;

} // namespace

void Outcomes::push(Entry entry, std::optional<stores::Report> last_report) {
    sys::MutexLock lock(mutex_);
    pending_bytes_ += entry.outcome.text.size();
    pending_.push_back(std::move(entry));
    if (last_report) reports_.push_back(*std::move(last_report));
    Batch batch = next_batch();
    lock.unlock();
    send(std::move(batch));
}

void Outcomes::push(std::vector<Entry> entries) {
    sys::MutexLock lock(mutex_);
    std::ranges::move(entries, std::back_inserter(pending_));
    Batch batch = next_batch();
    lock.unlock();
    send(std::move(batch));
}

Outcomes::Batch Outcomes::next_batch() {
    if (!in_flight_.empty() || pending_.empty() || pace_.is_resting()) return {};
    std::swap(in_flight_, pending_);
    pending_bytes_ = 0;
    Batch batch{{}, std::exchange(reports_, {})};
    batch.outcomes.reserve(in_flight_.size());
    for (const Entry& entry : in_flight_) batch.outcomes.push_back(entry.outcome);
    return batch;
}

void Outcomes::send(Batch batch) {
    if (!batch.reports.empty()) desk_->store.report(std::move(batch.reports));
    if (batch.outcomes.empty()) return;
    desk_->store.acknowledge(
        std::move(batch.outcomes),
        [self = shared_from_this()](const std::vector<JobId>& refused, const std::exception_ptr& error) {
            if (error)
                self->failed(error);
            else
                self->written(refused);
        });
}

void Outcomes::failed(const std::exception_ptr& error) {
    SteadyTime next;
    {
        const sys::MutexLock lock(mutex_);
        std::ranges::move(pending_, std::back_inserter(in_flight_));
        pending_ = std::exchange(in_flight_, {});
        pace_.failed(sys::steady_now());
        next = pace_.next();
    }
    desk_->alarm.at(next);
    desk_->tally.store_failed("acknowledge", error);
}

void Outcomes::written(const std::vector<JobId>& refused) {
    std::vector<Entry> written;
    sys::MutexLock lock(mutex_);
    std::swap(written, in_flight_);
    pace_.succeeded();
    Batch batch = next_batch();
    const bool all = batch.outcomes.empty();
    const bool relief_awaited = std::exchange(relief_awaited_, false);
    lock.unlock();
    send(std::move(batch));
    if (relief_awaited) relieved_();
    if (!refused.empty()) tell_refused(refused, written);
    if (all) all_written_.notify_all();
}

void Outcomes::tell_refused(const std::vector<JobId>& refused, const std::vector<Entry>& batch) {
    for (const JobId id : refused) {
        // Where a batch has two of one job, the second is the late one.
        const auto found = std::ranges::find(batch.rbegin(), batch.rend(), id,
                                             [](const Entry& entry) { return entry.outcome.id; });
        if (found != batch.rend() && !found->may_be_refused) desk_->tally.refused(id, found->outcome.lease);
    }
}

bool Outcomes::is_behind() {
    const sys::MutexLock lock(mutex_);
    const bool behind =
        pace_.is_failing() || pending_.size() >= most_pending || pending_bytes_ >= most_pending_bytes;
    relief_awaited_ |= behind;
    return behind;
}

bool Outcomes::is_settled() {
    const sys::MutexLock lock(mutex_);
    const bool settled = in_flight_.empty() && pending_.empty();
    relief_awaited_ |= !settled;
    return settled;
}

void Outcomes::look(SteadyTime now) {
    sys::MutexLock lock(mutex_);
    if (!pace_.is_resting()) return;
    if (now < pace_.next()) {
        desk_->alarm.at(pace_.next());
        return;
    }
    pace_.try_again();
    Batch batch = next_batch();
    lock.unlock();
    send(std::move(batch));
}

bool Outcomes::drain(Deadline deadline) {
    sys::MutexLock lock(mutex_);
    return all_written_.wait(
               lock, [&]() OFFSTAGE_REQUIRES(mutex_) { return in_flight_.empty() && pending_.empty(); }, {},
               deadline) == WaitStatus::ok;
}

} // namespace offstage::jobs::detail
