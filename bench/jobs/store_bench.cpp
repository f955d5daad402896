// How fast the SQLite store is, beside a bare loop of prepared statements that does equal work.
//
// usage: store_bench FOLDER [RUNS [only this]]     medians of RUNS (5) after a warm-up, with min and max
#include "bench/jobs/bare_sqlite.hpp"
#include "bench/jobs/measure.hpp"

#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace offstage;
using namespace offstage::stores;

class Bench {
public:
    Bench(std::string folder, int runs, std::string_view only)
        : path_(folder + "/store_bench.db"), runs_(runs), only_(only) {}
    ~Bench() { remove(); }

    void all() {
        enqueue_batches();
        drain(500);
        drain(1000);
        enqueue_singles();
        rows();
        latency();
    }

private:
    bool wanted(std::string_view what) const { return only_.empty() || what.find(only_) != what.npos; }
    void remove() {
        store_.reset();
        bare_.reset();
        for (const char* part : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path_ + part);
    }
    void fresh_bare() {
        remove();
        bare_ = std::make_unique<bench::BareSqlite>(path_);
    }
    void fresh_store() {
        remove();
        store_ = open_sqlite(path_);
    }
    static NewJob job() { return {.kind = "noop", .args = R"({"id":12345,"what":"noop"})"}; }

    void enqueue(long count, int batch) {
        const std::vector<NewJob> jobs(static_cast<std::size_t>(batch), job());
        for (long i = 0; i < count; i += batch) store_->enqueue(jobs);
    }

    void enqueue_batches() {
        if (!wanted("enqueue batches")) return;
        constexpr long count = 200'000;
        const auto bare =
            bench::measure(runs_, [&] { fresh_bare(); }, [&] { return bare_->enqueue(count, 1000), count; });
        bench::print("enqueue, 1000 a transaction, bare", bare);
        bench::print("enqueue, 1000 a transaction, store",
                     bench::measure(
                         runs_, [&] { fresh_store(); }, [&] { return enqueue(count, 1000), count; }),
                     &bare);
    }

    /// One caller: takes jobs, and hands in their outcomes as it asks for the next ones.
    long drain_store(int batch) {
        const WorkerId worker = store_->add_worker("bench");
        long done = 0;
        std::vector<ClaimedJob> held;
        for (;;) {
            Event answered;
            std::vector<Outcome> outcomes;
            outcomes.reserve(held.size());
            for (const auto& one : held) outcomes.push_back({.id = one.id, .lease = one.lease});
            done += static_cast<long>(held.size());
            if (!outcomes.empty())
                store_->acknowledge(std::move(outcomes), [](auto refused, auto error) {
                    if (!refused.empty() || error) std::abort();
                });
            if (done == drain_count) break;
            store_->claim({.worker = worker, .shares = {{"default", batch}}}, [&](auto jobs, auto error) {
                if (error) std::abort();
                held = std::move(jobs);
                answered.set();
            });
            std::ignore = answered.wait();
        }
        store_->withdraw(worker); // waits for the last acknowledgement
        return done;
    }

    void drain(int batch) {
        if (!wanted("drain")) return;
        const std::string size = std::to_string(batch);
        const auto bare = bench::measure(
            runs_, [&] { fresh_bare(), bare_->enqueue(drain_count, 1000); },
            [&] { return bare_->drain(batch); });
        bench::print("claim and end with history, " + size + " held, bare", bare);
        bench::print("claim and end with history, " + size + " held, store",
                     bench::measure(
                         runs_, [&] { fresh_store(), enqueue(drain_count, 1000); },
                         [&] { return drain_store(batch); }),
                     &bare);
    }

    void enqueue_singles() {
        if (!wanted("enqueue single")) return;
        const auto from_threads = [&](int threads, long count) {
            return bench::measure(
                runs_, [&] { fresh_store(); },
                [&] {
                    std::vector<sys::Thread> all;
                    for (int i = 0; i < threads; ++i)
                        all.emplace_back("bench", [&](std::stop_token) {
                            const NewJob one = job();
                            for (long k = 0; k < count / threads; ++k) store_->enqueue({&one, 1});
                        });
                    all.clear();
                    return count;
                });
        };
        const auto bare =
            bench::measure(runs_, [&] { fresh_bare(); }, [&] { return bare_->enqueue(3000, 1), 3000L; });
        bench::print("enqueue, single, bare", bare);
        const auto one = from_threads(1, 3000);
        bench::print("enqueue, single, store, 1 thread", one, &bare);
        bench::print("enqueue, single, store, 8 threads (to 1 thread)", from_threads(8, 16000), &one);
        bench::print("enqueue, single, store, 32 threads (to 1 thread)", from_threads(32, 32000), &one);
    }

