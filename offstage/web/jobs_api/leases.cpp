#include "offstage/web/jobs_api/leases.hpp"

#include "offstage/jobs/worker/verdict.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/jobs_api/job_json.hpp"
#include "offstage/web/problem.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace offstage::web::jobs_api {
namespace {

using stores::JobId;
using stores::Outcome;

constexpr auto tell_every = std::chrono::seconds(10);
constexpr auto grace = std::chrono::seconds(10); // for a tick that is late
constexpr auto retry_after = std::chrono::seconds(1);
constexpr auto aside_for = std::chrono::minutes(1);

std::string lease_name(const stores::ClaimedJob& job) {
    return std::to_string(job.id.value) + "-" + std::to_string(job.lease.value);
}

/// Both numbers of "17-3"; nothing where it is anything else.
std::optional<std::pair<JobId, stores::Lease>> read_lease(std::string_view name) {
    JobId id;
    stores::Lease lease;
    const char* const end = name.data() + name.size();
    const auto first = std::from_chars(name.data(), end, id.value);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, lease.value);
    if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
    return std::pair(id, lease);
}

[[noreturn]] void lost(std::string_view lease) {
    throw Error(Errc::lease_lost, "Lease " + std::string(lease.substr(0, 40)) +
                                      " is not held any more: the job was ended, timed out, or was given to "
                                      "another worker; drop what was done for it");
}

} // namespace

Leases::Leases(stores::Store& store, const jobs::Registry& registry, LeaseOptions options,
               std::function<void()> wake, std::function<void(std::exception_ptr)> failed)
    : store_(store), registry_(registry), options_(options), wake_(std::move(wake)),
      failed_(std::move(failed)) {}

Leases::~Leases() {
    std::map<std::string, Worker> workers;
    std::vector<Outcome> outcomes;
    {
        const sys::MutexLock lock(mutex_);
        workers = workers_;
        for (const auto& [id, held] : held_)
            outcomes.push_back(jobs::detail::released({held.job, registry_.find(held.job.kind)}));
    }
    // Standing claims refer to this object: none may be left.
    for (const auto& [name, worker] : workers) store_.withdraw(worker.id);
    std::map<std::uint64_t, Poll> polls; // their callbacks take the mutex: destroyed without it
    {
        const sys::MutexLock lock(mutex_);
        for (const Arrival& arrival : arrivals_)
            for (const auto& job : arrival.jobs)
                outcomes.push_back(jobs::detail::released({job, registry_.find(job.kind)}));
        polls.swap(polls_);
    }
    for (const auto& [number, poll] : polls)
        poll.later->give(problem(Errc::closed, "The jobs API is stopping"));
    try {
        if (!outcomes.empty()) store_.acknowledge(std::move(outcomes), [](const auto&, const auto&) {});
        for (const auto& [name, worker] : workers) store_.remove_worker(worker.id);
    } catch (...) {
        failed_(std::current_exception()); // the next start rescues them
    }
}

stores::WorkerId Leases::worker(const std::string& name) {
    {
        const sys::MutexLock lock(mutex_);
        if (const auto known = workers_.find(name); known != workers_.end()) return known->second.id;
        if (workers_.size() >= options_.max_workers) return {};
    }
    const stores::WorkerId id = store_.add_worker(name);
    stores::WorkerId other;
    {
        const sys::MutexLock lock(mutex_);
        const SteadyTime now = sys::steady_now();
        const auto [at, added] = workers_.try_emplace(name, Worker{.id = id, .heard = now, .told = now});
        if (added) return id;
        other = at->second.id; // a claim beside this one was quicker
    }
    store_.remove_worker(id);
    return other;
}

