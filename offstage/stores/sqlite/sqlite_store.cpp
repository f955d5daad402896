#include "offstage/stores/sqlite/sqlite_store.hpp"

#include "offstage/stores/sqlite/database.hpp"
#include "offstage/stores/sqlite/listing.hpp"
#include "offstage/stores/sqlite/records.hpp"
#include "offstage/sync/event.hpp"

#include <type_traits>
#include <utility>

namespace offstage::stores {
namespace {

using namespace sqlite;
using Way = Operation::Way;

/// What the body of `transact` gets: the writer's connection and the verbs that go with its commit.
class BodyTransaction final : public Transaction {
public:
    static void run(Work& work, const Transact& body) {
        work.db.end_session();
        BodyTransaction transaction(work);
        body(transaction);
        transaction.check(); // the body may have caught it
    }

    Statement& prepare(std::string_view sql) override { return work_.db.prepare(sql); }
    void execute_script(std::string_view sql) override { work_.db.execute_script(sql); }
    std::int64_t last_insert_id() const override { return work_.db.last_insert_id(); }
    std::int64_t last_changes() const override { return work_.db.last_changes(); }

    WallTime now() const override { return work_.now; }
    std::vector<Enqueued> enqueue(std::span<const NewJob> jobs) override {
        validate(jobs);
        return counted([&] { return sqlite::enqueue(work_, jobs); });
    }
    bool checkpoint(JobId id, Lease lease, std::string_view data) override {
        if (data.size() > max_payload_bytes)
            throw Error(Errc::too_large, "checkpoint of job " + std::to_string(id.value) + ": it has " +
                                             std::to_string(data.size()) +
                                             " bytes, at most 1 MiB is kept; store the data elsewhere and "
                                             "keep its id");
        return fenced(id, counted([&] { return sqlite::checkpoint(work_, id, lease, data); }));
    }
    bool complete(const Outcome& outcome) override {
        validate({&outcome, 1});
        return fenced(outcome.id, counted([&] { return settle(work_, outcome); }));
    }
    std::optional<JobRecord> find(JobId id) override { return find_record(work_.db, id); }
    ChangeResult retry(JobId id) override {
        return counted([&] { return sqlite::retry(work_, id); });
    }

private:
    explicit BodyTransaction(Work& work) : work_(work) {}

    /// Throws what kept a verb from its end: a part of it may stand.
    void check() const {
        if (failed_) std::rethrow_exception(failed_);
    }
    template <class Verb>
    std::invoke_result_t<Verb> counted(const Verb& verb) {
        work_.db.check_session();
        check();
        work_.db.counted();
        try {
            return verb();
        } catch (...) {
            failed_ = std::current_exception();
            throw;
        }
    }

    /// What `holds` a job's lease may go on; else nothing that this body writes is to stand.
    bool fenced(JobId id, bool holds) {
        if (!holds)
            failed_ = std::make_exception_ptr(
                Error(Errc::lease_lost,
                      "job " + std::to_string(id.value) +
                          " is not running under this lease: what was written with it is undone"));
        return holds;
    }

