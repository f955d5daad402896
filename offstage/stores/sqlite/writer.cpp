#include "offstage/stores/sqlite/writer.hpp"

#include "offstage/base/check.hpp"
#include "offstage/stores/sqlite/sqlite_error.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace offstage::stores::sqlite {
namespace {

/// The time of day may jump, and waits are by the steady clock: look again this often while jobs are
/// scheduled.
constexpr std::chrono::seconds max_timer_wait{2};
/// After a group was lost (the disk is full), timers wait so long; what callers ask is tried at once.
constexpr std::chrono::seconds pause_after_loss{1};

/// What a caller waits for, on its stack.
class Call final : public Operation {
public:
    Call(Way way, std::function<void(Work&)> body) : Operation(way), body_(std::move(body)) {}
    void run(Work& work) override { body_(work); }
    void told(std::exception_ptr error) noexcept override {
        error_ = std::move(error);
        done_.set();
    }
    WaitStatus wait(const std::stop_token& stop, Deadline deadline) { return done_.wait(stop, deadline); }
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

private:
    std::function<void(Work&)> body_;
    std::exception_ptr error_;
    Event done_;
};

/// Why a group was lost, for one of its operations: each gets an exception of its own, since their callers
/// handle them in several threads.
std::exception_ptr copy_of(const std::exception_ptr& lost) {
    try {
        std::rethrow_exception(lost);
    } catch (const Error& error) {
        return std::make_exception_ptr(Error(error.code(), error.what()));
    } catch (const std::exception& error) {
        return std::make_exception_ptr(Error(Errc::internal, error.what()));
    }
}

} // namespace

Writer::Writer(std::unique_ptr<Connection> connection, WriterOptions options)
    : options_(std::move(options)), db_(std::move(connection)), checkpoint_at_(options_.checkpoint_pages) {
    ledger_.load(*db_);
    sqlite3_wal_hook(
        db_->handle(),
        [](void* self, sqlite3*, const char*, int pages) {
            static_cast<Writer*>(self)->log_pages_ = pages;
            return SQLITE_OK;
        },
        this);
    thread_ = sys::Thread("store-writer", [this](std::stop_token) { main(); });
}

