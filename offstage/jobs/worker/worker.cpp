#include "offstage/jobs/worker.hpp"

#include "offstage/base/error.hpp"
#include "offstage/jobs/maintenance/pruner.hpp"
#include "offstage/jobs/maintenance/rescuer.hpp"
#include "offstage/jobs/worker/crew.hpp"
#include "offstage/jobs/worker/desk.hpp"
#include "offstage/jobs/worker/intake.hpp"
#include "offstage/jobs/worker/outcomes.hpp"
#include "offstage/jobs/worker/watch.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage::jobs {
namespace {

using namespace std::chrono_literals;

std::string default_name() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host = {"localhost"};
    return std::string(host.data()).append(":").append(std::to_string(::getpid()));
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error(Errc::invalid_argument, "worker options: " + why);
}

WorkerOptions checked(WorkerOptions options) {
    if (options.queues.empty()) refuse("no queue is given");
    std::vector<std::string_view> names;
    for (const auto& queue : options.queues) {
        stores::validate_name("queue", queue.name);
        if (queue.concurrency < 1 || queue.concurrency > 1000)
            refuse("the concurrency of queue \"" + queue.name + "\" is outside 1 to 1000");
        if (std::ranges::find(names, queue.name) != names.end())
            refuse("queue \"" + queue.name + "\" is given twice");
        names.push_back(queue.name);
    }
    if (options.name.empty()) options.name = default_name();
    stores::validate_name("worker", options.name);
    if (options.max_crashes < 1) refuse("max_crashes is below 1");
    if (options.max_hung < 0) refuse("max_hung is negative");
    if (options.timeout_grace < 0us) refuse("timeout_grace is negative");
    if (options.claim_ahead < 0us || options.claim_ahead > 1min) refuse("claim_ahead is outside 0 to 1 min");
    if (options.heartbeat < 1ms) refuse("heartbeat is below 1 ms");
    if (options.rescue_every < 1ms) refuse("rescue_every is below 1 ms");
    if (options.prune_every < 1ms) refuse("prune_every is below 1 ms");
    return options;
}

} // namespace

class Worker::Impl {
public:
    Impl(stores::Store& store, const Registry& kinds, Runtime& runtime, WorkerOptions options);
    ~Impl();

    StopReport stop(Deadline deadline);
    WorkerStats stats() const;

private:
    void start();
    void rescued(const stores::RescueReport& report);
    void changed(std::span<const stores::JobChange> changes);
    StopReport stop_now(Deadline deadline);
    void wait_for_handlers(Deadline deadline);
    void write_outcomes(Deadline deadline);
    void leave_store();

    Runtime& runtime_;
    const std::shared_ptr<detail::Desk> desk_;
    const std::shared_ptr<detail::Outcomes> outcomes_;
    const std::shared_ptr<detail::Intake> intake_;
    const std::shared_ptr<detail::Crew> crew_;
    std::optional<Rescuer> rescuer_;
    std::optional<Pruner> pruner_;
    std::unique_ptr<stores::Subscription> changes_;
    std::optional<Background> watch_;

    mutable sys::Mutex mutex_;
    bool stopping_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    offstage::Event stopped_;
    StopReport report_; // set before stopped_
};

Worker::Impl::Impl(stores::Store& store, const Registry& kinds, Runtime& runtime, WorkerOptions options)
    : runtime_(runtime),
      desk_(std::make_shared<detail::Desk>(store, kinds, options, store.add_worker(options.name))),
      outcomes_(std::make_shared<detail::Outcomes>(desk_)),
      intake_(std::make_shared<detail::Intake>(desk_, outcomes_)),
      crew_(std::make_shared<detail::Crew>(desk_, outcomes_, intake_, runtime)) {
    outcomes_->on_relief([intake = std::weak_ptr(intake_)] {
        if (const auto lives = intake.lock()) lives->ask();
    });
    try {
        start();
    } catch (...) {
        stop_now(sys::deadline_after(1s));
        throw;
    }
}

void Worker::Impl::start() {
    const WorkerOptions& options = desk_->options;
    changes_ =
        desk_->store.subscribe([this](std::span<const stores::JobChange> changes) { changed(changes); });
    stores::RescueOptions rescue;
    rescue.max_crashes = options.max_crashes;
    rescue.keep = desk_->kinds.longest_keep_failed(); // the store knows no kinds
    rescuer_.emplace(desk_->store, runtime_, Rescuer::Options{rescue, options.rescue_every},
                     [this](const stores::RescueReport& report) { rescued(report); });
    pruner_.emplace(desk_->store, runtime_, Pruner::Options{.every = options.prune_every});
    // As the crew's threads: the function lets go of what it held when it has run.
    watch_ = runtime_.background(
        options.name + "/watch",
        [watch = detail::Watch{desk_, outcomes_, intake_, crew_}](std::stop_token stop) mutable {
            const detail::Watch mine = std::move(watch);
            mine.run(std::move(stop));
        });
    crew_->start();
    intake_->open();
}

