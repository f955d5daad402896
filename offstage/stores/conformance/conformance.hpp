// The conformance suite: what every driver of the store must do, each test named after the sentence it
// proves.
//
// A driver's own test program gives a Kit and links this library; the tests come with it:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(sqlite_kit()), kit_name);
//
// Threads: tests run one at a time; what they start they join.
#pragma once

#include "offstage/stores/store.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/mutex.hpp"

#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace offstage::stores::conformance {

/// One place where a store can be opened, again and again, under a clock set by hand.
class Place {
public:
    virtual ~Place() = default;
    /// Opens the store that stands here, an empty one the first time. All stores of a place share it.
    virtual std::unique_ptr<Store> open() = 0;
    /// Makes what is here look as after a crash of the process that had it open: `store` and all that was not
    /// committed are gone, its workers are dead. Gives the store opened anew.
    virtual std::unique_ptr<Store> crash(std::unique_ptr<Store> store) = 0;
    /// Sets the store's clock forward, and sees to it that the store looks at it.
    virtual void advance(Store& store, std::chrono::microseconds by) = 0;
};

struct Kit {
    std::string name;
    std::function<std::unique_ptr<Place>()> make;
};
inline void PrintTo(const Kit& kit, std::ostream* out) {
    *out << kit.name;
}

/// Waits for what a store tells in callbacks.
template <class T>
class Answers {
public:
    void add(T answer) {
        const sys::MutexLock lock(mutex_);
        answers_.push_back(std::move(answer));
        came_.notify_all(); // under the lock: whoever takes the answer may destroy us then
    }
    /// The next one; waits for it.
    T next() {
        sys::MutexLock lock(mutex_);
        std::ignore = came_.wait(lock, [&] { return taken_ < answers_.size(); });
        return std::move(answers_[taken_++]);
    }
    std::size_t count() const {
        const sys::MutexLock lock(mutex_);
        return answers_.size();
    }

private:
    mutable sys::Mutex mutex_;
    Condition came_;
    std::vector<T> answers_;
    std::size_t taken_ = 0;
};

struct ClaimAnswer {
    std::vector<ClaimedJob> jobs;
    std::exception_ptr error;
};
struct AcknowledgeAnswer {
    std::vector<JobId> refused;
    std::exception_ptr error;
};

class StoreConformance : public testing::TestWithParam<Kit> {
protected:
    StoreConformance() : place(GetParam().make()), store(place->open()) {}

    NewJob job(std::string kind = "work") const { return {.kind = std::move(kind)}; }
    JobId enqueue(const NewJob& job) { return store->enqueue({&job, 1}).front().id; }
    Enqueued enqueue_unique(const NewJob& job) { return store->enqueue({&job, 1}).front(); }
    std::vector<JobId> enqueue_many(int count, const NewJob& job);

    /// Claims and waits for the answer: REQUIRES: there is something to claim.
    std::vector<ClaimedJob> claim(WorkerId worker, int max = 1, std::string queue = "default");
    ClaimedJob claim_one(WorkerId worker, std::string queue = "default");
    /// The answer to a standing claim that is made here; see `answers`.
    void ask(ClaimRequest request, Answers<ClaimAnswer>& answers);
    std::vector<JobId> acknowledge(std::vector<Outcome> outcomes);
    /// Claims the one job that is there and ends it so.
    void run(WorkerId worker, Outcome outcome);
    JobRecord find(JobId id);
    QueueCounts counts(std::string_view queue = "default");
    /// Waits until all that was submitted before is done.
    void settle_all() { store->withdraw({}); }
    void advance(std::chrono::microseconds by) { place->advance(*store, by); }
    void crash() { store = place->crash(std::move(store)); }

    std::unique_ptr<Place> place;
    std::unique_ptr<Store> store;
};

inline std::string kit_name(const testing::TestParamInfo<Kit>& info) {
    return info.param.name;
}

/// The code of the Error that `call` throws; fails the test when it throws none.
template <class Call>
Errc code_of(Call call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_STRNE(error.what(), "");
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return Errc::internal;
}

} // namespace offstage::stores::conformance
