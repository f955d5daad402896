// Every call that waits, in all its forms: a stop ends it, whenever it comes, and so does a deadline, past,
// now, near, far or the clock's last; and the answer tells which. The list is complete: a call of the
// reference that takes a deadline and stands here under no name fails a test.
#include "offstage/executor/future.hpp"
#include "offstage/executor/pipeline.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/executor/scope.hpp"
#include "offstage/executor/stop_signals.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/sync/barrier.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sync/gate.hpp"
#include "offstage/sync/latch.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/recursive_mutex.hpp"
#include "offstage/sync/select.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sync/shared_mutex.hpp"
#include "offstage/sync/wait_test_support.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace offstage {
namespace {

using namespace testing;
namespace fs = std::filesystem;

struct WaitPoint {
    const char* name; // as in the reference: class and call
    WaitCall call;    // makes what it waits on, and waits where nothing will come
};

/// What an Error says of a wait.
template <class Call>
WaitStatus status_of(Call call) {
    try {
        call();
        return WaitStatus::ok;
    } catch (const Error& error) {
        if (error.code() == Errc::stopped) return WaitStatus::stopped;
        if (error.code() == Errc::timed_out) return WaitStatus::timed_out;
        throw;
    }
}

/// Another thread, which holds a lock until this ends.
template <class Lock>
class Holder {
public:
    explicit Holder(Lock& lock)
        : thread_("holder", [this, &lock](const std::stop_token& stop) {
              const std::lock_guard held(lock);
              has_it_.set();
              Event().wait(stop);
          }) {
        has_it_.wait();
    }

private:
    Event has_it_;
    sys::Thread thread_;
};

template <class Lock>
WaitCall locking() {
    return [](const std::stop_token& stop, Deadline deadline) {
        Lock lock;
        const Holder holder(lock);
        return lock.lock(stop, deadline);
    };
}

void wait_for_ever(const std::stop_token& stop) {
    Event().wait(stop);
}

std::vector<WaitPoint> locks_and_meetings() {
    using Stop = std::stop_token;
    return {
        {"Mutex::lock", locking<Mutex>()},
        {"RecursiveMutex::lock", locking<RecursiveMutex>()},
        {"SharedMutex::lock", locking<SharedMutex>()},
        {"SharedMutex::lock_shared",
         [](const Stop& stop, Deadline deadline) {
             SharedMutex lock;
             const Holder holder(lock);
             return lock.lock_shared(stop, deadline);
         }},
        {"Condition::wait",
         [](const Stop& stop, Deadline deadline) {
             sys::Mutex mutex;
             Condition condition;
             sys::MutexLock lock(mutex);
             return condition.wait(lock, [] { return false; }, stop, deadline);
         }},
        {"Event::wait", [](const Stop& stop, Deadline deadline) { return Event().wait(stop, deadline); }},
        {"Semaphore::acquire",
         [](const Stop& stop, Deadline deadline) { return Semaphore(0).acquire(stop, deadline); }},
        {"Semaphore::permit",
         [](const Stop& stop, Deadline deadline) { return Semaphore(0).permit(stop, deadline).status(); }},
        {"Barrier::arrive_and_wait",
         [](const Stop& stop, Deadline deadline) {
             return Barrier(2).arrive_and_wait(stop, deadline).status();
         }},
        {"Latch::wait", [](const Stop& stop, Deadline deadline) { return Latch(1).wait(stop, deadline); }},
        {"Latch::arrive_and_wait",
         [](const Stop& stop, Deadline deadline) { return Latch(2).arrive_and_wait(stop, deadline); }},
        {"Gate::drain",
         [](const Stop& stop, Deadline deadline) {
             Gate gate;
             const auto pass = gate.enter();
             gate.close();
             return gate.drain(stop, deadline);
         }},
        {"Thread::join",
         [](const Stop& stop, Deadline deadline) {
             return sys::Thread("joined", wait_for_ever).join(stop, deadline);
         }},
    };
}

std::vector<WaitPoint> queues() {
    using Stop = std::stop_token;
    return {
        {"BasicQueue::push",
         [](const Stop& stop, Deadline deadline) {
             BoundedQueue<int> queue(1);
             queue.push(1);
             return queue.push(2, stop, deadline);
         }},
        {"BasicQueue::push_all",
         [](const Stop& stop, Deadline deadline) {
             BoundedQueue<int> queue(1);
             std::vector<int> values{1, 2};
             const WaitStatus ended = queue.push_all(values, stop, deadline);
             EXPECT_EQ(values, std::vector{2}) << "what is not in is still there";
             return ended;
         }},
        {"BasicQueue::pop",
         [](const Stop& stop, Deadline deadline) {
             return BoundedQueue<int>(1).pop(stop, deadline).status();
         }},
        {"BasicQueue::pop_all",
         [](const Stop& stop, Deadline deadline) {
             BoundedQueue<int> queue(1);
             std::vector<int> values;
             return queue.pop_all(values, 8, stop, deadline);
         }},
        {"BasicQueue::join",
         [](const Stop& stop, Deadline deadline) {
             BoundedQueue<int> queue(1);
             queue.push(1);
             return queue.join(stop, deadline);
         }},
        {"select",
         [](const Stop& stop, Deadline deadline) {
             BoundedQueue<int> queue(1);
             Event event;
             return select(stop, deadline, on_pop(queue, [](int) {}), on_set(event, [] {})).status();
         }},
        {"select_among",
         [](const Stop& stop, Deadline deadline) {
             Event event;
             auto set = on_set(event, [] {});
             std::vector<SelectCase*> cases{&set};
             return select_among(cases, stop, deadline).status();
         }},
    };
}

std::vector<WaitPoint> executors() {
    using Stop = std::stop_token;
    return {
        {"Future::wait",
         [](const Stop& stop, Deadline deadline) {
             Pool pool({.workers = 1});
             return pool.submit(wait_for_ever).wait(stop, deadline);
         }},
        {"Future::get",
         [](const Stop& stop, Deadline deadline) {
             Pool pool({.workers = 1});
             return status_of([&] { pool.submit(wait_for_ever).get(stop, deadline); });
         }},
        {"MapOptions::deadline",
         [](const Stop& stop, Deadline deadline) {
             Pool pool({.workers = 1});
             return status_of([&] {
                 const auto wait = [](const Stop& own, int) { wait_for_ever(own); };
                 for (auto nothing : pool.map(wait, std::vector{1}, {.stop = stop, .deadline = deadline}))
                     std::ignore = nothing;
             });
         }},
        {"TaskScope::TaskScope",
         [](const Stop& stop, Deadline deadline) {
             Pool pool({.workers = 1});
             return status_of([&] {
                 TaskScope scope(pool, stop, deadline);
                 std::ignore = scope.spawn(wait_for_ever);
                 scope.join();
             });
         }},
        {"TaskScope::join",
         [](const Stop& stop, Deadline deadline) {
             Pool pool({.workers = 1});
             TaskScope scope(pool);
             std::ignore = scope.spawn(wait_for_ever);
             return status_of([&] { scope.join(stop, deadline); });
         }},
        {"Pool::drain",
         [](const Stop& stop, Deadline deadline) {
             Pool pool({.workers = 1});
             pool.post(wait_for_ever);
             return pool.drain(stop, deadline);
         }},
        {"Background::join",
         [](const Stop& stop, Deadline deadline) {
             Runtime runtime{{.workers = 1}};
             return runtime.background("waits", wait_for_ever).join(stop, deadline);
         }},
        {"Timer::cancel_and_wait",
         [](const Stop& stop, Deadline deadline) {
             Event runs, end;
             Pool pool({.workers = 1});
             Timers timers(pool);
             Timer timer = timers.after(0s, [&] {
                 runs.set();
                 end.wait();
             });
             runs.wait();
             const WaitStatus ended = timer.cancel_and_wait(stop, deadline);
             end.set();
             return ended;
         }},
        {"Pipeline::run",
         [](const Stop& stop, Deadline deadline) {
             BoundedQueue<int> source(1);
             return pipeline(source).drain_into([](int) {}).run(stop, deadline).ended;
         }},
        {"StopSignals::wait",
         [](const Stop& stop, Deadline deadline) { return StopSignals().wait(stop, deadline); }},
    };
}

// What takes a deadline, and is no wait of this kind.
const std::set<std::string> other_calls = {
    "Pool::shutdown",    // waits for tasks that it stopped itself; answers with a report
    "Runtime::shutdown", // likewise
    "Parker::park",      // what the waits are made of: true or false
    "deadline_after",    // makes one
    "on_time",           // a case of select
};

std::vector<WaitPoint> all_points() {
    std::vector<WaitPoint> all = locks_and_meetings();
    for (auto& point : queues()) all.push_back(std::move(point));
    for (auto& point : executors()) all.push_back(std::move(point));
    return all;
}

class EveryWait : public ::testing::TestWithParam<WaitPoint> {};

TEST_P(EveryWait, IsEndedByEachStopAndEachDeadlineAndTellsWhich) {
    expect_endable(GetParam().call);
}

TEST_P(EveryWait, IsEndedByAStopThatComesWhileItIsSeenToWait) {
    std::stop_source source;
    WaitStatus ended = WaitStatus::ok;
    sys::Thread subject("subject", [&](const std::stop_token&) {
        ended = GetParam().call(source.get_token(), sys::deadline_after(std::chrono::nanoseconds::max()));
    });
    until_waiting("subject");
    source.request_stop();
    subject.join();
    EXPECT_EQ(ended, WaitStatus::stopped);
}

INSTANTIATE_TEST_SUITE_P(All, EveryWait, ::testing::ValuesIn(all_points()), [](const auto& point) {
    std::string name = point.param.name;
    std::erase(name, ':');
    return name;
});

TEST(WaitPoints, TheListHasEveryCallOfTheReferenceThatTakesADeadline) {
    std::set<std::string> known = other_calls;
    for (const WaitPoint& point : all_points()) known.insert(point.name);
    int found = 0;
    for (const auto& page : fs::recursive_directory_iterator(OFFSTAGE_REFERENCE)) {
        if (page.path().extension() != ".md" || page.path().parent_path().filename() == "base") continue;
        std::ifstream file(page.path());
        std::string scope;
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("## ")) scope = line.substr(3);
            const auto deadline = line.find("Deadline deadline");
            const auto signature_end = line.find("` |");
            if (!line.starts_with("| `") || deadline > signature_end) continue;
            std::string head = line.substr(3, line.find('(', 3) - 3);
            if (line.find("requires(") < deadline) head = "select"; // its constraint has brackets of its own
            if (line.starts_with("| `Deadline deadline =")) head = "deadline";
            const std::string call = head.substr(head.rfind(' ') + 1);
            const std::string name = scope == "Functions" ? call : scope + "::" + call;
            EXPECT_TRUE(known.contains(name))
                << page.path() << " has " << name << ", which no test here waits in";
            ++found;
        }
    }
    EXPECT_GE(found, 30) << "the reference's pages were not read";
}

} // namespace
} // namespace offstage
