// What a handler holds while it runs: its job, its lease, the way to be stopped, and what it may write down.
//
// For effects that happen once, a handler writes through a transaction of the store and lets its checkpoint
// or completion go with it: both match id, lease and `running`, so the writes of a holder that was replaced
// roll back with LeaseLost.
//
//   ctx.store().transact([&](auto& tx) { insert(tx, rows); ctx.checkpoint(tx, Position{next}); });
//
// One thread: the handler's own; `stop_token`, `progress` and `log` may be used from threads that the handler
// started and joins before it returns.
#pragma once

#include "offstage/base/json.hpp"
#include "offstage/jobs/client.hpp"
#include "offstage/jobs/job.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace offstage::jobs {

/// The job is held by someone else now. A handler lets it pass: what it had written in the transaction is
/// rolled back.
class LeaseLost : public Error {
public:
    explicit LeaseLost(const std::string& message) : Error(Errc::lease_lost, message) {}
};

/// Why the stop token of a handler was triggered.
enum class StopReason : std::uint8_t {
    none,
    cancelled,  ///< somebody asked to cancel the job; it ends cancelled when the handler throws or returns
                ///< jobs::cancel
    timed_out,  ///< its kind's timeout passed; counted as an error and retried
    lease_lost, ///< the job was given to someone else; whatever is returned is refused
    shutdown,   ///< the worker is stopping; when the handler throws, the job is given back, not counted as an
                ///< error
};
std::string_view to_string(StopReason reason) noexcept;

class Context {
public:
    virtual ~Context() = default;

    virtual JobId id() const noexcept = 0;
    virtual Lease lease() const noexcept = 0; ///< grows with every run; a fence to hand to outside systems
    virtual int attempt() const noexcept = 0; ///< 1 for the first run
    virtual int errors() const noexcept = 0;
    virtual int max_attempts() const noexcept = 0;
    virtual std::string_view kind() const noexcept = 0;
    virtual std::string_view queue() const noexcept = 0;

    /// Triggered for one of the reasons above; a handler that waits passes it on, one that computes looks at
    /// it now and then.
    virtual std::stop_token stop_token() const noexcept = 0;
    virtual StopReason stop_reason() const noexcept = 0;
    /// Throws Error(stopped), or LeaseLost, once a stop is requested: the way out of a loop.
    void check_stop() const;

    /// How far it is, for people. Cheap: kept at most twice a second. total 0: unknown.
    virtual void progress(std::int64_t done, std::int64_t total = 0) = 0;
    /// A line of the job's own log; at most 1,000 a job, each at most 4 KiB.
    virtual void log(std::string line) = 0;

    virtual Client& client() noexcept = 0;
    virtual stores::Store& store() noexcept = 0;

    /// What the last committed checkpoint kept, as JSON; empty when there is none.
    virtual std::string_view checkpoint_json() const noexcept = 0;
    template <class T>
    std::optional<T> checkpoint() const {
        if (checkpoint_json().empty()) return std::nullopt;
        return from_json<T>(checkpoint_json());
    }
    /// Keeps `data` for the next run, with whatever else `tx` writes. Throws LeaseLost.
    template <class T>
    void checkpoint(stores::Transaction& tx, const T& data) {
        checkpoint_text(tx, to_json(data));
    }
    /// Ends the job as done with whatever else `tx` writes. Throws LeaseLost. What the handler returns
    /// afterwards is not used, and nothing more is kept for the job: a second call, and a checkpoint, throw
    /// Error(conflict).
    template <class T>
    void complete_in(stores::Transaction& tx, const T& result) {
        complete_text(tx, to_json(result));
    }
    void complete_in(stores::Transaction& tx) { complete_text(tx, ""); }

protected:
    virtual void checkpoint_text(stores::Transaction& tx, std::string data) = 0;
    virtual void complete_text(stores::Transaction& tx, std::string result) = 0;
};

} // namespace offstage::jobs
