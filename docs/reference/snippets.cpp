// The snippets of the reference's pages: compiled, so that none of them lies. tools/reference puts what
// stands between the marks into the page of the header that the mark names.
#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/base/utf8.hpp"
#include "offstage/executor/future_select.hpp"
#include "offstage/executor/pipeline.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/executor/scope.hpp"
#include "offstage/executor/snapshot.hpp"
#include "offstage/executor/stop_signals.hpp"
#include "offstage/executor/when.hpp"
#include "offstage/sync/barrier.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/gate.hpp"
#include "offstage/sync/latch.hpp"
#include "offstage/sync/lifo_queue.hpp"
#include "offstage/sync/mutex.hpp"
#include "offstage/sync/priority_queue.hpp"
#include "offstage/sync/recursive_mutex.hpp"
#include "offstage/sync/select.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sync/shared_mutex.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/random.hpp"
#include "offstage/sys/signals.hpp"
#include "offstage/sys/thread.hpp"
#include "offstage/sys/waits.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>
#include <vector>

using namespace offstage;
using namespace std::chrono_literals;

namespace reference {

struct Image {};
struct Label {};
Image take_picture();
Label classify(Image image);
void show(const Label& label);
int fetch(const std::string& url);
void print(const std::string& text);

//> sys/annotations.hpp
class OFFSTAGE_CAPABILITY("lock") Lock {
public:
    void lock() OFFSTAGE_ACQUIRE();
    void unlock() OFFSTAGE_RELEASE();
};
class Account {
    sys::Mutex mutex_;
    long balance_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    void add(long sum) OFFSTAGE_REQUIRES(mutex_) {
        balance_ += sum;
    } // clang refuses callers that do not hold it

public:
    void deposit(long sum) {
        const sys::MutexLock lock(mutex_);
        add(sum);
    }
};
//<

void of_base(Event& ready, const std::stop_token& stop, unsigned workers) {
    //> base/time.hpp
    const Deadline in_time = sys::deadline_after(5s); // a steady moment, fixed once
    ready.wait(stop, in_time);
    ready.wait(stop, Deadline::past()); // a try
    print(to_text(90s) + " before " + to_iso8601(sys::wall_now()));
    //<

    //> base/wait_status.hpp
    if (const WaitStatus ended = ready.wait(stop, in_time); ended != WaitStatus::ok)
        throw to_error(ended, "the camera"); // the Error that says the same
    //<

    //> base/error.hpp
    try {
        Runtime runtime{{.workers = workers, .max_threads = 1}};
    } catch (const Error& error) {
        if (error.code() != Errc::invalid_argument) throw;
        print(error.what()); // what, where, and what to do
    }
    //<

    //> base/utf8.hpp
    const std::string name = "caf\xE9.csv"; // as an old program wrote it
    print(is_utf8(name) ? name : repair_utf8(name));
    //<

    //> base/check.hpp
    OFFSTAGE_CHECK(workers > 0, "the caller asks for no workers"); // a programmer's error: ends the process
    //<
}

void of_sys(Event& ready) {
    //> sys/clock.hpp
    const SteadyTime begun = sys::steady_now();
    ready.wait({}, sys::deadline_after(5s));
    print("waited " + to_text(sys::steady_now() - begun) + ", now it is " + to_iso8601(sys::wall_now()));
    //<

    //> sys/mutex.hpp
    sys::Mutex mutex;
    {
        const sys::MutexLock lock(mutex); // held until the end of the block
    }
    if (mutex.try_lock()) mutex.unlock();
    //<

    //> sys/parker.hpp
    std::atomic<bool> done = false;
    sys::Parker& sleeper = sys::Parker::current();
    sys::Thread helper("helper", [&](const std::stop_token&) {
        done = true;
        sleeper.unpark();
    });
    while (!done) sleeper.park(); // in a loop: park() may return without cause
    //<

    //> sys/random.hpp
    std::array<std::byte, 16> key{};
    sys::random_bytes(key);
    const auto jitter = std::chrono::milliseconds(sys::random_u64() % 1000);
    //<
    (void)jitter;

    //> sys/signals.hpp
    const sys::SignalThread hears({SIGHUP}, [](int signal) { // a thread of its own: anything may be done here
        std::printf("signal %d: read the configuration again\n", signal);
    });
    //<

    //> sys/thread.hpp
    sys::Thread worker("worker", [&](const std::stop_token& stop) {
        while (ready.wait(stop) == WaitStatus::ok) ready.clear();
    });
    worker.request_stop();
    if (worker.join({}, sys::deadline_after(1s)) == WaitStatus::timed_out)
        print("it still runs"); // its destructor waits for it
    //<

    //> sys/thread_id.hpp
    const sys::ThreadId me = sys::this_thread_id(); // the first one is 1; no other thread gets it
    //<
    (void)me;

    //> sys/waits.hpp
    for (const sys::WaitInfo& wait : sys::waits()) print(wait.thread_name + " waits on " + wait.kind);
    for (const auto& circle : sys::deadlocks()) print(std::to_string(circle.size()) + " wait for each other");
    //<
}

void of_locks(const std::stop_token& stop) {
    //> sync/mutex.hpp
    Mutex ledger("ledger");
    if (ledger.lock(stop, sys::deadline_after(1s)) == WaitStatus::ok) {
        const std::unique_lock held(ledger, std::adopt_lock);
        // alone here; whoever waits is served in the order of coming
    }
    //<

    //> sync/recursive_mutex.hpp
    RecursiveMutex tree("tree");
    tree.lock(stop);
    tree.lock(); // again, by its holder
    tree.unlock();
    tree.unlock(); // free now
    //<

    //> sync/shared_mutex.hpp
    SharedMutex prices("prices");
    if (prices.lock_shared(stop) == WaitStatus::ok) prices.unlock_shared(); // with other readers
    if (prices.lock(stop) == WaitStatus::ok) prices.unlock();               // alone
    //<

    //> sync/condition.hpp
    sys::Mutex mutex;
    Condition changed;
    int stock = 0;
    {
        sys::MutexLock lock(mutex);
        const WaitStatus ended = changed.wait(lock, [&] { return stock > 0; }, stop, sys::deadline_after(5s));
        if (ended == WaitStatus::ok) --stock;
    }
    // elsewhere: change it under the mutex, then
    changed.notify_one();
    //<
}

void of_meetings(const std::stop_token& stop) {
    //> sync/event.hpp
    Event ready("ready");
    ready.set(); // wakes all who wait
    switch (ready.wait(stop, sys::deadline_after(5s))) {
    case WaitStatus::ok:
        print("set");
        break;
    case WaitStatus::stopped:
        print("told to stop");
        break;
    default:
        print("too late");
        break;
    }
    ready.clear();
    //<

    //> sync/semaphore.hpp
    Semaphore printers(5);
    if (auto permit = printers.permit(stop)) print("one of five"); // given back at the end of the block
    BoundedSemaphore seats(2);
    if (seats.try_acquire()) seats.release(); // once more would throw: there are but two
    //<

    //> sync/barrier.hpp
    Barrier warm(3, [] { print("all three are ready"); });
    const auto place = warm.arrive_and_wait(stop); // its value: 0 for one of them, then 1 and 2
    if (!place) warm.abort();                      // the others are told `closed`
    //<

    //> sync/latch.hpp
    Latch loaded(4);
    loaded.count_down();
    loaded.wait(stop, sys::deadline_after(10s));
    //<

    //> sync/gate.hpp
    Gate requests;
    if (const auto pass = requests.enter()) print("serving"); // until the pass goes
    requests.close();                                         // nobody new; then wait for those inside
    requests.drain(stop, sys::deadline_after(10s));
    //<
}

void of_queues(const std::stop_token& stop, Event& finished) {
    //> sync/bounded_queue.hpp
    BoundedQueue<Image> images(64, Overflow::drop_oldest, "images");
    images.push(take_picture(), stop);
    while (auto image = images.pop(stop)) show(classify(*std::move(image)));
    //<

    //> sync/basic_queue.hpp
    BoundedQueue<int> numbers(1000); // LifoQueue and PriorityQueue have the same calls
    std::vector<int> batch{1, 2, 3};
    numbers.push_all(batch, stop);
    while (numbers.pop_all(batch, 64, stop) == WaitStatus::ok) {
        numbers.task_done(batch.size());
        batch.clear();
        numbers.close(); // what is in can still be popped
    }
    numbers.join(stop); // until task_done() was said for each
    //<

    //> sync/lifo_queue.hpp
    LifoQueue<std::string> recent(10, Overflow::drop_oldest);
    recent.push("the newest comes out first");
    //<

    //> sync/priority_queue.hpp
    struct Job {
        int urgency;
        std::string what;
    };
    PriorityQueue<Job, decltype([](const Job& a, const Job& b) { return a.urgency > b.urgency; })> jobs(100);
    jobs.push({.urgency = 3, .what = "before those of 2, after the 3s that came earlier"});
    //<

    //> sync/overflow.hpp
    BoundedQueue<int> waits(8, Overflow::block);        // push waits for room
    BoundedQueue<int> refuses(8, Overflow::refuse);     // push answers `full`
    BoundedQueue<int> newest(8, Overflow::drop_oldest); // what was in longest goes, and is counted
    BoundedQueue<int> oldest(8, Overflow::drop_newest); // what comes goes, and is counted
    //<

    //> sync/wait_status.hpp
    if (const WaitStatus ended = finished.wait(stop, sys::deadline_after(1s)); ended != WaitStatus::ok)
        throw to_error(ended, "the import"); // "the import: timed out", with its code
    //<

    //> sync/wait_result.hpp
    const WaitResult<Image> image = images.pop(stop, sys::deadline_after(1s));
    if (image)
        show(classify(*image));
    else if (image.status() == WaitStatus::closed)
        print("nothing comes any more");
    //<

    //> sync/select.hpp
    const auto which = select(stop, on_pop(images, [](Image one) { show(classify(one)); }),
                              on_set(finished, [] { print("finished"); }),
                              on_time(sys::deadline_after(5s), [] { print("nothing for five seconds"); }));
    if (which.status() == WaitStatus::closed) print("nothing can come any more");
    //<

    //> sync/select_case.hpp
    auto first = on_pop(images, [](Image) { print("an image"); });
    auto second = on_set(finished, [] { print("the end"); });
    std::vector<SelectCase*> cases{&first, &second}; // as many as turn out to be needed
    select_among(cases, stop, sys::deadline_after(1s));
    //<
}

void of_the_runtime() {
    //> executor/runtime.hpp
    Runtime runtime{{.workers = 4, .on_error = log_errors}};
    Future<Label> label = runtime.submit(classify, take_picture());
    runtime.post([] { print("fire and forget: a throw reaches on_error"); });
    runtime.timers().every(5min, [] { print("again"); });
    show(label.get());
    const ShutdownReport report = runtime.shutdown(sys::deadline_after(10s));
    //<

    //> executor/shutdown.hpp
    if (!report.complete())
        for (const StillRunning& one : report.still_running)
            print(one.name + " runs for " + to_text(one.since) + ", waits on " + one.waits_on);
    print(to_string(report));
    //<

    //> executor/background.hpp
    Background camera = runtime.background("camera", [](const std::stop_token& stop) {
        while (!stop.stop_requested()) show(classify(take_picture()));
    });
    camera.stop();
    camera.join({}, sys::deadline_after(1s));
    camera.start(); // again, with a new stop token
    //<

    //> executor/error_sink.hpp
    Runtime loud{{.on_error = [](const TaskError& error) { // the type that it is, by std::rethrow_exception
        print("mail the operator: " + describe(error));    // "retrain (shop.cpp:12): no data"
    }}};
    //<

    //> executor/snapshot.hpp
    print(to_string(runtime.snapshot())); // each thread: what it runs, for how long, what it waits on
    print(dump());                        // all runtimes, all who wait, deadlocks by name
    //<

    //> executor/stop_signals.hpp
    StopSignals signals; // first in main: SIGINT and SIGTERM ask to stop, SIGQUIT prints dump()
    signals.wait();
    runtime.shutdown(sys::deadline_after(10s));
    //<
}

void of_tasks(Runtime& runtime, const std::vector<std::string>& urls, const std::stop_token& stop) {
    //> executor/pool.hpp
    Pool pool({.workers = 2, .queue_limit = 1000});
    Future<int> size = pool.submit(fetch, "https://example.org");
    pool.post([] {
        const BlockingRegion region; // a wait outside Offstage: another thread may run a task meanwhile
        std::cin.get();
    });
    pool.drain(stop);
    //<

    //> executor/pool_stats.hpp
    const PoolStats stats = pool.stats();
    print(std::to_string(stats.queued) + " queued, " + std::to_string(stats.finished) + " finished");
    //<

    //> executor/task.hpp
    runtime.submit({.name = "thumbnail", .priority = Priority::low}, classify, take_picture()).wait(stop);
    //<

    //> executor/future.hpp
    Future<std::string> text = std::move(size).then([](int bytes) { return std::to_string(bytes); });
    if (text.wait(stop, sys::deadline_after(1s)) == WaitStatus::timed_out) text.cancel();
    try {
        print(text.get(stop));
    } catch (const Error& error) { // cancelled, stopped, or what the task threw
        print(error.what());
    }
    //<

    //> executor/future_select.hpp
    Event enough;
    Future<Label> label = runtime.submit(classify, take_picture());
    select(stop, on_ready(label, [](const Label& found) { show(found); }), on_set(enough, [] {}));
    //<

    //> executor/when.hpp
    std::vector<Future<int>> all;
    for (const std::string& url : urls) all.push_back(runtime.submit(fetch, url));
    for (const int bytes : when_all(std::move(all)).get(stop)) print(std::to_string(bytes));
    //<

    //> executor/map.hpp
    for (const int bytes : runtime.map(fetch, urls, {.window = 8, .stop = stop}))
        print(std::to_string(bytes));
    //<

    //> executor/scope.hpp
    TaskScope scope(runtime, stop, sys::deadline_after(30s));
    auto head = scope.spawn(fetch, "https://example.org/head");
    auto body = scope.spawn(fetch, "https://example.org/body");
    scope.join(); // the first error stopped the other, and is thrown here
    print(std::to_string(head.get() + body.get()));
    //<

    //> executor/timers.hpp
    Timer once = runtime.timers().after(30s, [] { print("half a minute later"); });
    Timer often = runtime.timers().every(5min, [] { print("every five minutes"); },
                                         {.overlap = Overlap::skip, .misfire = Misfire::once, .jitter = 10s});
    if (once.cancel() == TimerCancel::fired) print("too late to cancel");
    often.cancel_and_wait(stop);
    //<
}

void of_pipelines(BoundedQueue<Image>& frames, const std::stop_token& stop) {
    //> executor/pipeline.hpp
    auto line = pipeline(frames)
                    .stage(classify, {.name = "classify", .threads = 2, .ordered = true})
                    .drain_into(show);
    const PipelineReport report = line.run(stop);
    //<

    //> executor/pipeline_options.hpp
    if (report.ended == WaitStatus::timed_out) print("aborted");
    print(to_string(report.stages)); // of each stage: taken, passed, left out, failed, dropped
    auto tolerant = pipeline(frames, {.on_error = log_errors})
                        .stage(classify, {.capacity = 4, .on_error = OnError::skip})
                        .drain_into(show);
    //<
}

} // namespace reference