Worker::Impl::~Impl() {
    stop(Deadline::never());
}

void Worker::Impl::rescued(const stores::RescueReport& report) {
    const auto count = [](const std::vector<JobId>& jobs) { return static_cast<std::int64_t>(jobs.size()); };
    desk_->tally.tell(JobsRescued{count(report.rescued), count(report.quarantined), count(report.cancelled)});
}

void Worker::Impl::changed(std::span<const stores::JobChange> changes) {
    std::vector<stores::JobChange> cancels;
    std::ranges::copy_if(changes, std::back_inserter(cancels), &stores::JobChange::cancel_requested);
    if (!cancels.empty()) crew_->cancel(cancels);
    if (std::ranges::any_of(changes, &stores::JobChange::rescued)) intake_->expect_suspects();
}

WorkerStats Worker::Impl::stats() const {
    WorkerStats stats = desk_->tally.stats();
    stats.running = intake_->running();
    return stats;
}

StopReport Worker::Impl::stop(Deadline deadline) {
    {
        sys::MutexLock lock(mutex_);
        if (std::exchange(stopping_, true)) {
            lock.unlock();
            stopped_.wait();
            return report_;
        }
    }
    report_ = stop_now(deadline);
    stopped_.set();
    return report_;
}

StopReport Worker::Impl::stop_now(Deadline deadline) {
    const WorkerStats before = desk_->tally.stats();
    intake_->close();
    crew_->ask_to_stop();
    wait_for_handlers(deadline);
    crew_->leave_all_behind();
    crew_->join();
    write_outcomes(deadline);
    if (watch_) {
        watch_->stop();
        watch_->join();
    }
    leave_store();

    const WorkerStats after = desk_->tally.stats();
    const auto ended = [](const WorkerStats& stats) {
        return stats.done + stats.retried + stats.failed + stats.cancelled + stats.snoozed;
    };
    StopReport report;
    report.finished = ended(after) - ended(before);
    report.released = after.released - before.released;
    report.still_running = crew_->left();
    return report;
}

// Until shortly before the deadline: what is left behind then must still be written.
void Worker::Impl::wait_for_handlers(Deadline deadline) {
    SteadyTime until = deadline.when();
    if (!deadline.is_never()) {
        const auto left = std::max(until - sys::steady_now(), std::chrono::nanoseconds::zero());
        until -= std::min<std::chrono::nanoseconds>(left / 10, 500ms);
    }
    for (;;) {
        const Deadline next = std::min<Deadline>(until, sys::deadline_after(10s));
        if (intake_->wait_idle(next) || next == Deadline(until)) return;
        std::string waits = "worker " + desk_->options.name + " stops and waits for:";
        for (const std::string& name : crew_->running()) waits.append(" ").append(name).append(";");
        waits.pop_back();
        runtime_.errors().report(
            {std::make_exception_ptr(Error(Errc::timed_out, waits)), desk_->options.name});
    }
}

void Worker::Impl::write_outcomes(Deadline deadline) {
    const Deadline until =
        deadline.is_never() ? sys::deadline_after(10s) : std::max(deadline, sys::deadline_after(1s));
    // The watch, which tries again what failed, is gone where the runtime was shut down first.
    while (sys::steady_now() < until.when()) {
        if (outcomes_->drain(std::min(until, sys::deadline_after(100ms)))) return;
        outcomes_->look(sys::steady_now());
    }
    desk_->tally.store_failed(
        "stop",
        std::make_exception_ptr(Error(Errc::timed_out, "outcomes could not be written in time; their jobs "
                                                       "are rescued as after a crash")));
}

void Worker::Impl::leave_store() {
    rescuer_.reset();
    pruner_.reset();
    changes_.reset();
    try {
        desk_->store.remove_worker(desk_->worker);
    } catch (...) {
        desk_->tally.store_failed("remove the worker", std::current_exception());
    }
}

Worker::Worker(stores::Store& store, const Registry& kinds, Runtime& runtime, WorkerOptions options)
    : impl_(std::make_unique<Impl>(store, kinds, runtime, checked(std::move(options)))) {}

Worker::~Worker() = default;

StopReport Worker::stop(Deadline deadline) {
    return impl_->stop(deadline);
}

WorkerStats Worker::stats() const {
    return impl_->stats();
}

} // namespace offstage::jobs
