// How fast jobs are from end to end, client and worker and store, beside a bare loop of prepared statements
// that does equal work: claim row, lease, counters, history.
//
// usage: jobs_bench FOLDER [--runs N] [--only TEXT] [--json]   medians of 5 runs after a warm-up, with min
// and max
#include "bench/jobs/bare_sqlite.hpp"
#include "bench/jobs/measure.hpp"

#include "offstage/base/json.hpp"
#include "offstage/jobs/client.hpp"
#include "offstage/jobs/worker.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace offstage;

struct Noop {
    static constexpr std::string_view kind = "noop";
    int id = 12345;
    std::string what = "noop";
};
BOOST_DESCRIBE_STRUCT(Noop, (), (id, what))

/// One line of the report. Of latencies the numbers are microseconds, of all others things a second.
struct Row {
    std::string what;
    double median = 0, min = 0, max = 0;
    double cpu_us = 0;
    std::optional<double> ratio; ///< to the line that it names
    std::string to;
};
BOOST_DESCRIBE_STRUCT(Row, (), (what, median, min, max, cpu_us, ratio, to))

struct Report {
    std::vector<Row> rows;
    double peak_mib = 0;
};
BOOST_DESCRIBE_STRUCT(Report, (), (rows, peak_mib))

struct Options {
    std::string folder;
    int runs = 5;
    std::string only;
    bool json = false;
};

class Bench {
public:
    explicit Bench(Options options)
        : options_(std::move(options)), path_(options_.folder + "/jobs_bench.db") {}
    ~Bench() { remove(); }

    Report all() {
        if (!options_.json) std::printf("%-46s %10s  %-23s %9s\n", "", "median", "(min .. max)", "us cpu");
        drain();
        enqueue_batches();
        enqueue_singles();
        latency();
        report_.peak_mib = bench::peak_mib();
        if (!options_.json) std::printf("peak memory %.0f MiB\n", report_.peak_mib);
        return std::move(report_);
    }

private:
    static constexpr long drained = 100'000;

    bool wanted(std::string_view what) const { return what.find(options_.only) != what.npos; }
    void remove() {
        bare_.reset();
        store_.reset();
        for (const char* part : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path_ + part);
    }
    void fresh_bare() {
        remove();
        bare_ = std::make_unique<bench::BareSqlite>(path_);
    }
    void fresh_store() {
        remove();
        store_ = stores::open_sqlite(path_);
    }

    void add(Row row) {
        if (!options_.json) {
            std::printf("%-46s %10.0f  (%9.0f .. %9.0f) %9.2f", row.what.c_str(), row.median, row.min,
                        row.max, row.cpu_us);
            if (row.ratio) std::printf("   %.2f x %s", *row.ratio, row.to.c_str());
            std::printf("\n");
            std::fflush(stdout);
        }
        report_.rows.push_back(std::move(row));
    }
    void add(const std::string& what, const bench::Measured& is, const bench::Measured* base = nullptr,
             const std::string& to = "bare") {
        Row row{what, is.rate, is.min, is.max, is.cpu_us, {}, {}};
        if (base != nullptr) {
            row.ratio = is.rate / base->rate;
            row.to = to;
        }
        add(std::move(row));
    }

    void enqueue(long count, int batch) {
        jobs::Client client(*store_);
        const std::vector<jobs::NewJob> all(static_cast<std::size_t>(batch), jobs::make_job(Noop{}));
        for (long i = 0; i < count; i += batch) client.enqueue_all(all);
    }

    /// From the worker's start until all outcomes are on disk.
    long run_worker(int handlers) {
        std::atomic<long> done = 0;
        Event all;
        jobs::Registry kinds;
        kinds.add<Noop>([&](const Noop&, jobs::Context&) {
            if (done.fetch_add(1, std::memory_order_relaxed) + 1 == drained) all.set();
        });
        Runtime runtime({.workers = 1});
        jobs::Worker worker(*store_, kinds, runtime, {.queues = {{"default", handlers}}, .name = "bench"});
        std::ignore = all.wait();
        worker.stop(Deadline::never());
        if (worker.stats().done != drained) std::abort();
        return drained;
    }

    void drain() {
        if (!wanted("drain")) return;
        const auto bare = bench::measure(
            options_.runs, [&] { fresh_bare(), bare_->enqueue(drained, 1000); },
            [&] { return bare_->drain(500); });
        add("drain 100,000 no-op jobs, bare loop", bare);
        for (const int handlers : {1, 8}) {
            const auto ours = bench::measure(
                options_.runs, [&] { fresh_store(), enqueue(drained, 1000); },
                [&] { return run_worker(handlers); });
            add("drain 100,000 no-op jobs, " + std::to_string(handlers) + " handlers", ours, &bare);
        }
    }

