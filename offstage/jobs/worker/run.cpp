#include "offstage/jobs/worker/run.hpp"

#include "offstage/base/error.hpp"
#include "offstage/base/utf8.hpp"
#include "offstage/jobs/worker/intake.hpp"

#include <algorithm>

namespace offstage::jobs::detail {
namespace {

constexpr std::chrono::milliseconds between_reports(500);

// At most so many bytes, cut where a character ends, and saying so.
void cut(std::string& line) {
    static constexpr std::string_view mark = "… (cut)";
    if (line.size() <= stores::max_log_line_bytes) return;
    std::size_t end = stores::max_log_line_bytes - mark.size();
    const auto is_continuation = [&] { return (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U; };
    while (end > 0 && is_continuation()) --end;
    line.resize(end);
    line.append(mark);
}

void check_payload(const char* what, std::string_view json) {
    if (json.size() > stores::max_payload_bytes)
        throw Error(Errc::too_large, std::string("the job's ") + what + " has " +
                                         std::to_string(json.size()) +
                                         " bytes, at most 1 MiB is kept; store the data elsewhere");
    if (!is_utf8(json))
        throw Error(Errc::invalid_argument, std::string("the job's ") + what +
                                                " is not UTF-8, as JSON has to be; encode bytes as text");
}

} // namespace

Run::Run(stores::ClaimedJob job, const Kind* kind, SteadyTime started, Desk& desk, Intake& intake)
    : job_(std::move(job)), kind_(kind), started_(started), desk_(desk), intake_(intake), client_(desk.store),
      next_report_(started + between_reports) {}

bool Run::set_reason(StopReason reason) noexcept {
    StopReason none = StopReason::none;
    return reason_.compare_exchange_strong(none, reason, std::memory_order_acq_rel);
}

void Run::progress(std::int64_t done, std::int64_t total) {
    SteadyTime when;
    {
        const sys::MutexLock lock(report_mutex_);
        report_.progress = {done, total};
        has_report_ = true;
        when = next_report_;
    }
    desk_.alarm.at(when);
}

void Run::log(std::string line) {
    line = repair_utf8(line);
    cut(line);
    SteadyTime when;
    {
        const sys::MutexLock lock(report_mutex_);
        if (log_lines_ > stores::max_log_lines) return;
        if (++log_lines_ > stores::max_log_lines) line = "… (the rest was cut: 1,000 lines are kept)";
        report_.log.push_back(std::move(line));
        has_report_ = true;
        when = next_report_;
    }
    desk_.alarm.at(when);
}

std::optional<stores::Report> Run::take_report(SteadyTime now) {
    const sys::MutexLock lock(report_mutex_);
    if (!has_report_ || now < next_report_) return std::nullopt;
    next_report_ = now == SteadyTime::max() ? now : now + between_reports;
    has_report_ = false;
    report_.id = job_.id;
    report_.lease = job_.lease;
    return std::exchange(report_, {});
}

SteadyTime Run::next_report() const {
    const sys::MutexLock lock(report_mutex_);
    return has_report_ ? next_report_ : SteadyTime::max();
}

void Run::checkpoint_text(stores::Transaction& tx, std::string data) {
    check_payload("checkpoint", data);
    if (!tx.checkpoint(job_.id, job_.lease, data)) refused(tx);
    if (job_.is_suspect()) intake_.proven(job_.id);
}

void Run::complete_text(stores::Transaction& tx, std::string result) {
    check_payload("result", result);
    if (!tx.complete(returned(as_case(), std::move(result)))) refused(tx);
    completed_.store(true, std::memory_order_release);
}

void Run::refused(stores::Transaction& tx) {
    if (was_completed()) { // in this transaction or before, unless that came to nothing
        const auto job = tx.find(job_.id);
        if (job && job->state == stores::JobState::done && job->lease == job_.lease)
            throw Error(Errc::conflict,
                        "job " + std::to_string(job_.id.value) +
                            " is done: complete_in was called for it before, and nothing more "
                            "can be kept for it");
    }
    desk_.tally.refused(job_.id, job_.lease);
    set_reason(StopReason::lease_lost);
    desk_.alarm.now(); // the watch triggers the token: no code of the handler's on the store's thread
    throw LeaseLost("job " + std::to_string(job_.id.value) + " is held by someone else now; its lease " +
                    std::to_string(job_.lease.value) + " is old");
}

} // namespace offstage::jobs::detail
