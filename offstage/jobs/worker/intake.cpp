#include "offstage/jobs/worker/intake.hpp"

#include "offstage/base/error.hpp"
#include "offstage/jobs/worker/verdict.hpp"
#include "offstage/sys/clock.hpp"

#include <algorithm>

namespace offstage::jobs::detail {
namespace {

bool is_closed(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const Error& thrown) {
        return thrown.code() == Errc::closed;
    } catch (...) {
        return false;
    }
}

} // namespace

Intake::Intake(std::shared_ptr<Desk> desk, std::shared_ptr<Outcomes> outcomes)
    : desk_(std::move(desk)), outcomes_(std::move(outcomes)) {
    lanes_.reserve(desk_->options.queues.size());
    for (const auto& queue : desk_->options.queues)
        lanes_.emplace_back(queue.name, queue.concurrency, desk_->options.claim_ahead);
}

void Intake::open() {
    {
        const sys::MutexLock lock(mutex_);
        open_ = true;
    }
    ask();
}

void Intake::ask() {
    sys::MutexLock lock(mutex_);
    auto asking = next_asking();
    lock.unlock();
    send(std::move(asking));
}

// What is asked for.

bool Intake::is_asking() const {
    return std::ranges::any_of(lanes_, &Lane::is_asking);
}

bool Intake::holds_only_proven() const {
    std::size_t held = running_;
    for (const Lane& lane : lanes_) held += lane.buffered();
    return held == proven_.size();
}

bool Intake::has_room_for_suspects() const {
    return std::ranges::any_of(lanes_,
                               [](const Lane& lane) { return lane.expects_suspects && lane.wanted() > 0; });
}

// While a claim for suspects stands no other may, or jobs would come beside a suspect; nor does one stand
// without them where they are expected. What stands is then withdrawn, by the watch, and all is asked anew.
bool Intake::must_withdraw() const {
    if (!is_asking()) return false;
    if (!asks_for_suspects_) return has_room_for_suspects() && holds_only_proven();
    return std::ranges::any_of(lanes_, [](const Lane& lane) { return !lane.is_asking && lane.wanted() > 0; });
}

bool Intake::may_ask() {
    return open_ && !closed_ && !withdrawing_ && alone_ == JobId{} && !pace_.is_resting() &&
           std::ranges::any_of(lanes_,
                               [](const Lane& lane) { return !lane.is_asking && lane.wanted() > 0; }) &&
           !outcomes_->is_behind();
}

std::optional<Intake::Asking> Intake::next_asking() {
    if (!may_ask()) return std::nullopt;
    if (must_withdraw()) {
        desk_->alarm.now();
        return std::nullopt;
    }
    const bool for_suspects = holds_only_proven() && !is_asking() && outcomes_->is_settled();
    if (has_room_for_suspects() && !for_suspects) return std::nullopt;
    Asking asking;
    asking.request.worker = desk_->worker;
    asking.request.may_take_suspect = for_suspects;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        Lane& lane = lanes_[i];
        const int wanted = lane.is_asking ? 0 : lane.wanted();
        if (wanted <= 0) continue;
        lane.is_asking = true;
        asking.request.shares.push_back({lane.queue(), wanted});
        asking.lanes.push_back(i);
    }
    asks_for_suspects_ = for_suspects;
    ++sending_;
    return asking;
}

void Intake::send(std::optional<Asking> asking) {
    if (!asking) return;
    stores::ClaimRequest request = asking->request;
    desk_->store.claim(std::move(request),
                       [self = shared_from_this(), asking = *std::move(asking)](
                           std::vector<stores::ClaimedJob> jobs, const std::exception_ptr& error) {
                           self->answered(asking, std::move(jobs), error);
                       });
    bool all = false;
    {
        const sys::MutexLock lock(mutex_);
        all = --sending_ == 0;
    }
    if (all) sent_.notify_all();
}

// What comes.

void Intake::answered(const Asking& asking, std::vector<stores::ClaimedJob> jobs,
                      const std::exception_ptr& error) {
    sys::MutexLock lock(mutex_);
    for (const std::size_t lane : asking.lanes) lanes_[lane].is_asking = false;
    if (asking.request.may_take_suspect) asks_for_suspects_ = false;
    const bool failed = error && !withdrawing_ && !closed_;
    if (failed) {
        pace_.failed(sys::steady_now());
        if (is_closed(error)) closed_ = true; // the store closes: there is nothing to wait for
        desk_->alarm.at(pace_.next());
    } else {
        pace_.succeeded();
    }
    if (!jobs.empty()) arrived(asking, std::move(jobs));
    auto next = next_asking();
    lock.unlock();
    send(std::move(next));
    if (failed) desk_->tally.store_failed("claim", error);
}

void Intake::arrived(const Asking& asking, std::vector<stores::ClaimedJob> jobs) {
    const bool suspect = jobs.front().is_suspect();
    if (suspect) alone_ = jobs.front().id;
    if (asking.request.may_take_suspect)
        for (const std::size_t lane : asking.lanes) lanes_[lane].expects_suspects = suspect;

    const SteadyTime now = sys::steady_now();
    for (const std::size_t i : asking.lanes) {
        Lane& lane = lanes_[i];
        std::vector<stores::ClaimedJob> its;
        if (asking.lanes.size() == 1) {
            its.swap(jobs);
        } else {
            for (stores::ClaimedJob& job : jobs)
                if (job.queue == lane.queue()) its.push_back(std::move(job));
        }
        if (its.empty()) continue;
        const std::size_t wake = std::min(its.size(), static_cast<std::size_t>(lane.waiting));
        lane.put(std::move(its), now);
        for (std::size_t woken = 0; woken < wake; ++woken) lane.arrived().notify_one();
        desk_->alarm.at(lane.next_late());
    }
}

