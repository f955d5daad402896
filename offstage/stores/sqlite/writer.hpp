// The one thread that writes: takes operations in order, runs as many as have come in one transaction,
// commits it with one fsync, and tells everyone. It is also the only one that checkpoints (SQLite
// before 3.51.3 can corrupt the file when two connections write or checkpoint at once).
//
//   wait ──▶ begin ──▶ run operations ──▶ due jobs ──▶ standing claims ──▶ counts ──▶ commit ──▶ tell
//    ▲                                                                                            │
//    └────────────────────────── checkpoint, when the log is long ◀───────────────────────────────┘
//
// What always holds: an operation is told that it is done only after its commit. An application's operation
// that throws rolls back to its savepoint and harms nobody else. When the commit fails, or a statement fails
// that the group needs, the whole group is rolled back and told, and the ledger is read anew.
//
// A standing claim is served in the transaction that makes its job ready, so that enqueue-to-start costs one
// fsync. While one group is committed the next one gathers in the queue; nobody is delayed for company.
//
// Threads: all may submit and wait. What is submitted must be withdrawn or told before the writer goes.
#pragma once

#include "offstage/stores/sqlite/connection.hpp"
#include "offstage/stores/sqlite/ledger.hpp"
#include "offstage/stores/sqlite/operation.hpp"
#include "offstage/stores/sqlite/standing_claims.hpp"
#include "offstage/stores/sqlite/subscribers.hpp"
#include "offstage/stores/sqlite/work.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

namespace offstage::stores::sqlite {

struct WriterOptions {
    std::function<WallTime()> clock;
    std::chrono::microseconds max_group{5000}; ///< from a group's first operation to its last one's start
    int checkpoint_pages = 4000;               ///< how long the log grows before it is written into the file
};

class Writer {
public:
    /// Loads the ledger and starts the thread. Throws what the database does.
    Writer(std::unique_ptr<Connection> connection, WriterOptions options);
    /// Ends once all that was submitted is told; then checkpoints.
    ~Writer();

    /// Runs `body` in a group, and waits for the commit. Throws what it threw, or why the group failed; or
    /// Error(stopped | timed_out) when that came before it was begun, and then it never runs.
    void call(Operation::Way way, std::function<void(Work&)> body, std::stop_token stop = {},
              Deadline deadline = Deadline::never());
    /// Queues an operation that owns itself.
    void submit(std::unique_ptr<Operation> operation);

    /// Throws Error(conflict) on the writer's own thread, which would wait for itself.
    void refuse_own_thread(std::string_view what) const;

    // For operations that are run.
    StandingClaims& claims() noexcept { return claims_; }
    Subscribers& subscribers() noexcept { return subscribers_; }

private:
    void push(Operation& operation);
    bool withdraw(Operation& operation);
    Operation* next();
    bool is_own_thread() const noexcept;

    void main();
    bool wait();
    void group();
    void run(Operation& operation);
    void finish();
    void begin();
    void lose(std::exception_ptr error) noexcept;
    void tell() noexcept;
    void checkpoint() noexcept;
    bool is_due() const;

    const WriterOptions options_;
    std::unique_ptr<Connection> db_; // the writer's thread
    Ledger ledger_;
    Entry entry_;
    StandingClaims claims_;
    Subscribers subscribers_;
    std::vector<Operation*> batch_;
    std::exception_ptr lost_;       // why the present group is lost
    bool ledger_is_stale_ = false;  // after a lost group, until it could be read
    SteadyTime no_timers_before_{}; // after a lost group
    int log_pages_ = 0;             // how long the last commit left the log
    int checkpoint_at_;             // and how long it may be before it is written into the file

    sys::Mutex mutex_;
    Condition submitted_;
    Operation* head_ OFFSTAGE_GUARDED_BY(mutex_) = nullptr;
    Operation* tail_ OFFSTAGE_GUARDED_BY(mutex_) = nullptr;
    bool idle_ OFFSTAGE_GUARDED_BY(mutex_) = false;
    bool closing_ OFFSTAGE_GUARDED_BY(mutex_) = false;

    std::atomic<sys::ThreadId> own_thread_{0};
    sys::Thread thread_; // last: ends first
};

} // namespace offstage::stores::sqlite