std::shared_ptr<Deferred> Leases::claim(Ask ask) {
    const stores::WorkerId id = worker(ask.worker);
    if (id.value == 0) return nullptr;
    auto later = std::make_shared<Deferred>(Deadline(ask.until + grace));
    // Who does not wait is not withdrawn either: the store may not have looked yet.
    const bool waits = ask.until > sys::steady_now();
    stores::ClaimRequest request{
        .worker = id, .shares = std::move(ask.shares), .max = ask.max, .stands = waits};
    std::uint64_t number = 0;
    {
        const sys::MutexLock lock(mutex_);
        const auto known = workers_.find(ask.worker);
        if (known == workers_.end() || known->second.id != id) lost("of worker " + ask.worker);
        known->second.heard = sys::steady_now();
        ++known->second.polls;
        request.may_take_suspect = known->second.held == 0;
        number = ++last_poll_;
        polls_.emplace(number, Poll{.worker = std::move(ask.worker),
                                    .id = id,
                                    .until = ask.until,
                                    .later = later,
                                    .request = request});
    }
    // A client that goes: then the claim need not stand.
    auto gone = std::make_unique<Gone>(later->over(), wake_);
    {
        const sys::MutexLock lock(mutex_);
        if (const auto poll = polls_.find(number); poll != polls_.end()) poll->second.gone = std::move(gone);
    }
    ask_store(number, std::move(request));
    wake_();
    return later;
}

void Leases::ask_store(std::uint64_t poll, stores::ClaimRequest request) {
    const auto arrived = [this, poll](std::vector<stores::ClaimedJob> jobs, std::exception_ptr error) {
        {
            const sys::MutexLock lock(mutex_);
            arrivals_.push_back({poll, std::move(jobs), std::move(error)});
        }
        wake_();
    };
    try {
        store_.claim(std::move(request), arrived);
    } catch (...) {
        arrived({}, std::current_exception());
    }
}

Leases::Held Leases::heard(std::string_view lease) {
    const auto named = read_lease(lease);
    const sys::MutexLock lock(mutex_);
    if (!named) lost(lease);
    const auto found = held_.find(named->first);
    if (found == held_.end() || found->second.job.lease != named->second) lost(lease);
    if (const auto known = workers_.find(found->second.worker); known != workers_.end())
        known->second.heard = sys::steady_now();
    return found->second;
}

void Leases::forget(const JobId& id, stores::Lease lease) {
    const auto found = held_.find(id);
    if (found == held_.end() || found->second.job.lease != lease) return;
    if (const auto known = workers_.find(found->second.worker); known != workers_.end()) --known->second.held;
    held_.erase(found);
}

// Blocks for the commit, so that what was answered is on disk.
void Leases::settle(const Held& held, Outcome outcome) {
    struct Told {
        Event event;
        bool refused = false;
        std::exception_ptr error;
    };
    const auto told = std::make_shared<Told>(); // the store may be in the callback when we are gone
    store_.acknowledge({std::move(outcome)},
                       [told](const std::vector<JobId>& refused, std::exception_ptr error) {
                           told->refused = !refused.empty();
                           told->error = std::move(error);
                           told->event.set();
                       });
    told->event.wait();
    if (told->error) std::rethrow_exception(told->error);
    {
        const sys::MutexLock lock(mutex_);
        forget(held.job.id, held.job.lease);
    }
    if (told->refused) lost(lease_name(held.job));
}

void Leases::end(std::string_view lease, jobs::Ending ending) {
    const Held held = heard(lease);
    settle(held, jobs::detail::returned({held.job, registry_.find(held.job.kind)}, std::move(ending)));
}

void Leases::fail(std::string_view lease, std::string error) {
    const Held held = heard(lease);
    settle(held, jobs::detail::erred({held.job, registry_.find(held.job.kind)}, std::move(error)));
}

void Leases::release(std::string_view lease) {
    const Held held = heard(lease);
    settle(held, jobs::detail::released({held.job, registry_.find(held.job.kind)}));
}

HeartbeatView Leases::heartbeat(std::string_view lease) {
    const Held held = heard(lease);
    const auto job = store_.find(held.job.id);
    if (!job || job->state != stores::JobState::running || job->lease != held.job.lease) lost(lease);
    return {job->cancel_requested_at.has_value()};
}

