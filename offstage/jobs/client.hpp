// The client: puts jobs in and asks about them. Needs no registry and no worker: a program may only enqueue.
//
//   jobs::Client client{*store};
//   auto [id, existed] = client.enqueue(SendMail{.to = "a@b.c"}, {.delay = 30s});
//   if (client.wait(id).state == jobs::JobState::done) …
//   store->transact([&](auto& tx) { tx.execute("insert into orders …"); client.enqueue(tx, SendMail{…}); });
//   // both or neither
//
// Thread-safe. The store outlives the client. What blocks takes a stop token and a deadline as store.hpp
// says.
#pragma once

#include "offstage/jobs/job.hpp"
#include "offstage/stores/store.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage::jobs {

class Client {
public:
    explicit Client(stores::Store& store) : store_(store) {}

    /// On disk when it returns. Errors as Store::enqueue.
    template <Arguments T>
    Enqueued enqueue(const T& args, InsertOptions options = {}, std::stop_token stop = {},
                     Deadline deadline = Deadline::never()) {
        const NewJob job = make_job(args, std::move(options));
        return store_.enqueue({&job, 1}, std::move(stop), deadline).front();
    }
    /// Many at once, each made by make_job: one commit, ids in the order given.
    std::vector<Enqueued> enqueue_all(std::span<const NewJob> jobs, std::stop_token stop = {},
                                      Deadline deadline = Deadline::never()) {
        return store_.enqueue(jobs, std::move(stop), deadline);
    }
    /// Within a transaction of the application's own: there exactly when it commits.
    template <Arguments T>
    Enqueued enqueue(stores::Transaction& tx, const T& args, InsertOptions options = {}) {
        const NewJob job = make_job(args, std::move(options));
        return tx.enqueue({&job, 1}).front();
    }

    std::optional<JobRecord> find(JobId id) { return store_.find(id); }
    std::vector<JobNote> notes(JobId id) { return store_.notes(id); }
    /// Ends a job that has not started, asks the handler of a running one to stop; see CancelResult.
    /// History keeps it for `keep`; none: for ever. Of a running one its kind says how long.
    CancelResult cancel(JobId id, std::string_view why = "cancelled by request",
                        std::optional<std::chrono::microseconds> keep = std::chrono::days(30)) {
        return store_.cancel(id, why, keep);
    }
    /// The job once it has ended, in whatever way: see its state, result and error. Blocks until then.
    /// Throws Error(not_found | stopped | timed_out).
    JobRecord wait(JobId id, std::stop_token stop = {}, Deadline deadline = Deadline::never());
    /// The result of a done job, read as T; none for any other. Throws Error(invalid_argument) where it does
    /// not fit T.
    template <class T>
    std::optional<T> result(JobId id) {
        const std::optional<JobRecord> job = store_.find(id);
        if (!job || job->state != JobState::done) return std::nullopt;
        return from_json<T>(job->result);
    }

    stores::Store& store() noexcept { return store_; }

private:
    stores::Store& store_;
};

} // namespace offstage::jobs