    Work& work_;
    std::exception_ptr failed_; // once set, the transaction comes to nothing
};

/// What is shared by a transaction under way and whoever waits for it; either may be the last.
struct PendingState {
    Event done;
    std::exception_ptr error; // written before `done` is set
};

class PendingCommit final : public PendingTransaction {
public:
    explicit PendingCommit(std::shared_ptr<PendingState> state) : state_(std::move(state)) {}
    void get(std::stop_token stop, Deadline deadline) override {
        if (const WaitStatus ended = state_->done.wait(stop, deadline); ended != WaitStatus::ok)
            throw to_error(ended, "a transaction under way, which goes on");
        if (state_->error) std::rethrow_exception(std::exchange(state_->error, nullptr));
    }
    bool is_done() const noexcept override { return state_->done.is_set(); }

private:
    std::shared_ptr<PendingState> state_;
};

class TransactOperation final : public Operation {
public:
    TransactOperation(Transact body, std::shared_ptr<PendingState> state)
        : Operation(Way::alone), body_(std::move(body)), state_(std::move(state)) {}
    void run(Work& work) override { BodyTransaction::run(work, body_); }
    void told(std::exception_ptr error) noexcept override {
        body_ = nullptr; // what it holds is the caller's, and goes before the caller is told
        state_->error = std::move(error);
        state_->done.set();
        delete this;
    }

private:
    Transact body_;
    std::shared_ptr<PendingState> state_;
};

class ClaimOperation final : public Operation {
public:
    ClaimOperation(Writer& writer, StandingClaims::Claim claim)
        : Operation(Way::aside), writer_(writer), claim_(std::move(claim)) {}
    void run(Work&) override { writer_.claims().add(std::move(claim_)); }
    void told(std::exception_ptr) noexcept override { delete this; }

private:
    Writer& writer_;
    StandingClaims::Claim claim_;
};

class AcknowledgeOperation final : public Operation {
public:
    AcknowledgeOperation(std::vector<Outcome> outcomes, AcknowledgeDone done)
        : Operation(Way::grouped), outcomes_(std::move(outcomes)), done_(std::move(done)) {}
    void run(Work& work) override {
        for (const Outcome& outcome : outcomes_)
            if (!settle(work, outcome)) refused_.push_back(outcome.id);
    }
    void told(std::exception_ptr error) noexcept override {
        if (error) refused_.clear();
        done_(std::move(refused_), std::move(error));
        delete this;
    }

private:
    std::vector<Outcome> outcomes_;
    AcknowledgeDone done_;
    std::vector<JobId> refused_;
};

class ReportOperation final : public Operation {
public:
    explicit ReportOperation(std::vector<Report> reports)
        : Operation(Way::grouped), reports_(std::move(reports)) {}
    void run(Work& work) override {
        for (const Report& one : reports_) report(work, one);
    }
    void told(std::exception_ptr) noexcept override { delete this; }

private:
    std::vector<Report> reports_;
};

class SqliteSubscription final : public Subscription {
public:
    SqliteSubscription(Writer& writer, std::uint64_t number) : writer_(writer), number_(number) {}
    ~SqliteSubscription() override {
        writer_.call(Way::aside, [&](Work&) { writer_.subscribers().remove(number_); });
    }

private:
    Writer& writer_;
    const std::uint64_t number_;
};

void end_claims(std::list<StandingClaims::Claim> claims, const char* why) noexcept {
    for (auto& claim : claims) claim.done({}, std::make_exception_ptr(Error(Errc::closed, why)));
}

template <class Body>
auto ask(Readers& readers, Body body) {
    decltype(body(std::declval<Connection&>())) answer;
    readers.read([&](Connection& db) { answer = body(db); }, {}, Deadline::never());
    return answer;
}

/// One commit for all; results in the order of the ids.
template <class Verb>
auto change(Writer& writer, std::span<const JobId> ids, Verb verb) {
    validate(ids);
    std::vector<std::invoke_result_t<Verb&, Work&, JobId>> results;
    results.reserve(ids.size());
    writer.call(Way::grouped, [&](Work& work) {
        for (const JobId id : ids) results.push_back(verb(work, id));
    });
    return results;
}

class SqliteStore final : public Store {
public:
    SqliteStore(const std::string& path, const SqliteOptions& options)
        : name_("sqlite:" + path), database_(path, options), writer_(database_->writer()) {}

    ~SqliteStore() override {
        writer_.call(Way::aside, [this](Work& work) {
            end_claims(writer_.claims().take_of(this), "the store is closing");
            for (const WorkerId worker : workers_) work.ledger.remove_worker(worker);
        });
    }

    std::string_view name() const noexcept override { return name_; }
    WallTime now() const override { return database_->now(); }

    std::vector<Enqueued> enqueue(std::span<const NewJob> jobs, std::stop_token stop,
                                  Deadline deadline) override {
        validate(jobs);
        std::vector<Enqueued> answer;
        writer_.call(
            Way::grouped, [&](Work& work) { answer = sqlite::enqueue(work, jobs); }, std::move(stop),
            deadline);
        return answer;
    }

    void transact(const Transact& body, std::stop_token stop, Deadline deadline) override {
        writer_.call(
            Way::alone, [&](Work& work) { BodyTransaction::run(work, body); }, std::move(stop), deadline);
    }

    std::unique_ptr<PendingTransaction> transact_async(Transact body) override {
        auto state = std::make_shared<PendingState>();
        writer_.submit(std::make_unique<TransactOperation>(std::move(body), state));
        return std::make_unique<PendingCommit>(std::move(state));
    }

    void read(const std::function<void(Session&)>& body, std::stop_token stop, Deadline deadline) override {
        database_->readers().read([&](Connection& db) { body(db); }, stop, deadline);
    }

    WorkerId add_worker(std::string_view name) override {
        validate_name("worker", name);
        WorkerId worker;
        // Known to this store within the same call: its destructor comes after it in the queue.
        writer_.call(Way::grouped, [&](Work& work) {
            worker = sqlite::add_worker(work, name);
            workers_.push_back(worker);
        });
        return worker;
    }

    void heartbeat(WorkerId worker) override {
        writer_.call(Way::grouped, [&](Work& work) { sqlite::heartbeat(work, worker); });
    }

    void remove_worker(WorkerId worker) override {
        writer_.call(Way::grouped, [&](Work& work) {
            end_claims(writer_.claims().take(worker), "the worker was removed");
            work.ledger.remove_worker(worker);
            std::ignore = sqlite::rescue(work, {}, worker);
        });
    }

    void claim(ClaimRequest request, ClaimDone done) override {
        validate(request);
        writer_.submit(std::make_unique<ClaimOperation>(
            writer_, StandingClaims::Claim{this, std::move(request), std::move(done)}));
    }

    void withdraw(WorkerId worker) override {
        writer_.call(Way::aside, [&](Work&) {
            for (auto& claim : writer_.claims().take(worker)) claim.done({}, nullptr);
        });
    }

