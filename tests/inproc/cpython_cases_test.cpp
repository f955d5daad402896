// What CPython 3.11 proves of its ThreadPoolExecutor and Future (Lib/test/test_concurrent_futures.py), proved
// of Pool and Future: a test for each case, written anew for our classes; each says above which case it
// stands for. Timer and sched: cpython_timer_cases_test.cpp.
//
// Cases that do not apply:
//
//   test_interpreter_shutdown, test_submit_after_interpreter_shutdown, test_hang_gh83386
//                                   nothing of ours runs at a program's exit: a Pool is an object with an end
//   test_initializer (both)         threads have no initializer; what each needs is the task's own
//   test_map_submits_without_iteration
//                                   map() begins with its loop, and keeps no more than a window in flight
//   test_20369, test_duplicate_futures
//                                   a Future has one owner: nobody can give the same one twice
//   test_hang_global_shutdown_lock  no process of ours goes on after a fork without an exec
//   test_multiple_set_result, test_multiple_set_exception
//                                   nobody but its task sets a Future
//   ProcessPool*, *Deadlock*, test_max_tasks_*, test_ressources_gced_in_workers, test_traceback,
//   test_killed_child               of processes
#include "offstage/base/error.hpp"
#include "offstage/executor/pool.hpp"
#include "offstage/executor/pool_core.hpp"
#include "offstage/executor/scope.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/executor/when.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/semaphore.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/sys/thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace offstage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using namespace std::chrono_literals;

int divide(int a, int b) {
    if (b == 0) throw std::domain_error("division by zero");
    return a / b;
}

// A pool of one worker that is busy until `open` is set, and futures in each stage.
class CPythonFutures : public testing::Test {
protected:
    Heard heard;
    Event begun, open;
    Pool pool{{.workers = 1, .max_threads = 1, .on_error = heard.handler()}};

    CPythonFutures() = default;
    ~CPythonFutures() override { open.set(); }

    Future<int> running() {
        auto future = pool.submit([this] {
            begun.set();
            open.wait();
            return 1;
        });
        begun.wait();
        return future;
    }
    Future<int> finished(int value) {
        auto future = pool.submit([value] { return value; });
        future.wait();
        return future;
    }
    Future<int> failed() {
        auto future = pool.submit([] { return divide(1, 0); });
        future.wait();
        return future;
    }
    // REQUIRES: the worker is busy, or the pool paused.
    Future<int> pending(int value = 2) {
        return pool.submit([value] { return value; });
    }
    Future<int> cancelled() {
        auto future = pending();
        EXPECT_EQ(future.cancel(), Cancel::cancelled);
        return future;
    }
};

// test_run_after_shutdown
TEST(CPythonPool, ASubmitAfterAShutdownIsRefused) {
    Pool pool({.workers = 1});
    pool.shutdown(Deadline::never());
    EXPECT_EQ(code_of([&] { std::ignore = pool.submit(divide, 4, 2); }), Errc::closed);
}

// test_hang_issue12364, test_shutdown_race_issue12456
TEST(CPythonPool, ADrainAndAShutdownWithManyTasksQueuedLeaveEachItsValue) {
    Pool pool({.workers = 5});
    std::vector<Future<int>> futures;
    for (int i = 0; i < 50; ++i) futures.push_back(pool.submit([i] { return i; }));
    pool.drain();
    EXPECT_TRUE(pool.shutdown(Deadline::never()).complete());
    for (int i = 0; i < 50; ++i) EXPECT_EQ(futures[static_cast<std::size_t>(i)].get(), i);
}

// test_cancel_futures
TEST_F(CPythonFutures, AShutdownCancelsWhatIsQueuedAndWaitsForWhatRuns) {
    auto runs = running();
    std::vector<Future<int>> queued;
    for (int i = 0; i < 50; ++i) queued.push_back(pending());
    sys::Thread opener("opener", [&](const std::stop_token&) {
        while (pool.stats().queued > 0) // until the shutdown has dropped them
            sys::Parker::current().park(sys::deadline_after(std::chrono::microseconds(100)));
        open.set();
    });
    ShutdownReport report;
    sys::Thread ender("ends the pool",
                      [&](const std::stop_token&) { report = pool.shutdown(Deadline::never()); });
    ender.join();
    EXPECT_EQ(report.stopped, 50u);
    EXPECT_EQ(runs.get(), 1);
    for (auto& future : queued) EXPECT_EQ(code_of([&] { future.get(); }), Errc::cancelled);
}