    void enqueue_batches() {
        if (!wanted("enqueue batches")) return;
        constexpr long count = 200'000;
        const auto bare = bench::measure(
            options_.runs, [&] { fresh_bare(); }, [&] { return bare_->enqueue(count, 1000), count; });
        add("enqueue batches of 1,000, bare loop", bare);
        const auto ours = bench::measure(
            options_.runs, [&] { fresh_store(); }, [&] { return enqueue(count, 1000), count; });
        add("enqueue batches of 1,000, client", ours, &bare);
    }

    bench::Measured singles(int threads, long count) {
        const auto body = [&] {
            std::vector<sys::Thread> all;
            for (int i = 0; i < threads; ++i)
                all.emplace_back("bench", [&](std::stop_token) {
                    jobs::Client client(*store_);
                    for (long k = 0; k < count / threads; ++k) client.enqueue(Noop{});
                });
            for (sys::Thread& thread : all) thread.join();
            return count;
        };
        return bench::measure(options_.runs, [&] { fresh_store(); }, body);
    }

    void enqueue_singles() {
        if (!wanted("enqueue single")) return;
        const auto bare = bench::measure(
            options_.runs, [&] { fresh_bare(); }, [&] { return bare_->enqueue(3000, 1), 3000L; });
        add("enqueue single, bare loop", bare);
        const auto one = singles(1, 3000);
        add("enqueue single, client, 1 thread", one, &bare);
        add("enqueue single, client, 8 threads", singles(8, 16000), &one, "1 thread");
    }

    /// From before an enqueue to the first line of its handler, while nothing else is to be done.
    std::vector<double> latencies(int samples) {
        fresh_store();
        SteadyTime started;
        Event ran;
        jobs::Registry kinds;
        kinds.add<Noop>([&](const Noop&, jobs::Context&) {
            started = sys::steady_now();
            ran.set();
        });
        Runtime runtime({.workers = 1});
        jobs::Worker worker(*store_, kinds, runtime, {.queues = {{"default", 4}}, .name = "bench"});
        jobs::Client client(*store_);
        std::vector<double> micros;
        for (int i = 0; i < samples; ++i) {
            const SteadyTime asked = sys::steady_now();
            const auto id = client.enqueue(Noop{}).id;
            std::ignore = ran.wait();
            ran.clear();
            micros.push_back(std::chrono::duration<double, std::micro>(started - asked).count());
            client.wait(id);
        }
        std::ranges::sort(micros);
        return micros;
    }

    void latency() {
        if (!wanted("idle")) return;
        constexpr int samples = 1000;
        std::vector<double> p50, p99;
        for (int run = 0; run <= options_.runs; ++run) {
            const auto micros = latencies(samples);
            if (run == 0) continue; // the warm-up
            p50.push_back(micros[samples / 2]);
            p99.push_back(micros[samples * 99 / 100]);
        }
        const auto row = [&](const char* what, std::vector<double> runs) {
            std::ranges::sort(runs);
            add(Row{what, runs[runs.size() / 2], runs.front(), runs.back(), 0, {}, {}});
        };
        row("idle enqueue to start, p50 in us", p50);
        row("idle enqueue to start, p99 in us", p99);
    }

    const Options options_;
    const std::string path_;
    std::unique_ptr<bench::BareSqlite> bare_;
    std::unique_ptr<stores::Store> store_;
    Report report_;
};

std::optional<Options> parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const bool has_value = i + 1 < argc;
        if (word == "--json")
            options.json = true;
        else if (word == "--runs" && has_value)
            options.runs = std::max(1, std::atoi(argv[++i]));
        else if (word == "--only" && has_value)
            options.only = argv[++i];
        else if (!word.starts_with("-") && options.folder.empty())
            options.folder = word;
        else
            return std::nullopt;
    }
    return options.folder.empty() ? std::nullopt : std::optional(options);
}

} // namespace

int main(int argc, char** argv) {
    const auto options = parse(argc, argv);
    if (!options) {
        std::fprintf(stderr, "usage: jobs_bench FOLDER [--runs N] [--only TEXT] [--json]\n");
        return 2;
    }
    try {
        const Report report = Bench(*options).all();
        if (options->json) std::printf("%s\n", to_json(report).c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "jobs_bench: %s\n", error.what());
        return 1;
    }
}
