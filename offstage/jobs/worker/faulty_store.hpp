// A store that fails when a test says so, in front of a real one.
#pragma once

#include "offstage/base/error.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/sys/mutex.hpp"

#include <atomic>
#include <exception>
#include <utility>
#include <vector>

namespace offstage::jobs {

class FaultyStore final : public stores::Store {
public:
    explicit FaultyStore(stores::Store& inner) : inner_(inner) {}

    std::atomic<bool> fails_to_claim{false}, fails_to_acknowledge{false}, fails_to_beat{false};
    std::atomic<int> claims{0}, acknowledgements{0};

    std::string_view name() const noexcept override { return inner_.name(); }
    WallTime now() const override { return inner_.now(); }
    std::vector<stores::Enqueued> enqueue(std::span<const stores::NewJob> jobs, std::stop_token stop,
                                          Deadline deadline) override {
        return inner_.enqueue(jobs, std::move(stop), deadline);
    }
    void transact(const stores::Transact& body, std::stop_token stop, Deadline deadline) override {
        inner_.transact(body, std::move(stop), deadline);
    }
    std::unique_ptr<stores::PendingTransaction> transact_async(stores::Transact body) override {
        return inner_.transact_async(std::move(body));
    }
    void read(const std::function<void(stores::Session&)>& body, std::stop_token stop,
              Deadline deadline) override {
        inner_.read(body, std::move(stop), deadline);
    }
    stores::WorkerId add_worker(std::string_view worker) override { return inner_.add_worker(worker); }
    void heartbeat(stores::WorkerId worker) override {
        if (fails_to_beat) throw full();
        inner_.heartbeat(worker);
    }
    void remove_worker(stores::WorkerId worker) override { inner_.remove_worker(worker); }
    void claim(stores::ClaimRequest request, stores::ClaimDone done) override {
        ++claims;
        if (!fails_to_claim) return inner_.claim(std::move(request), std::move(done));
        answer([done = std::move(done)] { done({}, std::make_exception_ptr(full())); });
    }
    void withdraw(stores::WorkerId worker) override { inner_.withdraw(worker); }
    void acknowledge(std::vector<stores::Outcome> outcomes, stores::AcknowledgeDone done) override {
        ++acknowledgements;
        if (!fails_to_acknowledge) return inner_.acknowledge(std::move(outcomes), std::move(done));
        answer([done = std::move(done)] { done({}, std::make_exception_ptr(full())); });
    }
    void report(std::vector<stores::Report> reports) override { inner_.report(std::move(reports)); }
    std::optional<stores::JobRecord> find(stores::JobId id) override { return inner_.find(id); }
    std::vector<stores::JobRecord> find(std::span<const stores::JobId> ids) override {
        return inner_.find(ids);
    }
    stores::JobPage list(const stores::JobFilter& filter) override { return inner_.list(filter); }
    std::vector<stores::JobNote> notes(stores::JobId id) override { return inner_.notes(id); }
    stores::CancelResult cancel(stores::JobId id, std::string_view why,
                                std::optional<std::chrono::microseconds> keep) override {
        return inner_.cancel(id, why, keep);
    }
    std::vector<stores::CancelResult> cancel(std::span<const stores::JobId> ids, std::string_view why,
                                             std::optional<std::chrono::microseconds> keep) override {
        return inner_.cancel(ids, why, keep);
    }
    std::vector<stores::ChangeResult> retry(std::span<const stores::JobId> ids) override {
        return inner_.retry(ids);
    }
    std::vector<stores::ChangeResult> run_now(std::span<const stores::JobId> ids) override {
        return inner_.run_now(ids);
    }
    std::vector<stores::ChangeResult> remove(std::span<const stores::JobId> ids) override {
        return inner_.remove(ids);
    }
    std::vector<stores::QueueTotals> totals() override { return inner_.totals(); }
    std::vector<stores::WorkerRecord> workers() override { return inner_.workers(); }
    void set_paused(std::string_view queue, bool paused) override { inner_.set_paused(queue, paused); }
    std::vector<stores::QueueCounts> queues() override { return inner_.queues(); }
    void announce(std::string_view url) override { inner_.announce(url); }
    stores::RescueReport rescue(const stores::RescueOptions& options) override {
        return inner_.rescue(options);
    }
    std::int64_t prune(int limit) override { return inner_.prune(limit); }
    std::unique_ptr<stores::Subscription> subscribe(stores::Changed changed) override {
        return inner_.subscribe(std::move(changed));
    }

private:
    static Error full() { return {Errc::full, "the disk is full, says the test"}; }
    // On the store's own thread, as it promises: when a transaction of ours has been done.
    void answer(std::function<void()> call) {
        pending_ = inner_.transact_async([call = std::move(call)](stores::Transaction&) { call(); });
    }

    stores::Store& inner_;
    std::unique_ptr<stores::PendingTransaction> pending_;
};

} // namespace offstage::jobs