// test_cancel_futures_wait_false, test_shutdown_no_wait
TEST_F(CPythonFutures, AShutdownThatDoesNotWaitCancelsWhatIsQueuedAndLetsTheRestEnd) {
    auto runs = running();
    auto queued = pending();
    EXPECT_FALSE(pool.shutdown(Deadline::past()).complete());
    EXPECT_EQ(code_of([&] { queued.get(); }), Errc::cancelled);
    open.set();
    EXPECT_EQ(runs.get(), 1);
    EXPECT_TRUE(pool.shutdown(Deadline::never()).complete());
}

// test_threads_terminate
TEST(CPythonPool, AfterAShutdownItsThreadsAreGone) {
    Semaphore semaphore{0};
    Pool pool({.workers = 3});
    for (int i = 0; i < 3; ++i) pool.post([&] { EXPECT_EQ(semaphore.acquire(), WaitStatus::ok); });
    EXPECT_GE(pool.stats().threads, 3u);
    semaphore.release(3);
    pool.drain();
    pool.shutdown(Deadline::never());
    EXPECT_EQ(pool.stats().threads, 0u);
}

// test_context_manager_shutdown, test_map, test_del_shutdown
TEST(CPythonPool, AMapGivesItsResultsInTheOrderOfItsRange) {
    std::vector<int> results;
    {
        Pool pool({.workers = 5});
        for (const int value : pool.map([](int n) { return std::abs(n); }, std::views::iota(-5, 5)))
            results.push_back(value);
    }
    EXPECT_THAT(results, ElementsAre(5, 4, 3, 2, 1, 0, 1, 2, 3, 4));
}

// test_thread_names_assigned, test_thread_names_default
TEST(CPythonPool, ThreadsAreNamedAfterTheirPool) {
    Pool special({.name = "special", .workers = 3}), plain({.workers = 3});
    for (const ThreadView& view : special.core()->threads(WaitTable()))
        EXPECT_THAT(view.thread, MatchesRegex("special/[1-3]"));
    for (const ThreadView& view : plain.core()->threads(WaitTable()))
        EXPECT_THAT(view.thread, MatchesRegex("pool/[1-3]"));
    EXPECT_THAT(plain.core()->threads(WaitTable()), testing::SizeIs(3));
}

// test_first_completed
TEST_F(CPythonFutures, WhenAnyIsDoneWithTheFirst) {
    Pool other({.workers = 1});
    std::vector<Future<int>> both;
    both.push_back(running());
    both.push_back(other.submit([] { return 42; }));
    auto first = when_any(std::move(both)).get();
    EXPECT_EQ(first.index, 1u);
    EXPECT_EQ(first.futures[1].get(), 42);
    EXPECT_FALSE(first.futures[0].ready());
}

// test_first_completed_some_already_completed
TEST_F(CPythonFutures, WhenAnyIsDoneAtOnceWhereOneIsDone) {
    std::vector<Future<int>> both;
    auto done = finished(42);
    both.push_back(running());
    both.push_back(std::move(done));
    auto first = when_any(std::move(both));
    EXPECT_TRUE(first.ready());
    EXPECT_EQ(first.get().index, 1u);
}

// test_first_exception, test_first_exception_some_already_complete, test_first_exception_one_already_failed
TEST_F(CPythonFutures, AScopeEndsWithItsFirstErrorAndStopsTheOthers) {
    Pool other({.workers = 2});
    TaskScope scope(other);
    auto value = scope.spawn([] { return 42; });
    value.wait();
    Event never;
    auto waits = scope.spawn([&](const std::stop_token& stop) { return begun.set(), never.wait(stop); });
    begun.wait();
    auto fails = scope.spawn(divide, 21, 0);
    EXPECT_THROW(scope.join(), std::domain_error);
    EXPECT_EQ(value.get(), 42);
    EXPECT_EQ(waits.get(), WaitStatus::stopped);
}

// test_all_completed
TEST_F(CPythonFutures, WhenAllIsDoneOnceAllAreWhateverBecameOfThem) {
    std::vector<Future<int>> all;
    all.push_back(finished(42));
    all.push_back(failed());
    auto runs = running();
    all.push_back(cancelled());
    all.push_back(std::move(runs));
    auto whole = when_all(std::move(all));
    EXPECT_FALSE(whole.ready());
    open.set();
    EXPECT_EQ(whole.wait(), WaitStatus::ok);
    EXPECT_THROW(whole.get(), std::domain_error);
}

