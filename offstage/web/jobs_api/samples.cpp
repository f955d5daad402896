#include "offstage/web/jobs_api/samples.hpp"

#include <chrono>
#include <utility>

namespace offstage::web::jobs_api {
namespace {

std::optional<double> quantile_ms(const stores::Durations& before, const stores::Durations& now,
                                  double share) {
    const stores::Durations between = now - before;
    if (between.count == 0) return std::nullopt;
    return std::chrono::duration<double, std::milli>(between.quantile(share)).count();
}

} // namespace

std::optional<SampleView> Samples::take(SteadyTime now) {
    Reading reading{now, {}};
    for (const stores::QueueTotals& queue : store_.totals()) reading.sum += queue;
    const std::optional<Reading> before = std::exchange(last_, reading);
    if (!before || now <= before->at) return std::nullopt;

    const double seconds = std::chrono::duration<double>(now - before->at).count();
    const stores::QueueTotals &from = before->sum, &to = reading.sum;
    const auto rate = [&](std::int64_t stores::QueueTotals::* field) {
        return static_cast<double>(to.*field - from.*field) / seconds;
    };
    SampleView sample;
    sample.at_ms = to_micros(store_.now()) / 1000;
    sample.enqueued = rate(&stores::QueueTotals::enqueued);
    sample.done = rate(&stores::QueueTotals::done);
    sample.failed = rate(&stores::QueueTotals::failed);
    sample.cancelled = rate(&stores::QueueTotals::cancelled);
    sample.errors = rate(&stores::QueueTotals::retried);
    sample.waited_p50_ms = quantile_ms(from.waited, to.waited, 0.5);
    sample.waited_p99_ms = quantile_ms(from.waited, to.waited, 0.99);
    sample.ran_p50_ms = quantile_ms(from.ran, to.ran, 0.5);
    sample.ran_p99_ms = quantile_ms(from.ran, to.ran, 0.99);
    for (const stores::QueueCounts& queue : store_.queues()) {
        sample.scheduled += queue.scheduled;
        sample.ready += queue.ready;
        sample.running += queue.running;
    }
    const sys::MutexLock lock(mutex_);
    samples_.push_back(sample);
    if (samples_.size() > keep_) samples_.pop_front();
    return sample;
}

std::vector<SampleView> Samples::all() const {
    const sys::MutexLock lock(mutex_);
    return {samples_.begin(), samples_.end()};
}

} // namespace offstage::web::jobs_api