HeartbeatView Leases::report(std::string_view lease,
                             std::optional<std::pair<std::int64_t, std::int64_t>> progress,
                             std::vector<std::string> log) {
    const HeartbeatView view = heartbeat(lease);
    const auto named = read_lease(lease);
    store_.report({{named->first, named->second, progress, std::move(log)}});
    return view;
}

void Leases::checkpoint(std::string_view lease, std::string_view data) {
    const Held held = heard(lease);
    store_.transact([&](stores::Transaction& tx) {
        if (!tx.checkpoint(held.job.id, held.job.lease, data)) lost(lease);
    });
}

std::size_t Leases::workers() const {
    const sys::MutexLock lock(mutex_);
    return workers_.size();
}

SteadyTime Leases::tick(SteadyTime now) {
    try {
        withdraw_late(now);
        std::vector<Arrival> arrivals;
        {
            const sys::MutexLock lock(mutex_);
            arrivals.swap(arrivals_);
        }
        for (Arrival& arrival : arrivals) answer(std::move(arrival), now);
        end_overdue(now);
        acknowledge_pending();
        tell_and_remove_workers(now);
    } catch (...) {
        failed_(std::current_exception());
        return now + retry_after;
    }
    return next(now);
}

void Leases::withdraw_late(SteadyTime now) {
    std::vector<stores::WorkerId> late;
    {
        const sys::MutexLock lock(mutex_);
        for (auto& [number, poll] : polls_) {
            if (poll.withdrawn || !poll.request.stands) continue;
            if (poll.until > now && !poll.later->over().stop_requested()) continue;
            poll.withdrawn = true;
            late.push_back(poll.id);
        }
    }
    for (const stores::WorkerId id : late) store_.withdraw(id); // arrives with no jobs
}

void Leases::set_aside_ours(Arrival& arrival) {
    std::vector<Outcome> aside;
    std::erase_if(arrival.jobs, [&](const stores::ClaimedJob& job) {
        const jobs::Kind* const kind = registry_.find(job.kind);
        if (!kind || kind->is_external) return false;
        aside.push_back(jobs::detail::returned({job, kind}, jobs::snooze(aside_for)));
        return true;
    });
    pending_->add(std::move(aside));
}

/// Whether the poll has time left, and goes on waiting.
bool Leases::stand_again(std::uint64_t poll, SteadyTime now) {
    stores::ClaimRequest request;
    {
        const sys::MutexLock lock(mutex_);
        Poll& standing = polls_.at(poll);
        if (standing.withdrawn || standing.until <= now || standing.later->over().stop_requested())
            return false;
        request = standing.request;
        request.may_take_suspect = workers_.at(standing.worker).held == 0;
    }
    ask_store(poll, std::move(request));
    return true;
}

void Leases::answer(Arrival arrival, SteadyTime now) {
    set_aside_ours(arrival);
    // Nothing came: all of it was ours, or another poll of this worker was withdrawn, and this one with it.
    if (arrival.jobs.empty() && !arrival.error && stand_again(arrival.poll, now)) return;
    Poll poll;
    Response body;
    {
        LeasesView view{.jobs = {}, .heartbeat_ms = options_.worker_timeout.count() / 3};
        const sys::MutexLock lock(mutex_);
        poll = std::move(polls_.at(arrival.poll));
        polls_.erase(arrival.poll);
        Worker& worker = workers_.at(poll.worker);
        --worker.polls;
        worker.heard = now;
        for (stores::ClaimedJob& job : arrival.jobs) {
            const jobs::Kind* const kind = registry_.find(job.kind);
            const auto timeout = kind ? kind->options.timeout : std::chrono::microseconds(0);
            LeaseView& lease = view.jobs.emplace_back();
            lease.lease = lease_name(job);
            lease.id = job.id.value;
            lease.kind = job.kind;
            lease.queue = job.queue;
            lease.args = kept_json(std::exchange(job.args, {}));
            lease.checkpoint = kept_json(std::exchange(job.checkpoint, {}));
            lease.attempt = job.attempt;
            lease.errors = job.errors;
            lease.max_attempts = job.max_attempts;
            SteadyTime deadline = SteadyTime::max();
            if (timeout.count() > 0) {
                lease.timeout_ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
                deadline = Deadline::after(now, timeout).when();
            }
            held_.insert_or_assign(job.id, Held{job, poll.worker, deadline});
            ++worker.held;
        }
        body = arrival.error ? problem(arrival.error) : json_response(200, view);
    }
    if (poll.later->give(std::move(body))) return;
    std::vector<Outcome> released;
    {
        const sys::MutexLock lock(mutex_);
        for (const stores::ClaimedJob& job : arrival.jobs) {
            forget(job.id, job.lease);
            released.push_back(jobs::detail::released({job, registry_.find(job.kind)}));
        }
    }
    pending_->add(std::move(released));
}