// test_timeout
TEST_F(CPythonFutures, AWaitForAllEndsAtItsDeadlineAndLosesNone) {
    std::vector<Future<int>> all;
    all.push_back(finished(42));
    all.push_back(running());
    auto whole = when_all(std::move(all));
    EXPECT_EQ(whole.wait({}, sys::deadline_after(5ms)), WaitStatus::timed_out);
    open.set();
    EXPECT_THAT(whole.get(), ElementsAre(42, 1));
}

// test_pending_calls_race
TEST(CPythonPool, AHundredFuturesThatEndAtOnceAreAllSeen) {
    Event event;
    Pool pool({.workers = 5});
    std::vector<Future<void>> futures;
    for (int i = 0; i < 100; ++i) futures.push_back(pool.submit([&] { event.wait(); }));
    event.set();
    when_all(std::move(futures)).get();
}

// test_no_timeout (as_completed)
TEST_F(CPythonFutures, WhenAnyAgainAndAgainGivesEachOnce) {
    std::vector<Future<int>> left;
    left.push_back(finished(1));
    left.push_back(failed());
    left.push_back(pool.submit([] { return 2; }));
    left.push_back(pool.submit([] { return 3; }));
    int sum = 0, errors = 0;
    while (!left.empty()) {
        auto first = when_any(std::move(left)).get();
        left = std::move(first.futures);
        try {
            sum += left[first.index].get();
        } catch (const std::domain_error&) {
            ++errors;
        }
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(first.index));
    }
    EXPECT_EQ(sum, 6);
    EXPECT_EQ(errors, 1);
}

// test_zero_timeout, test_correct_timeout_exception_msg (as_completed)
TEST_F(CPythonFutures, AGetWhoseDeadlineIsPastGivesWhatIsDoneAndNamesWhatIsNot) {
    auto done = finished(42);
    auto runs = pool.submit({.name = "runs"}, [this] { open.wait(); });
    EXPECT_EQ(done.get({}, Deadline::past()), 42);
    try {
        runs.get({}, Deadline::past());
        FAIL() << "it is not done";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::timed_out);
        EXPECT_THAT(error.what(), HasSubstr("runs (cpython_cases_test.cpp:"));
    }
}

// test_free_reference_yielded_future, test_free_reference
TEST(CPythonPool, AMapKeepsNoResultThatWasLookedAt) {
    Pool pool({.workers = 5});
    std::weak_ptr<int> last;
    for (auto& result : pool.map([](int n) { return std::make_shared<int>(n); }, std::views::iota(0, 10))) {
        EXPECT_TRUE(last.expired());
        last = result;
    }
    EXPECT_TRUE(last.expired());
}

// test_submit, test_submit_keyword
TEST(CPythonPool, SubmitCallsTheFunctionWithItsArguments) {
    Pool pool({.workers = 1});
    EXPECT_EQ(pool.submit(divide, 16, 2).get(), 8);
    EXPECT_EQ(pool.submit({.name = "named"}, divide, 16, 4).get(), 4);
    const auto call = [](const TaskOptions& its_own) { return its_own.name; };
    EXPECT_EQ(pool.submit(TaskOptions{}, call, TaskOptions{.name = "fn"}).get(), "fn");
}

// test_map_exception
TEST(CPythonPool, AMapThrowsWhereTheResultWouldHaveCome) {
    Pool pool({.workers = 2});
    const std::vector<int> divisors{2, 3, 0, 5};
    std::vector<int> results;
    auto map = pool.map([](int by) { return divide(6, by); }, divisors);
    auto at = map.begin();
    EXPECT_EQ(*at, 3);
    ++at;
    EXPECT_EQ(*at, 2);
    EXPECT_THROW(++at, std::domain_error);
}

// test_map_timeout
TEST_F(CPythonFutures, AMapEndsAtItsDeadlineAfterTheResultsThatCame) {
    Pool two({.workers = 2});
    const std::vector<int> range{0, 0, 1};
    int results = 0;
    const auto wait_if = [this](const std::stop_token& stop, int wait) {
        if (wait != 0) open.wait(stop);
    };
    EXPECT_EQ(code_of([&] {
                  for (const auto& each : two.map(wait_if, range, {.deadline = sys::deadline_after(200ms)}))
                      std::ignore = each, ++results;
              }),
              Errc::timed_out);
    EXPECT_EQ(results, 2);
}

