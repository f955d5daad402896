// Outcomes on their way to the store: one batch is in flight, the next collects meanwhile. So many short jobs
// cost few commits, and a lone one waits for nobody.
//
// What always holds: an outcome is kept until the store has written or refused it; what could not be written
// is tried again, in order, ever more seldom up to every 10 s. Reports that came with an outcome go before
// it.
//
// Threads: all calls from any thread; drain() blocks. Held by shared_ptr, which the store's answer shares: a
// batch may be answered when its worker is gone.
#pragma once

#include "offstage/jobs/worker/desk.hpp"
#include "offstage/jobs/worker/retry_pace.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sys/mutex.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace offstage::jobs::detail {

class Outcomes : public std::enable_shared_from_this<Outcomes> {
public:
    explicit Outcomes(std::shared_ptr<Desk> desk) : desk_(std::move(desk)) {}

    struct Entry {
        stores::Outcome outcome;
        /// A transaction may have ended the job already: then a refusal says nothing.
        bool may_be_refused = false;
    };
    void push(Entry entry, std::optional<stores::Report> last_report = {});
    void push(std::vector<Entry> entries);

    /// Whether more jobs should wait: the store does not keep up, or fails. Where it says so, `relieved` is
    /// called after the next batch that was written; the same for is_settled.
    bool is_behind();
    /// Whether all that was pushed is written.
    bool is_settled();
    /// Called on the store's thread, no mutex held. To be set before the first push.
    void on_relief(std::function<void()> relieved) { relieved_ = std::move(relieved); }
    /// For the watch: tries again what could not be written, where its time has come.
    void look(SteadyTime now);
    /// Blocks until all that was pushed is written or refused; false: the deadline came first.
    bool drain(Deadline deadline);

private:
    struct Batch {
        std::vector<stores::Outcome> outcomes;
        std::vector<stores::Report> reports;
    };
    /// What is to be sent now; empty where it is not the time.
    Batch next_batch() OFFSTAGE_REQUIRES(mutex_);
    void send(Batch batch);
    void failed(const std::exception_ptr& error);
    void written(const std::vector<JobId>& refused);
    void tell_refused(const std::vector<JobId>& refused, const std::vector<Entry>& batch);

    const std::shared_ptr<Desk> desk_;
    std::function<void()> relieved_;
    mutable sys::Mutex mutex_;
    Condition all_written_;
    std::vector<Entry> pending_ OFFSTAGE_GUARDED_BY(mutex_);
    std::size_t pending_bytes_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    std::vector<stores::Report> reports_ OFFSTAGE_GUARDED_BY(mutex_);
    std::vector<Entry> in_flight_ OFFSTAGE_GUARDED_BY(mutex_);
    bool relief_awaited_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    RetryPace pace_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace offstage::jobs::detail