void Leases::end_overdue(SteadyTime now) {
    std::vector<Outcome> outcomes;
    {
        const sys::MutexLock lock(mutex_);
        for (const auto& [id, held] : held_) {
            if (held.deadline > now) continue;
            const jobs::Kind* const kind = registry_.find(held.job.kind);
            outcomes.push_back(jobs::detail::erred({held.job, kind, jobs::StopReason::timed_out},
                                                   "timed out after " + to_text(kind->options.timeout) +
                                                       "; its worker, " + held.worker +
                                                       ", had not ended it"));
        }
        for (const Outcome& outcome : outcomes) forget(outcome.id, outcome.lease);
    }
    pending_->add(std::move(outcomes));
}

void Leases::acknowledge_pending() {
    auto outcomes = std::make_shared<std::vector<Outcome>>(pending_->take()); // lives as long as the callback
    if (outcomes->empty()) return;
    store_.acknowledge(*outcomes, [pending = pending_, failed = failed_,
                                   outcomes](const std::vector<JobId>&, const std::exception_ptr& error) {
        if (!error) return; // refused ones are somebody else's now
        failed(error);
        pending->add(std::move(*outcomes));
    });
}

void Leases::Pending::add(std::vector<Outcome> more) {
    const sys::MutexLock lock(mutex);
    outcomes.insert(outcomes.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

std::vector<Outcome> Leases::Pending::take() {
    const sys::MutexLock lock(mutex);
    return std::exchange(outcomes, {});
}

bool Leases::Pending::empty() {
    const sys::MutexLock lock(mutex);
    return outcomes.empty();
}

void Leases::tell_and_remove_workers(SteadyTime now) {
    std::vector<stores::WorkerId> dead, alive;
    {
        const sys::MutexLock lock(mutex_);
        for (auto at = workers_.begin(); at != workers_.end();) {
            auto& [name, worker] = *at;
            if (worker.polls > 0) worker.heard = now; // its connection stands
            if (worker.heard + options_.worker_timeout <= now) {
                dead.push_back(worker.id);
                std::erase_if(held_, [&who = name](const auto& entry) { return entry.second.worker == who; });
                at = workers_.erase(at);
                continue;
            }
            if (worker.heard > worker.told && worker.told + tell_every <= now) {
                worker.told = now;
                alive.push_back(worker.id);
            }
            ++at;
        }
    }
    for (const stores::WorkerId id : alive) store_.heartbeat(id);
    for (const stores::WorkerId id : dead) store_.remove_worker(id);
}

SteadyTime Leases::next(SteadyTime now) const {
    const sys::MutexLock lock(mutex_);
    SteadyTime next = pending_->empty() ? SteadyTime::max() : now + retry_after;
    if (!arrivals_.empty()) next = now;
    for (const auto& [number, poll] : polls_)
        if (!poll.withdrawn && poll.request.stands) next = std::min(next, poll.until);
    for (const auto& [id, held] : held_) next = std::min(next, held.deadline);
    for (const auto& [name, worker] : workers_)
        next = std::min(next, worker.polls > 0 ? now + tell_every : worker.heard + options_.worker_timeout);
    return next;
}

} // namespace offstage::web::jobs_api