// test_no_stale_references
TEST(CPythonPool, WhatATaskHeldIsGoneWhenItHasRunThoughNobodyKeptItsFuture) {
    auto held = std::make_shared<int>();
    Pool pool({.workers = 1});
    std::ignore = pool.submit([](const std::shared_ptr<int>&) {}, held);
    pool.drain();
    EXPECT_EQ(held.use_count(), 1);
}

// test_max_workers_negative
TEST(CPythonPool, BoundsThatCannotBeAreRefused) {
    EXPECT_EQ(code_of([] { Pool pool({.workers = 2, .max_threads = 1}); }), Errc::invalid_argument);
    EXPECT_EQ(code_of([] { Pool pool({.queue_limit = 0}); }), Errc::invalid_argument);
}

// test_default_workers
TEST(CPythonPool, ByDefaultThereAreAsManyWorkersAsProcessors) {
    const Pool pool;
    EXPECT_EQ(pool.stats().threads, std::max(1u, std::thread::hardware_concurrency()));
}

// test_saturation
TEST(CPythonPool, ManyTasksThatWaitStartNoMoreThanItsMostThreads) {
    Semaphore semaphore{0};
    Pool pool({.workers = 4, .max_threads = 6});
    std::vector<Future<WaitStatus>> futures;
    for (int i = 0; i < 60; ++i) futures.push_back(pool.submit([&] { return semaphore.acquire(); }));
    while (pool.stats().threads < 6) std::this_thread::yield();
    semaphore.release(60);
    for (auto& future : futures) EXPECT_EQ(future.get(), WaitStatus::ok);
    EXPECT_LE(pool.stats().threads, 6u);
}

// test_idle_thread_reuse
TEST(CPythonPool, TasksOneAfterTheOtherNeedNoMoreThanItsWorkers) {
    Pool pool({.workers = 1});
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(pool.submit(divide, 42, i).get(), 42 / i);
    EXPECT_EQ(pool.stats().threads, 1u);
}

// test_executor_map_current_future_cancel
TEST_F(CPythonFutures, AMapThatTimesOutCancelsWhatItHasNotBegun) {
    auto first = running();
    std::atomic<int> ran = 0;
    EXPECT_EQ(code_of([&] {
                  for (const auto& each :
                       pool.map([&](int) { ++ran; }, std::views::iota(0, 2), {.deadline = Deadline::past()}))
                      std::ignore = each;
              }),
              Errc::timed_out);
    open.set();
    first.get();
    pool.drain();
    EXPECT_EQ(ran, 0);
}

// test_done_callback_with_result, test_done_callback_already_successful
TEST_F(CPythonFutures, ThenIsGivenTheValueWhetherItCameBeforeOrAfter) {
    const auto add = [](int value) { return value + 1; };
    auto before = finished(5).then(add);
    auto after = running().then(add);
    open.set();
    EXPECT_EQ(before.get(), 6);
    EXPECT_EQ(after.get(), 2);
}

// test_done_callback_with_exception, test_done_callback_already_failed
TEST_F(CPythonFutures, AnErrorPassesThroughThenWithoutACall) {
    const auto fail = [](int) { FAIL() << "it was called"; };
    auto before = failed().then(fail);
    begun.clear();
    auto runs = running();
    auto after = pool.submit([] { return divide(1, 0); }).then(fail);
    open.set();
    EXPECT_THROW(before.get(), std::domain_error);
    EXPECT_THROW(after.get(), std::domain_error);
}

// test_done_callback_with_cancel, test_done_callback_already_cancelled
TEST_F(CPythonFutures, ACancelPassesThroughThenWithoutACall) {
    const auto fail = [](int) { FAIL() << "it was called"; };
    auto runs = running();
    auto before = cancelled().then(fail);
    auto queued = pending();
    const auto state = queued.share_state();
    auto after = std::move(queued).then(fail);
    state->cancel();
    EXPECT_EQ(code_of([&] { before.get(); }), Errc::cancelled);
    EXPECT_EQ(code_of([&] { after.get(); }), Errc::cancelled);
}