    void acknowledge(std::vector<Outcome> outcomes, AcknowledgeDone done) override {
        validate(outcomes);
        writer_.submit(std::make_unique<AcknowledgeOperation>(std::move(outcomes), std::move(done)));
    }

    void report(std::vector<Report> reports) override {
        writer_.submit(std::make_unique<ReportOperation>(std::move(reports)));
    }

    std::optional<JobRecord> find(JobId id) override {
        return ask(database_->readers(), [&](Connection& db) { return find_record(db, id); });
    }
    std::vector<JobRecord> find(std::span<const JobId> ids) override {
        if (ids.size() > 1000)
            throw Error(Errc::invalid_argument,
                        "at most 1,000 jobs are looked up at once, not " + std::to_string(ids.size()));
        return ask(database_->readers(), [&](Connection& db) { return find_records(db, ids); });
    }
    JobPage list(const JobFilter& filter) override {
        if (filter.limit < 1 || filter.limit > 1000)
            throw Error(Errc::invalid_argument,
                        "a list's limit is 1 to 1000, not " + std::to_string(filter.limit));
        if (filter.look < 1) throw Error(Errc::invalid_argument, "a list's look is less than 1");
        return ask(database_->readers(), [&](Connection& db) { return list_jobs(db, filter); });
    }
    std::vector<JobNote> notes(JobId id) override {
        return ask(database_->readers(), [&](Connection& db) { return read_notes(db, id); });
    }
    std::vector<QueueCounts> queues() override {
        return ask(database_->readers(), [](Connection& db) { return read_queues(db); });
    }

    CancelResult cancel(JobId id, std::string_view why,
                        std::optional<std::chrono::microseconds> keep) override {
        CancelResult result{};
        writer_.call(Way::grouped, [&](Work& work) { result = sqlite::cancel(work, id, why, keep); });
        return result;
    }

    std::vector<QueueTotals> totals() override {
        std::vector<QueueTotals> totals;
        writer_.call(Way::aside, [&](Work& work) { totals = work.ledger.totals(); });
        return totals;
    }
    std::vector<WorkerRecord> workers() override {
        std::vector<WorkerRecord> known;
        writer_.call(Way::aside, [&](Work& work) { known = sqlite::workers(work); });
        return known;
    }

    std::vector<CancelResult> cancel(std::span<const JobId> ids, std::string_view why,
                                     std::optional<std::chrono::microseconds> keep) override {
        return change(writer_, ids,
                      [&](Work& work, JobId id) { return sqlite::cancel(work, id, why, keep); });
    }
    std::vector<ChangeResult> retry(std::span<const JobId> ids) override {
        return change(writer_, ids, sqlite::retry);
    }
    std::vector<ChangeResult> run_now(std::span<const JobId> ids) override {
        return change(writer_, ids, sqlite::run_now);
    }
    std::vector<ChangeResult> remove(std::span<const JobId> ids) override {
        return change(writer_, ids, sqlite::remove);
    }

    void set_paused(std::string_view queue, bool paused) override {
        validate_name("queue", queue);
        writer_.call(Way::grouped, [&](Work& work) { sqlite::set_paused(work, queue, paused); });
    }

    RescueReport rescue(const RescueOptions& options) override {
        if (options.max_crashes < 1) throw Error(Errc::invalid_argument, "max_crashes is less than 1");
        RescueReport report;
        writer_.call(Way::grouped, [&](Work& work) { report = sqlite::rescue(work, options); });
        return report;
    }

    std::int64_t prune(int limit) override {
        if (limit < 1) throw Error(Errc::invalid_argument, "a prune's limit is less than 1");
        std::int64_t pruned = 0;
        writer_.call(Way::grouped, [&](Work& work) { pruned = sqlite::prune(work, limit); });
        return pruned;
    }

    void announce(std::string_view url) override { database_->announce(url); }

    std::unique_ptr<Subscription> subscribe(Changed changed) override {
        std::uint64_t number = 0;
        writer_.call(Way::aside, [&](Work&) { number = writer_.subscribers().add(std::move(changed)); });
        return std::make_unique<SqliteSubscription>(writer_, number);
    }

private:
    const std::string name_;
    DatabaseHandle database_;
    Writer& writer_;
    std::vector<WorkerId> workers_; // the writer's thread
};

void check(const SqliteOptions& options) {
    const auto refuse = [](const char* why) { throw Error(Errc::invalid_argument, why); };
    if (!options.clock) refuse("the store's clock is empty");
    if (options.max_readers < 1 || options.max_readers > 64) refuse("max_readers is outside 1 to 64");
    if (options.checkpoint_pages < 1) refuse("checkpoint_pages is less than 1");
    if (options.cache_kib < 100 || options.reader_cache_kib < 100) refuse("a cache is less than 100 KiB");
    if (options.max_group.count() < 0) refuse("max_group is negative");
}

} // namespace

std::unique_ptr<Store> open_sqlite(const std::string& path, SqliteOptions options) {
    check(options);
    return std::make_unique<SqliteStore>(path, options);
}

std::optional<Holder> sqlite_holder(const std::string& path) {
    return lock_holder(sqlite::canonical(path));
}

} // namespace offstage::stores
