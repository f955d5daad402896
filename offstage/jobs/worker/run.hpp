// One run of one job: the Context that its handler sees, and what the worker knows of it.
//
// Lives on the handler thread's stack. Threads: the handler's own, save what Context allows others; the watch
// calls what says so, under the seat's mutex, which keeps the run alive (seat.hpp); checkpoint and completion
// are called on the store's writing thread.
#pragma once

#include "offstage/jobs/client.hpp"
#include "offstage/jobs/context.hpp"
#include "offstage/jobs/registry.hpp"
#include "offstage/jobs/worker/desk.hpp"
#include "offstage/jobs/worker/verdict.hpp"
#include "offstage/sys/mutex.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace offstage::jobs::detail {

class Intake;

class Run final : public Context {
public:
    Run(stores::ClaimedJob job, const Kind* kind, SteadyTime started, Desk& desk, Intake& intake);

    JobId id() const noexcept override { return job_.id; }
    Lease lease() const noexcept override { return job_.lease; }
    int attempt() const noexcept override { return job_.attempt; }
    int errors() const noexcept override { return job_.errors; }
    int max_attempts() const noexcept override { return job_.max_attempts; }
    std::string_view kind() const noexcept override { return job_.kind; }
    std::string_view queue() const noexcept override { return job_.queue; }
    std::stop_token stop_token() const noexcept override { return stop_.get_token(); }
    StopReason stop_reason() const noexcept override { return reason_.load(std::memory_order_acquire); }
    void progress(std::int64_t done, std::int64_t total) override;
    void log(std::string line) override;
    Client& client() noexcept override { return client_; }
    stores::Store& store() noexcept override { return desk_.store; }
    std::string_view checkpoint_json() const noexcept override { return job_.checkpoint; }

    const stores::ClaimedJob& job() const noexcept { return job_; }
    const Kind* kind_entry() const noexcept { return kind_; }
    SteadyTime started() const noexcept { return started_; }
    Case as_case() const noexcept { return {job_, kind_, stop_reason()}; }
    /// Whether a transaction ended the job, if it was committed.
    bool was_completed() const noexcept { return completed_.load(std::memory_order_acquire); }

    /// Notes why it is to stop; the first reason stays. False: it had one. The token is triggered by whoever
    /// calls, with a copy of stop_source(), once it holds no lock: stop callbacks are the handler's code.
    bool set_reason(StopReason reason) noexcept;
    std::stop_source stop_source() const { return stop_; }
    /// Notes that its outcome was written by somebody else.
    void lose_lease() noexcept { reason_.store(StopReason::lease_lost, std::memory_order_release); }

    /// What is to be kept, if there is something and its time has come.
    std::optional<stores::Report> take_report(SteadyTime now);
    std::optional<stores::Report> take_last_report() { return take_report(SteadyTime::max()); }
    /// When take_report has something, max() for nothing.
    SteadyTime next_report() const;

private:
    void checkpoint_text(stores::Transaction& tx, std::string data) override;
    void complete_text(stores::Transaction& tx, std::string result) override;
    [[noreturn]] void refused(stores::Transaction& tx);

    stores::ClaimedJob job_;
    const Kind* const kind_;
    const SteadyTime started_;
    Desk& desk_;
    Intake& intake_;
    Client client_;
    std::stop_source stop_;
    std::atomic<StopReason> reason_{StopReason::none};
    std::atomic<bool> completed_{false};

    mutable sys::Mutex report_mutex_;
    SteadyTime next_report_ OFFSTAGE_GUARDED_BY(report_mutex_);
    bool has_report_ OFFSTAGE_GUARDED_BY(report_mutex_) = false;
    stores::Report report_ OFFSTAGE_GUARDED_BY(report_mutex_);
    int log_lines_ OFFSTAGE_GUARDED_BY(report_mutex_) = 0;
};

} // namespace offstage::jobs::detail
