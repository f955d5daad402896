// What the store's crash test kills: several threads that enqueue, claim, end and transact, and print a line
// for each thing that the store has answered.
//
//   e ID ...    enqueued                      t ID    effect and completion in one transaction
//   a ID ...    acknowledged                  b ID    about to be ended, and kept no longer
//
// usage: store_crash_child FILE work SEED     until it is killed
//        store_crash_child FILE finish        until nothing is left to do
#include "offstage/base/error.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"
#include "offstage/sys/thread.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace offstage;
using namespace offstage::stores;
using namespace std::chrono_literals;

/// Lines are written whole: one that a kill cuts off has no end, and is not counted.
void print(std::string line) {
    static sys::Mutex mutex;
    const sys::MutexLock lock(mutex);
    line += '\n';
    for (std::string_view left = line; !left.empty();) {
        const ssize_t written = write(STDOUT_FILENO, left.data(), left.size());
        if (written <= 0) std::_Exit(3); // the test is gone
        left.remove_prefix(static_cast<std::size_t>(written));
    }
}

void enqueue(Store& store, unsigned seed) {
    std::mt19937 random(seed);
    for (;;) {
        std::vector<NewJob> jobs(1 + random() % 20);
        for (NewJob& job : jobs) {
            static constexpr std::array kinds{"tx", "ack", "brief"};
            job.queue = job.kind = kinds[random() % kinds.size()];
            if (random() % 10 == 0) job.delay = std::chrono::milliseconds(random() % 20);
            if (random() % 10 == 0) job.args = "[\"" + std::string(random() % 9000, 'x') + "\"]";
        }
        std::string line = "e";
        for (const Enqueued& one : store.enqueue(jobs)) line += ' ' + std::to_string(one.id.value);
        print(std::move(line));
    }
}

/// Waits for jobs; none: the claim was withdrawn.
std::vector<ClaimedJob> claim(Store& store, WorkerId worker, const char* queue, int max) {
    Event answered;
    std::vector<ClaimedJob> jobs;
    store.claim({.worker = worker, .shares = {{queue, max}}, .may_take_suspect = true},
                [&](std::vector<ClaimedJob> given, const std::exception_ptr&) {
                    jobs = std::move(given);
                    answered.set();
                });
    std::ignore = answered.wait();
    return jobs;
}

void work_in_transactions(Store& store, WorkerId worker) {
    for (;;) {
        const auto jobs = claim(store, worker, "tx", 10);
        if (jobs.empty()) return;
        for (const ClaimedJob& job : jobs) {
            store.transact([&](Transaction& tx) {
                tx.execute("insert into effect (job) values (?1)", job.id.value);
                if (!tx.complete({.id = job.id, .lease = job.lease}))
                    throw Error(Errc::lease_lost, "lease lost");
            });
            print("t " + std::to_string(job.id.value));
        }
    }
}

void work_and_acknowledge(Store& store, WorkerId worker, unsigned seed) {
    std::mt19937 random(seed);
    for (;;) {
        const auto jobs = claim(store, worker, "ack", 50);
        if (jobs.empty()) return;
        std::vector<Outcome> outcomes;
        std::string line = "a";
        for (const ClaimedJob& job : jobs) {
            Outcome& outcome = outcomes.emplace_back(Outcome{.id = job.id, .lease = job.lease});
            switch (random() % 8) {
            case 0:
                outcome.what = Outcome::What::retry;
                outcome.text = "again";
                outcome.delay = 1ms;
                break;
            case 1:
                outcome.what = Outcome::What::release;
                break;
            default:
                line += ' ' + std::to_string(job.id.value);
            }
        }
        Event answered;
        store.acknowledge(std::move(outcomes),
                          [&](const std::vector<JobId>& refused, const std::exception_ptr& error) {
                              if (!refused.empty() || error) std::_Exit(4);
                              answered.set();
                          });
        std::ignore = answered.wait();
        print(std::move(line));
    }
}

/// Ends jobs that history is not to keep, and prunes them.
void work_and_prune(Store& store, WorkerId worker) {
    for (;;) {
        const auto jobs = claim(store, worker, "brief", 5);
        if (jobs.empty()) return;
        std::string line = "b";
        for (const ClaimedJob& job : jobs) line += ' ' + std::to_string(job.id.value);
        print(std::move(line));
        store.transact([&](Transaction& tx) {
            for (const ClaimedJob& job : jobs)
                if (!tx.complete({.id = job.id, .lease = job.lease, .keep = 0us}))
                    throw Error(Errc::lease_lost, "lease lost");
        });
        while (store.prune(3) > 0) {
        }
    }
}

bool is_finished(Store& store) {
    for (const QueueCounts& queue : store.queues())
        if (queue.scheduled + queue.ready + queue.running > 0) return false;
    return true;
}

int run(const std::string& path, bool finish, unsigned seed) {
    const auto store = open_sqlite(path, {.checkpoint_pages = 50});
    store->rescue({.max_crashes = 1'000'000});
    store->transact(
        [](Transaction& tx) { tx.execute_script("create table if not exists effect (job integer)"); });
    const WorkerId tx_worker = store->add_worker("tx"), ack_worker = store->add_worker("ack");
    const WorkerId brief_worker = store->add_worker("brief");
    Event changed;
    const auto subscription = store->subscribe([&](std::span<const JobChange>) { changed.set(); });
    std::vector<sys::Thread> threads;
    threads.emplace_back("tx", [&](std::stop_token) { work_in_transactions(*store, tx_worker); });
    threads.emplace_back("ack", [&](std::stop_token) { work_and_acknowledge(*store, ack_worker, seed + 1); });
    threads.emplace_back("brief", [&](std::stop_token) { work_and_prune(*store, brief_worker); });
    if (!finish)
        for (unsigned i = 0; i < 2; ++i)
            threads.emplace_back("enqueue", [&, i](std::stop_token) { enqueue(*store, seed + 2 + i); });
    while (!finish || !is_finished(*store)) {
        std::ignore = changed.wait();
        changed.clear();
    }
    // A thread may be about to claim once more: withdraw until each has ended.
    for (sys::Thread& thread : threads) do {
            store->withdraw(tx_worker);
            store->withdraw(ack_worker);
            store->withdraw(brief_worker);
        } while (thread.join({}, sys::deadline_after(10ms)) != WaitStatus::ok);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    try {
        return run(argv[1], std::string_view(argv[2]) == "finish",
                   argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "store_crash_child: %s\n", error.what());
        return 1;
    }
}