// test_done_callback_raises, test_done_callback_raises_already_succeeded
TEST_F(CPythonFutures, AThrowInThenIsItsFuturesAndWhereThatWasDroppedTheSinks) {
    const auto fail = [](int) { throw std::runtime_error("doh"); };
    EXPECT_THROW(finished(5).then(fail).get(), std::runtime_error);
    EXPECT_THAT(heard.lines(), IsEmpty());
    std::ignore = finished(5).then(fail, {.name = "dropped"});
    pool.drain();
    ASSERT_THAT(heard.lines(), testing::SizeIs(1));
    EXPECT_THAT(heard.lines()[0], HasSubstr("dropped"));
    EXPECT_THAT(heard.lines()[0], HasSubstr("doh"));
}

// test_repr
TEST_F(CPythonFutures, AFutureIsToldByItsTaskAndPlace) {
    auto runs = running();
    auto gone = pool.submit({.name = "label"}, [] {});
    gone.cancel();
    try {
        gone.get();
        FAIL() << "it was cancelled";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("label (cpython_cases_test.cpp:"));
    }
}

// test_cancel
TEST_F(CPythonFutures, ACancelTakesBackWhatHasNotBegunAndNothingElse) {
    auto done = finished(5), error = failed();
    auto runs = running();
    auto queued = pending();
    EXPECT_EQ(queued.cancel(), Cancel::cancelled);
    EXPECT_EQ(queued.cancel(), Cancel::done) << "it is over by now";
    EXPECT_EQ(runs.cancel(), Cancel::running);
    EXPECT_EQ(done.cancel(), Cancel::done);
    EXPECT_EQ(error.cancel(), Cancel::done);
    EXPECT_FALSE(runs.ready());
    EXPECT_EQ(done.get(), 5);
    EXPECT_THROW(error.get(), std::domain_error);
}

// test_cancelled, test_done, test_running
TEST_F(CPythonFutures, ReadyIsWhatWillNotChangeAnyMore) {
    auto done = finished(5), error = failed();
    auto runs = running();
    auto gone = cancelled();
    auto queued = pending();
    EXPECT_TRUE(done.ready());
    EXPECT_TRUE(error.ready());
    EXPECT_TRUE(gone.ready());
    EXPECT_FALSE(runs.ready());
    EXPECT_FALSE(queued.ready());
    EXPECT_THROW(error.get(), std::domain_error);
}

// test_result_with_timeout, test_exception_with_timeout
TEST_F(CPythonFutures, AGetWithADeadlineAnswersAtOnceOnlyWithWhatIsDone) {
    auto done = finished(42), error = failed();
    auto runs = running();
    auto gone = cancelled();
    auto queued = pending();
    const Deadline past = Deadline::past();
    EXPECT_EQ(code_of([&] { queued.get({}, past); }), Errc::timed_out);
    EXPECT_EQ(code_of([&] { runs.get({}, past); }), Errc::timed_out);
    EXPECT_EQ(code_of([&] { gone.get({}, past); }), Errc::cancelled);
    EXPECT_THROW(error.get({}, past), std::domain_error);
    EXPECT_EQ(done.get({}, past), 42);
}

// test_result_with_success
TEST_F(CPythonFutures, AGetThatWaitsIsWokenByTheValue) {
    auto runs = running();
    sys::Thread opener("opener", [&](const std::stop_token&) {
        until_waiting("getter");
        open.set();
    });
    sys::Thread getter("getter", [&](const std::stop_token&) { EXPECT_EQ(runs.get(), 1); });
}

// test_result_with_cancel
TEST_F(CPythonFutures, AGetThatWaitsIsWokenByACancel) {
    auto runs = running();
    auto queued = pending();
    const auto state = queued.share_state();
    sys::Thread canceller("canceller", [&](const std::stop_token&) {
        until_waiting("getter");
        state->cancel();
    });
    sys::Thread getter("getter", [&](const std::stop_token&) {
        EXPECT_EQ(code_of([&] { queued.get(); }), Errc::cancelled);
    });
}

// test_exception_with_success
TEST_F(CPythonFutures, AGetThatWaitsIsWokenByTheError) {
    auto fails = pool.submit([this] {
        open.wait();
        return divide(1, 0);
    });
    sys::Thread opener("opener", [&](const std::stop_token&) {
        until_waiting("getter");
        open.set();
    });
    sys::Thread getter("getter",
                       [&](const std::stop_token&) { EXPECT_THROW(fails.get(), std::domain_error); });
}

} // namespace
} // namespace offstage