Writer::~Writer() {
    {
        sys::MutexLock lock(mutex_);
        closing_ = true;
    }
    submitted_.notify_one();
    thread_.join();
    sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

void Writer::call(Operation::Way way, std::function<void(Work&)> body, std::stop_token stop,
                  Deadline deadline) {
    refuse_own_thread("a call that waits for it");
    if (stop.stop_requested()) throw to_error(WaitStatus::stopped, "the store");
    Call call(way, std::move(body));
    push(call);
    if (const WaitStatus ended = call.wait(stop, deadline); ended != WaitStatus::ok) {
        if (withdraw(call)) throw to_error(ended, "the store");
        call.wait({}, Deadline::never()); // it was begun, and may be committed
    }
    call.rethrow();
}

void Writer::submit(std::unique_ptr<Operation> operation) {
    push(*operation);
    std::ignore = operation.release(); // deleted in told
}

bool Writer::is_own_thread() const noexcept {
    return own_thread_.load(std::memory_order_relaxed) == sys::this_thread_id();
}

void Writer::refuse_own_thread(std::string_view what) const {
    if (is_own_thread())
        throw Error(Errc::conflict, std::string(what) +
                                        " was made from inside a transaction or a callback of the store; "
                                        "in a transaction use what the transaction offers");
}

void Writer::push(Operation& operation) {
    sys::MutexLock lock(mutex_);
    OFFSTAGE_CHECK(!closing_, "a store is used while it is being destroyed");
    operation.queued_ = true;
    operation.before_ = tail_;
    operation.after_ = nullptr;
    (tail_ != nullptr ? tail_->after_ : head_) = &operation;
    tail_ = &operation;
    if (!std::exchange(idle_, false)) return;
    lock.unlock();
    submitted_.notify_one();
}

bool Writer::withdraw(Operation& operation) {
    const sys::MutexLock lock(mutex_);
    if (!operation.queued_) return false;
    (operation.before_ != nullptr ? operation.before_->after_ : head_) = operation.after_;
    (operation.after_ != nullptr ? operation.after_->before_ : tail_) = operation.before_;
    operation.queued_ = false;
    return true;
}

Operation* Writer::next() {
    const sys::MutexLock lock(mutex_);
    Operation* const first = head_;
    if (first == nullptr) return nullptr;
    head_ = first->after_;
    (head_ != nullptr ? head_->before_ : tail_) = nullptr;
    first->queued_ = false;
    return first;
}

void Writer::main() {
    own_thread_.store(sys::this_thread_id(), std::memory_order_relaxed);
    while (wait()) {
        group();
        tell();
        checkpoint();
    }
}

/// Until there is something to do; false: nothing is left and the writer closes.
bool Writer::wait() {
    Deadline deadline = Deadline::never();
    if (ledger_.next_due() != WallTime::max()) {
        const auto left = ledger_.next_due() - options_.clock();
        const SteadyTime now = sys::steady_now();
        const SteadyTime when = now + std::clamp<std::chrono::nanoseconds>(left, {}, max_timer_wait);
        deadline = std::max(when, no_timers_before_);
    }
    sys::MutexLock lock(mutex_);
    idle_ = true;
    std::ignore = submitted_.wait(
        lock, [&]() OFFSTAGE_REQUIRES(mutex_) { return head_ != nullptr || closing_; }, {}, deadline);
    idle_ = false;
    return head_ != nullptr || !closing_;
}

void Writer::group() {
    const SteadyTime end = sys::steady_now() + options_.max_group;
    while (!lost_) {
        Operation* const operation = next();
        if (operation == nullptr) break;
        batch_.push_back(operation);
        run(*operation);
        if (sys::steady_now() >= end) break;
    }
    if (lost_) return;
    try {
        finish();
    } catch (...) {
        lose(std::current_exception());
    }
}

void Writer::begin() {
    if (db_->in_transaction()) return;
    if (ledger_is_stale_) {
        ledger_.load(*db_);
        ledger_is_stale_ = false;
    }
    (*db_)["begin"].run();
}

void Writer::run(Operation& operation) {
    Work work{*db_, ledger_, entry_, options_.clock()};
    if (operation.way_ == Operation::Way::aside) return operation.run(work);
    const bool alone = operation.way_ == Operation::Way::alone;
    std::int64_t changes_before = 0;
    try {
        begin();
        changes_before = db_->total_changes();
        if (alone) (*db_)["body_begin"].run();
        operation.run(work);
        // The body may have caught the error that made the database roll back.
        if (!db_->in_transaction())
            throw Error(Errc::io, "the database has rolled the transaction back after an error");
        if (alone) (*db_)["body_end"].run();
        ledger_.apply(entry_);
    } catch (...) {
        ledger_.discard(entry_);
        const std::exception_ptr error = std::current_exception();
        if (!db_->in_transaction()) return lose(error);
        if (!alone) {
            if (db_->total_changes() != changes_before) return lose(error);
            operation.error_ = error;
            return;
        }
        try {
            (*db_)["body_rollback"].run();
            (*db_)["body_end"].run();
            operation.error_ = error;
        } catch (...) {
            lose(std::current_exception());
        }
    }
}

void Writer::finish() {
    if (!ledger_is_stale_) {
        const bool due = is_due();
        if (due || claims_.any_ready(ledger_)) begin();
        Work work{*db_, ledger_, entry_, options_.clock()};
        if (due) {
            release_due(work);
            ledger_.apply(entry_);
        }
        claims_.serve(work);
    }
    if (!db_->in_transaction()) return;
    ledger_.write_counts(*db_);
    ledger_.delete_ended_claims(*db_);
    (*db_)["commit"].run();
}

bool Writer::is_due() const {
    return ledger_.next_due() != WallTime::max() && options_.clock() >= ledger_.next_due() &&
           sys::steady_now() >= no_timers_before_;
}

void Writer::lose(std::exception_ptr error) noexcept {
    lost_ = std::move(error);
    no_timers_before_ = sys::steady_now() + pause_after_loss;
    ledger_.discard(entry_);
    ledger_is_stale_ = true;
    try {
        if (db_->in_transaction()) (*db_)["rollback"].run();
        ledger_.load(*db_);
        ledger_is_stale_ = false;
    } catch (const std::exception&) {
        // Read when the next group begins; until then every operation is told the error that it meets.
    }
}

void Writer::tell() noexcept {
    const std::exception_ptr lost = std::exchange(lost_, nullptr);
    const auto changes = ledger_.take_changes();
    if (!lost && !changes.empty()) subscribers_.tell(changes);
    for (Operation* const operation : std::exchange(batch_, {}))
        operation->told(operation->error_ || !lost ? std::move(operation->error_) : copy_of(lost));
    for (auto& claim : claims_.take_served()) {
        if (lost)
            claim.done({}, copy_of(lost));
        else
            claim.done(std::move(claim.jobs), nullptr);
    }
}

void Writer::checkpoint() noexcept {
    if (log_pages_ < checkpoint_at_) return;
    // Readers are not waited for: what they still need stays in the log, and is tried again when it has grown
    // by as much. An error here (the disk is full) loses nothing, and the next group's commit tells it.
    int in_log = 0, written = 0;
    const int result =
        sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &written);
    const bool whole = result == SQLITE_OK && written == in_log;
    checkpoint_at_ = (whole ? 0 : log_pages_) + options_.checkpoint_pages;
    log_pages_ = 0; // until the next commit says how long it is
}

} // namespace offstage::stores::sqlite