    static void insert_rows(Transaction& tx, long first, int count) {
        Statement& insert = tx.prepare(bench::rows_insert);
        for (long row = first; row < first + count; ++row) {
            insert.bind(1, std::string_view("A title of middling length, volume"));
            insert.bind(2, std::string_view("Some Author"));
            insert.bind(3, std::string_view("978-3-16-148410-0"));
            insert.bind(4, std::string_view("paperback"));
            insert.bind(5, std::int64_t{row});
            insert.bind(6, std::int64_t{row % 1000});
            insert.bind(7, std::string_view("2021-03-04"));
            insert.bind(8, std::int64_t{row % 77});
            insert.step();
            insert.reset();
        }
    }

    void rows() {
        if (!wanted("rows")) return;
        constexpr long count = 1'000'000;
        for (const int batch : {2000, 5000}) {
            const std::string size = std::to_string(batch);
            const auto bare = bench::measure(
                runs_, [&] { fresh_bare(); }, [&] { return bare_->insert_rows(count, batch), count; });
            bench::print("application rows, " + size + " a transaction, bare", bare);
            const auto prepare = [&] {
                fresh_store();
                store_->transact([](Transaction& tx) { tx.execute_script(bench::rows_schema); });
            };
            bench::print("application rows, " + size + " a transact",
                         bench::measure(runs_, prepare,
                                        [&] {
                                            for (long row = 0; row < count; row += batch)
                                                store_->transact(
                                                    [&](Transaction& tx) { insert_rows(tx, row, batch); });
                                            return count;
                                        }),
                         &bare);
            bench::print(
                "application rows, " + size + " a transact_async, 2 ahead",
                bench::measure(runs_, prepare,
                               [&] {
                                   std::vector<std::unique_ptr<PendingTransaction>> ahead;
                                   for (long row = 0; row < count; row += batch) {
                                       ahead.push_back(store_->transact_async(
                                           [row, batch](Transaction& tx) { insert_rows(tx, row, batch); }));
                                       if (ahead.size() < 3) continue;
                                       ahead.front()->get();
                                       ahead.erase(ahead.begin());
                                   }
                                   for (auto& one : ahead) one->get();
                                   return count;
                               }),
                &bare);
        }
    }

    /// From before the enqueue to the claim's answer, with nothing else to do.
    void latency() {
        if (!wanted("latency")) return;
        fresh_store();
        const WorkerId worker = store_->add_worker("bench");
        std::vector<double> micros;
        for (int i = 0; i < 2000; ++i) {
            Event started;
            SteadyTime at;
            ClaimedJob job;
            store_->claim({.worker = worker, .shares = {{"default", 1}}}, [&](auto jobs, auto) {
                at = sys::steady_now();
                job = std::move(jobs.at(0));
                started.set();
            });
            store_->withdraw({}); // the claim stands
            const SteadyTime asked = sys::steady_now();
            const NewJob one = Bench::job();
            store_->enqueue({&one, 1});
            std::ignore = started.wait();
            micros.push_back(std::chrono::duration<double, std::micro>(at - asked).count());
            store_->acknowledge({{.id = job.id, .lease = job.lease}}, [](auto, auto) {});
        }
        std::ranges::sort(micros);
        std::printf("idle enqueue to start: median %.0f us, p99 %.0f us, max %.0f us\n", micros[1000],
                    micros[1980], micros[1999]);
    }

    static constexpr long drain_count = 100'000;
    const std::string path_;
    const int runs_;
    const std::string_view only_;
    std::unique_ptr<bench::BareSqlite> bare_;
    std::unique_ptr<Store> store_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: store_bench FOLDER [RUNS [only this]]\n");
        return 2;
    }
    try {
        Bench(argv[1], argc > 2 ? std::max(1, std::atoi(argv[2])) : 5, argc > 3 ? argv[3] : "").all();
        std::printf("peak memory %.0f MiB\n", bench::peak_mib());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "store_bench: %s\n", error.what());
        return 1;
    }
}