std::optional<stores::ClaimedJob> Intake::take(std::size_t lane_number, std::stop_token stop) {
    sys::MutexLock lock(mutex_);
    Lane& lane = lanes_[lane_number];
    ++lane.waiting;
    lane.arrived().wait(
        lock, [&]() OFFSTAGE_REQUIRES(mutex_) { return closed_ || lane.buffered() > 0; }, stop);
    --lane.waiting;
    if (closed_ || lane.buffered() == 0 || stop.stop_requested()) return std::nullopt;
    std::optional<stores::ClaimedJob> job = lane.take();
    ++running_;
    auto asking = next_asking();
    lock.unlock();
    send(std::move(asking));
    return job;
}

void Intake::finished(std::size_t lane, const stores::ClaimedJob& job,
                      std::optional<std::chrono::nanoseconds> ran) {
    sys::MutexLock lock(mutex_);
    lanes_[lane].finished(ran);
    const bool idle = --running_ == 0;
    if (alone_ == job.id) alone_ = {};
    if (job.is_suspect()) std::erase(proven_, job.id);
    auto asking = next_asking();
    lock.unlock();
    send(std::move(asking));
    if (idle) idle_.notify_all();
}

void Intake::resize(std::size_t lane, int handlers) {
    {
        const sys::MutexLock lock(mutex_);
        lanes_[lane].resize(handlers);
    }
    ask();
}

// Suspects.

void Intake::expect_suspects() {
    {
        const sys::MutexLock lock(mutex_);
        for (Lane& lane : lanes_) lane.expects_suspects = true;
    }
    desk_->alarm.now();
}

void Intake::proven(JobId id) {
    {
        const sys::MutexLock lock(mutex_);
        if (alone_ != id) return;
        alone_ = {};
        proven_.push_back(id);
    }
    desk_->alarm.now(); // the watch asks, once the transaction is over
}

void Intake::refresh() {
    {
        const sys::MutexLock lock(mutex_);
        if (closed_ || asks_for_suspects_ || !is_asking() || !holds_only_proven()) return;
    }
    withdraw();
    ask();
}

void Intake::withdraw() {
    {
        sys::MutexLock lock(mutex_);
        withdrawing_ = true;
        sent_.wait(lock, [&]() OFFSTAGE_REQUIRES(mutex_) { return sending_ == 0; });
    }
    try {
        desk_->store.withdraw(desk_->worker);
    } catch (...) {
        desk_->tally.store_failed("withdraw", std::current_exception());
    }
    const sys::MutexLock lock(mutex_);
    withdrawing_ = false;
}

// What goes back.

bool Intake::cancel(JobId id, stores::Lease lease) {
    std::optional<stores::ClaimedJob> job;
    {
        const sys::MutexLock lock(mutex_);
        for (Lane& lane : lanes_) {
            job = lane.take_out(id, lease);
            if (job) break;
        }
        if (!job) return false;
        if (alone_ == id) alone_ = {};
    }
    const Case run{*job, desk_->kinds.find(job->kind)};
    stores::Outcome outcome = cancelled_unstarted(run);
    desk_->tally.ended(*job, outcome, {});
    outcomes_->push({std::move(outcome)});
    ask();
    return true;
}

void Intake::look(SteadyTime now) {
    std::vector<stores::ClaimedJob> late;
    bool stuck = false;
    {
        const sys::MutexLock lock(mutex_);
        for (Lane& lane : lanes_) {
            std::ranges::move(lane.take_late(now), std::back_inserter(late));
            desk_->alarm.at(lane.next_late());
        }
        if (std::ranges::any_of(late,
                                [&](const auto& job) OFFSTAGE_REQUIRES(mutex_) { return job.id == alone_; }))
            alone_ = {};
        if (pace_.is_resting() && now >= pace_.next())
            pace_.try_again();
        else
            desk_->alarm.at(pace_.next());
        stuck = must_withdraw();
    }
    give_back(late);
    if (stuck) withdraw();
    ask();
}

void Intake::give_back(const std::vector<stores::ClaimedJob>& jobs) {
    if (jobs.empty()) return;
    std::vector<Outcomes::Entry> entries;
    entries.reserve(jobs.size());
    for (const auto& job : jobs) entries.push_back({released({job, desk_->kinds.find(job.kind)})});
    desk_->tally.gave_back(static_cast<std::int64_t>(jobs.size()));
    outcomes_->push(std::move(entries));
}

std::int64_t Intake::close() {
    {
        const sys::MutexLock lock(mutex_);
        closed_ = true;
    }
    withdraw();
    std::vector<stores::ClaimedJob> left;
    {
        const sys::MutexLock lock(mutex_);
        for (Lane& lane : lanes_) {
            std::ranges::move(lane.take_all(), std::back_inserter(left));
            lane.arrived().notify_all();
        }
    }
    give_back(left);
    return static_cast<std::int64_t>(left.size());
}

bool Intake::wait_idle(Deadline deadline) {
    sys::MutexLock lock(mutex_);
    return idle_.wait(
               lock, [&]() OFFSTAGE_REQUIRES(mutex_) { return running_ == 0; }, {}, deadline) ==
           WaitStatus::ok;
}

int Intake::running() const {
    const sys::MutexLock lock(mutex_);
    return static_cast<int>(running_);
}

} // namespace offstage::jobs::detail
