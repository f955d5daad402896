#include "offstage/jobs/worker/lane.hpp"

#include <algorithm>
#include <iterator>

namespace offstage::jobs::detail {
namespace {

using std::chrono::nanoseconds;

constexpr int most_ahead = 1000;
constexpr nanoseconds unknown = nanoseconds::max();

} // namespace

int Lane::wanted() const noexcept {
    const int free = handlers_ - running_ - static_cast<int>(buffered_);
    if (usual_ == unknown) return std::max(free, 0);
    const auto ahead = claim_ahead_.count() * handlers_ / std::max<nanoseconds::rep>(usual_.count(), 1);
    const int most = static_cast<int>(std::min<nanoseconds::rep>(ahead, most_ahead));
    const int wanted = free + most;
    // Beyond what is free now, larger claims are cheaper.
    return wanted > 0 && (buffered_ == 0 || wanted > most / 2) ? wanted : 0;
}

void Lane::put(std::vector<stores::ClaimedJob> jobs, SteadyTime now) {
    if (jobs.empty()) return;
    buffered_ += jobs.size();
    batches_.push_back({std::move(jobs), 0, now});
}

stores::ClaimedJob Lane::take() {
    Batch& first = batches_.front();
    stores::ClaimedJob job = std::move(first.jobs[first.next++]);
    if (first.next == first.jobs.size()) batches_.pop_front();
    --buffered_;
    ++running_;
    return job;
}

void Lane::finished(std::optional<nanoseconds> ran) {
    --running_;
    if (!ran) return;
    usual_ = usual_ == unknown ? *ran : usual_ - usual_ / 8 + *ran / 8;
}

std::optional<stores::ClaimedJob> Lane::take_out(stores::JobId id, stores::Lease lease) {
    for (auto batch = batches_.begin(); batch != batches_.end(); ++batch) {
        const auto first = batch->jobs.begin() + static_cast<std::ptrdiff_t>(batch->next);
        const auto found = std::find_if(first, batch->jobs.end(),
                                        [&](const auto& job) { return job.id == id && job.lease == lease; });
        if (found == batch->jobs.end()) continue;
        stores::ClaimedJob job = std::move(*found);
        batch->jobs.erase(found);
        if (batch->next == batch->jobs.size()) batches_.erase(batch);
        --buffered_;
        return job;
    }
    return std::nullopt;
}

std::vector<stores::ClaimedJob> Lane::take_all() {
    std::vector<stores::ClaimedJob> all;
    all.reserve(buffered_);
    for (Batch& batch : batches_)
        std::move(batch.jobs.begin() + static_cast<std::ptrdiff_t>(batch.next), batch.jobs.end(),
                  std::back_inserter(all));
    batches_.clear();
    buffered_ = 0;
    return all;
}

nanoseconds Lane::patience() const noexcept {
    return std::max<nanoseconds>(claim_ahead_ * 10, std::chrono::milliseconds(100));
}

std::vector<stores::ClaimedJob> Lane::take_late(SteadyTime now) {
    std::vector<stores::ClaimedJob> late;
    while (next_late() <= now) {
        Batch& batch = batches_.front();
        std::move(batch.jobs.begin() + static_cast<std::ptrdiff_t>(batch.next), batch.jobs.end(),
                  std::back_inserter(late));
        batches_.pop_front();
    }
    buffered_ -= late.size();
    if (!late.empty()) usual_ = unknown;
    return late;
}

SteadyTime Lane::next_late() const noexcept {
    return batches_.empty() ? SteadyTime::max() : batches_.front().arrived + patience();
}

} // namespace offstage::jobs::detail
