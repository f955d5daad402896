// What the tests of the worker share: a store in a fresh folder with a clock set by hand, a kind whose
// handler each test gives, and ways to wait for what is said and done. Nothing here sleeps; a wait that is in
// vain fails its test after a minute.
#pragma once

#include "offstage/jobs/client.hpp"
#include "offstage/jobs/registry.hpp"
#include "offstage/jobs/worker.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/mutex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace offstage::jobs {

using namespace std::chrono_literals;

inline Deadline in_time() {
    return sys::deadline_after(60s);
}

/// Events as they came, their texts kept.
class EventLog {
public:
    struct Said {
        Event event;
        std::string line;
    };

    void hear(const Event& event) {
        {
            const sys::MutexLock lock(mutex_);
            said_.push_back({event, to_line(event)});
        }
        came_.notify_all();
    }
    /// Waits until so many events of type E came for which `is` holds.
    template <class E>
    void wait(std::function<bool(const E&)> is = {}, std::size_t times = 1) {
        sys::MutexLock lock(mutex_);
        const auto status = came_.wait(
            lock,
            [&] {
                const auto matches = [&](const Said& said) {
                    const E* const event = std::get_if<E>(&said.event);
                    return event != nullptr && (!is || is(*event));
                };
                return static_cast<std::size_t>(std::ranges::count_if(said_, matches)) >= times;
            },
            {}, in_time());
        ASSERT_EQ(status, WaitStatus::ok) << "the event did not come";
    }
    template <class E>
    std::size_t count() const {
        const sys::MutexLock lock(mutex_);
        return static_cast<std::size_t>(std::ranges::count_if(
            said_, [](const Said& said) { return std::holds_alternative<E>(said.event); }));
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        const sys::MutexLock lock(mutex_);
        for (const Said& said : said_) lines.push_back(said.line);
        return lines;
    }

private:
    mutable sys::Mutex mutex_;
    Condition came_;
    std::vector<Said> said_;
};

/// The one kind of most tests.
struct Probe {
    static constexpr std::string_view kind = "probe";
    std::string what;
};
BOOST_DESCRIBE_STRUCT(Probe, (), (what))

class WorkerTest : public testing::Test {
protected:
    using Handler = std::function<Result<std::string>(const Probe&, Context&)>;

    WorkerTest() {
        std::string path = (std::filesystem::temp_directory_path() / "offstage-jobs-XXXXXX").string();
        if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder = path;
        open_store();
    }
    ~WorkerTest() override {
        worker.reset();
        runtime.reset();
        store.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    void open_store() {
        store = stores::open_sqlite((folder / "jobs.db").string(), {.clock = [this] { return now(); }});
        poker = store->add_worker("the test");
    }
    WallTime now() const { return from_micros(micros.load()); }
    /// Sets the store's clock forward, and lets it look.
    void advance(std::chrono::microseconds by) {
        micros += by.count();
        store->heartbeat(poker);
    }

    void handle(Handler handler, KindOptions options = {.timeout = 0s, .backoff = constant(1s)}) {
        kinds.add<Probe>(std::move(handler), std::move(options));
    }
    Worker& start(WorkerOptions options = {}) {
        options.name = "test";
        if (!options.on_event) options.on_event = [this](const Event& event) { events.hear(event); };
        return worker.emplace(*store, kinds, *runtime, std::move(options));
    }
    Client client() { return Client(*store); }
    JobId enqueue(std::string what, InsertOptions options = {}) {
        return client().enqueue(Probe{std::move(what)}, std::move(options)).id;
    }
    JobRecord find(JobId id) {
        const auto job = store->find(id);
        return job ? *job : JobRecord{};
    }
    /// The job once it is in that state; as long as it is not, it is waited for.
    JobRecord wait(JobId id, JobState state) {
        offstage::Event changed;
        const auto subscription =
            store->subscribe([&](std::span<const stores::JobChange>) { changed.set(); });
        for (;;) {
            const JobRecord job = find(id);
            if (job.state == state) return job;
            if (changed.wait({}, in_time()) != WaitStatus::ok) {
                ADD_FAILURE() << "job " << id.value << " is " << to_string(job.state) << ", not "
                              << to_string(state);
                return job;
            }
            changed.clear();
        }
    }
    JobRecord ended(JobId id) { return client().wait(id, {}, in_time()); }
    std::vector<std::string> notes(JobId id, JobNote::What what) {
        std::vector<std::string> texts;
        for (const JobNote& note : store->notes(id))
            if (note.what == what) texts.push_back(note.text);
        return texts;
    }
    static void wait(offstage::Event& event) { ASSERT_EQ(event.wait({}, in_time()), WaitStatus::ok); }

    std::filesystem::path folder;
    std::atomic<std::int64_t> micros{1'700'000'000'000'000};
    EventLog events;
    Registry kinds;
    std::unique_ptr<stores::Store> store;
    stores::WorkerId poker;
    std::optional<Runtime> runtime{std::in_place, RuntimeOptions{.workers = 1}};
    std::optional<Worker> worker;
};

} // namespace offstage::jobs
