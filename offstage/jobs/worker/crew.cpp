#include "offstage/jobs/worker/crew.hpp"

#include "offstage/base/error.hpp"
#include "offstage/jobs/worker/verdict.hpp"
#include "offstage/sys/clock.hpp"

#include <algorithm>
#include <exception>

namespace offstage::jobs::detail {
namespace {

constexpr std::chrono::minutes remember_cancels(1);
constexpr std::size_t most_cancels = 1000;

// Without what is large.
stores::ClaimedJob label(const stores::ClaimedJob& job) {
    stores::ClaimedJob label;
    label.id = job.id;
    label.lease = job.lease;
    label.queue = job.queue;
    label.kind = job.kind;
    label.attempt = job.attempt;
    label.crashes = job.crashes;
    return label;
}

std::string describe(const Run& run) {
    std::string text(run.kind());
    return text.append(" ")
        .append(std::to_string(run.id().value))
        .append(", since ")
        .append(to_text(sys::steady_now() - run.started()));
}

stores::Outcome handle(Run& run) {
    if (!run.kind_entry()) return unknown_kind(run.as_case());
    try {
        Ending ending = run.kind_entry()->run(run.job().args, run);
        return returned(run.as_case(), std::move(ending));
    } catch (...) {
        return threw(run.as_case(), std::current_exception());
    }
}

} // namespace

Crew::Crew(std::shared_ptr<Desk> desk, std::shared_ptr<Outcomes> outcomes, std::shared_ptr<Intake> intake,
           Runtime& runtime)
    : desk_(std::move(desk)), outcomes_(std::move(outcomes)), intake_(std::move(intake)), runtime_(runtime) {}

void Crew::start() {
    const auto& queues = desk_->options.queues;
    for (std::size_t lane = 0; lane < queues.size(); ++lane)
        for (int handler = 0; handler < queues[lane].concurrency; ++handler) hire(lane);
}

void Crew::hire(std::size_t lane) {
    const sys::MutexLock lock(mutex_);
    auto seat = std::make_shared<Seat>(lane);
    std::string name = desk_->options.name + "/" + desk_->options.queues[lane].name + "-";
    name += std::to_string(++hirings_);
    // The thread holds the crew while it runs; the function, which the runtime keeps longer, does not.
    Background thread =
        runtime_.background(std::move(name), [crew = shared_from_this(), seat](std::stop_token stop) mutable {
            const std::shared_ptr<Crew> mine = std::move(crew);
            const std::shared_ptr<Seat> place = std::move(seat);
            mine->work(place, stop);
        });
    hired_.push_back({std::move(seat), std::move(thread)});
}

// The handler threads.

void Crew::work(const std::shared_ptr<Seat>& seat, const std::stop_token& stop) {
    bool goes_on = true;
    while (goes_on) {
        auto job = intake_->take(seat->lane, stop);
        goes_on = job && run(seat, *std::move(job));
    }
}

bool Crew::run(const std::shared_ptr<Seat>& seat, stores::ClaimedJob job) {
    const Kind* const kind = desk_->kinds.find(job.kind);
    Run run(std::move(job), kind, sys::steady_now(), *desk_, *intake_);
    if (!begin(*seat, run)) {
        desk_->tally.gave_back(1);
        outcomes_->push({released(run.as_case())});
        intake_->finished(seat->lane, run.job(), std::nullopt);
        return true;
    }
    desk_->tally.started(run.job(), desk_->store);
    stores::Outcome outcome = handle(run);
    if (!end(*seat)) return came_back(seat, std::move(outcome));
    const auto ran = sys::steady_now() - run.started();
    desk_->tally.ended(run.job(), outcome, ran);
    outcomes_->push({std::move(outcome), run.was_completed()}, run.take_last_report());
    intake_->finished(seat->lane, run.job(), ran);
    return true;
}

bool Crew::begin(Seat& seat, Run& run) {
    const Kind* const kind = run.kind_entry();
    const bool is_limited = kind && kind->options.timeout.count() > 0;
    const SteadyTime due =
        is_limited ? Deadline::after(run.started(), kind->options.timeout).when() : SteadyTime::max();
    {
        const sys::MutexLock lock(seat.mutex);
        if (stopping_) return false;
        seat.run = &run;
        seat.due = due;
        seat.timed_out = false;
    }
    desk_->alarm.at(due);
    if (has_cancels_.load(std::memory_order_relaxed)) desk_->alarm.now();
    return true;
}

// False: the run was left behind.
bool Crew::end(Seat& seat) {
    const sys::MutexLock lock(seat.mutex);
    seat.run = nullptr;
    return !seat.left_behind;
}

// The outcome goes to the store all the same, so that the refusal is the store's. Whether the thread goes on.
bool Crew::came_back(const std::shared_ptr<Seat>& seat, stores::Outcome outcome) {
    desk_->tally.came_back();
    outcomes_->push({std::move(outcome)});
    {
        const sys::MutexLock lock(mutex_);
        std::erase(left_, seat);
    }
    const sys::MutexLock lock(seat->mutex);
    if (seat->replaced) return false;
    seat->left_behind = false;
    intake_->resize(seat->lane, 1);
    return true;
}

// The watch's.

void Crew::cancel(std::span<const stores::JobChange> requests) {
    const SteadyTime until = sys::steady_now() + remember_cancels;
    {
        const sys::MutexLock lock(mutex_);
        for (const auto& request : requests) cancels_.push_back({request.id, request.lease, until});
        if (cancels_.size() > most_cancels)
            cancels_.erase(cancels_.begin(), cancels_.end() - static_cast<std::ptrdiff_t>(most_cancels));
        has_cancels_ = true;
    }
    desk_->alarm.now();
}

void Crew::look(SteadyTime now) {
    cancel_buffered(now);
    Findings findings;
    {
        const sys::MutexLock lock(mutex_);
        for (const Hired& hired : hired_) look(hired.seat, now, findings);
        std::erase_if(hired_, [](const Hired& hired) {
            const sys::MutexLock seat(hired.seat->mutex);
            return hired.seat->replaced;
        });
        has_cancels_ = !cancels_.empty();
    }
    for (const auto& [job, ran] : findings.timed_out) desk_->tally.timed_out(job, ran);
    for (std::stop_source& source : findings.to_stop) source.request_stop();
    if (!findings.reports.empty()) desk_->store.report(std::move(findings.reports));
    for (Left& left : findings.left) hand_in(std::move(left));
}

// A job that is neither buffered nor running may be on its way in, or another worker's: it is looked for
// again.
void Crew::cancel_buffered(SteadyTime now) {
    std::vector<Cancel> cancels;
    {
        const sys::MutexLock lock(mutex_);
        std::erase_if(cancels_, [now](const Cancel& cancel) { return cancel.until <= now; });
        cancels = cancels_;
    }
    std::erase_if(cancels,
                  [this](const Cancel& cancel) { return !intake_->cancel(cancel.job, cancel.lease); });
    if (cancels.empty()) return;
    const sys::MutexLock lock(mutex_);
    std::erase_if(cancels_,
                  [&](const Cancel& cancel) { return std::ranges::find(cancels, cancel) != cancels.end(); });
}

void Crew::look(const std::shared_ptr<Seat>& seat, SteadyTime now, Findings& findings) {
    const sys::MutexLock lock(seat->mutex);
    if (!seat->run || seat->left_behind) return;
    Run& run = *seat->run;
    const auto stop = [&](StopReason reason) {
        if (run.set_reason(reason)) findings.to_stop.push_back(run.stop_source());
    };
    const auto is_its = [&](const Cancel& cancel) {
        return cancel.job == run.id() && cancel.lease == run.job().lease;
    };
    if (std::erase_if(cancels_, is_its) > 0) stop(StopReason::cancelled);
    if (run.stop_reason() == StopReason::lease_lost) findings.to_stop.push_back(run.stop_source());
    if (now >= seat->due) {
        if (seat->timed_out) {
            findings.left.push_back(leave(seat, now));
            return;
        }
        seat->timed_out = true;
        seat->due = now + desk_->options.timeout_grace;
        stop(StopReason::timed_out);
        findings.timed_out.emplace_back(label(run.job()), now - run.started());
    }
    if (auto report = run.take_report(now)) findings.reports.push_back(*std::move(report));
    desk_->alarm.at(std::min(seat->due, run.next_report()));
}

Crew::Left Crew::leave(const std::shared_ptr<Seat>& seat, SteadyTime now) {
    Run& run = *seat->run;
    seat->left_behind = true;
    seat->replaced = stopping_ || desk_->tally.hung() < desk_->options.max_hung;
    left_.push_back(seat);
    Left left{seat->lane,
              label(run.job()),
              {left_behind(run.as_case()), run.was_completed()},
              run.take_last_report(),
              now - run.started(),
              seat->replaced};
    desk_->tally.left_one();
    run.lose_lease();
    return left;
}

void Crew::hand_in(Left left) {
    desk_->tally.ended(left.job, left.entry.outcome, left.ran);
    desk_->tally.left_behind(left.job, left.replaced);
    outcomes_->push(std::move(left.entry), std::move(left.last_report));
    if (!stopping_ && left.replaced) {
        try {
            hire(left.lane);
        } catch (const Error& error) { // no room for a thread: the lane is narrower from now on
            intake_->resize(left.lane, -1);
            desk_->tally.store_failed("hire", std::current_exception());
        }
    } else {
        intake_->resize(left.lane, -1);
    }
    intake_->finished(left.lane, left.job, left.ran);
}

// The end.

void Crew::ask_to_stop() {
    stopping_ = true;
    std::vector<std::stop_source> to_stop;
    {
        const sys::MutexLock lock(mutex_);
        for (const Hired& hired : hired_) {
            const sys::MutexLock seat(hired.seat->mutex);
            Run* const run = hired.seat->left_behind ? nullptr : hired.seat->run;
            if (run && run->set_reason(StopReason::shutdown)) to_stop.push_back(run->stop_source());
        }
    }
    for (std::stop_source& source : to_stop) source.request_stop();
}

void Crew::leave_all_behind() {
    const SteadyTime now = sys::steady_now();
    std::vector<Left> left;
    {
        const sys::MutexLock lock(mutex_);
        for (const Hired& hired : hired_) {
            const sys::MutexLock seat(hired.seat->mutex);
            if (hired.seat->run && !hired.seat->left_behind) left.push_back(leave(hired.seat, now));
        }
    }
    for (Left& one : left) hand_in(std::move(one));
}

std::vector<std::string> Crew::running() {
    std::vector<std::string> names;
    const sys::MutexLock lock(mutex_);
    for (const Hired& hired : hired_) {
        const sys::MutexLock seat(hired.seat->mutex);
        if (hired.seat->run && !hired.seat->left_behind) names.push_back(describe(*hired.seat->run));
    }
    return names;
}

std::vector<std::string> Crew::left() {
    std::vector<std::string> names;
    const sys::MutexLock lock(mutex_);
    for (const auto& left : left_) {
        const sys::MutexLock seat(left->mutex);
        if (left->run) names.push_back(describe(*left->run));
    }
    return names;
}

void Crew::join() {
    std::vector<Background> threads;
    {
        const sys::MutexLock lock(mutex_);
        for (Hired& hired : hired_) {
            const sys::MutexLock seat(hired.seat->mutex);
            if (!hired.seat->left_behind) threads.push_back(std::move(hired.thread));
            hired.seat->replaced = true; // those that are left behind end when they come back
        }
        hired_.clear();
    }
    for (Background& thread : threads) thread.join();
}

} // namespace offstage::jobs::detail
