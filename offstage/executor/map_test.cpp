#include "offstage/base/error.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/executor/testing.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace offstage {
namespace {

using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Map, GivesTheResultsInOrder) {
    Runtime runtime{{.workers = 3}};
    std::vector<int> numbers(200);
    for (int i = 0; i < 200; ++i) numbers[static_cast<std::size_t>(i)] = i;
    int expected = 0;
    for (const int square : runtime.map([](int n) { return n * n; }, numbers)) {
        EXPECT_EQ(square, expected * expected);
        ++expected;
    }
    EXPECT_EQ(expected, 200);
}

TEST(Map, AnEmptyRangeGivesNothing) {
    Runtime runtime{{.workers = 1}};
    for ([[maybe_unused]] const int n : runtime.map([](int i) { return i; }, std::vector<int>{})) FAIL();
}

TEST(Map, TakesRangesByValueAndEndlessOnes) {
    Runtime runtime{{.workers = 2}};
    std::size_t letters = 0;
    for (const std::size_t n :
         runtime.map([](const std::string& s) { return s.size(); }, std::vector<std::string>{"a", "bc"}))
        letters += n;
    EXPECT_EQ(letters, 3u);
    int last = 0;
    for (const int n : runtime.map([](int i) { return 2 * i; }, std::views::iota(0))) {
        last = n;
        if (n == 100) break;
    }
    EXPECT_EQ(last, 100);
}

TEST(Map, MovesTheElementsOfARangeThatWasMovedInAndCopiesThoseOfAnother) {
    Runtime runtime{{.workers = 2}};
    std::vector<std::unique_ptr<int>> given;
    for (int i = 1; i <= 3; ++i) given.push_back(std::make_unique<int>(i));
    int sum = 0;
    for (const int n : runtime.map([](const std::unique_ptr<int>& one) { return *one; }, std::move(given)))
        sum += n;
    EXPECT_EQ(sum, 6);
    const std::vector<std::string> lent{"long enough to lie outside the string itself"};
    for (const std::size_t n : runtime.map([](std::string s) { return std::exchange(s, {}).size(); }, lent))
        EXPECT_EQ(n, lent[0].size());
    EXPECT_FALSE(lent[0].empty());
    struct Light { // a range over somebody else's
        std::vector<std::string>* strings;
        auto begin() const { return strings->begin(); }
        auto end() const { return strings->end(); }
    };
    std::vector<std::string> strings = lent;
    for (const std::size_t n :
         runtime.map([](std::string s) { return std::exchange(s, {}).size(); }, Light{&strings}))
        EXPECT_EQ(n, lent[0].size());
    EXPECT_EQ(strings, lent);
}

TEST(Map, KeepsAtMostAWindowInFlight) {
    Runtime runtime{{.workers = 2}};
    std::atomic<int> begun = 0, seen = 0;
    for ([[maybe_unused]] const int n : runtime.map(
             [&](int i) {
                 ++begun;
                 return i;
             },
             std::views::iota(0, 50), {.window = 3})) {
        ++seen;
        EXPECT_LE(begun, seen + 3);
    }
    EXPECT_EQ(seen, 50);
}

TEST(Map, AnErrorComesInItsPlaceAndEndsTheRest) {
    Heard heard;
    std::atomic<int> begun = 0;
    Runtime runtime{{.workers = 2, .on_error = heard.handler()}};
    int seen = 0;
    const auto walk = [&] {
        for ([[maybe_unused]] const int n : runtime.map(
                 [&](int i) {
                     ++begun;
                     if (i == 5) throw std::out_of_range("five");
                     return i;
                 },
                 std::views::iota(0, 1000), {.window = 4}))
            ++seen;
    };
    EXPECT_THROW(walk(), std::out_of_range);
    EXPECT_EQ(seen, 5);
    EXPECT_LE(begun, 10);
    runtime.pool().drain();
    EXPECT_THAT(heard.lines(), IsEmpty());
}

TEST(Map, LeavingTheLoopWaitsForWhatRuns) {
    Event begun, never;
    std::atomic<int> running = 0;
    Runtime runtime{{.workers = 2}};
    for ([[maybe_unused]] const int n : runtime.map(
             [&](const std::stop_token& stop, int i) {
                 ++running;
                 if (i > 0) {
                     begun.set();
                     never.wait(stop);
                 }
                 --running;
                 return i;
             },
             std::views::iota(0))) {
        begun.wait();
        break;
    }
    EXPECT_EQ(running, 0);
}

TEST(Map, WorksForFunctionsWithoutAResultAndForWhatCanOnlyBeMoved) {
    Runtime runtime{{.workers = 2}};
    std::atomic<int> sum = 0;
    for ([[maybe_unused]] const std::monostate nothing :
         runtime.map([&](int n) { sum += n; }, std::views::iota(1, 5)))
        ++sum;
    EXPECT_EQ(sum, 14);
    for (auto& pointer : runtime.map([](int n) { return std::make_unique<int>(n); }, std::views::iota(1, 3)))
        sum += *std::move(pointer);
    EXPECT_EQ(sum, 17);
}

TEST(Map, AStopAndADeadlineEndTheWait) {
    Event open;
    std::stop_source stop;
    stop.request_stop();
    Runtime runtime{{.workers = 1}};
    const auto walk = [&](const MapOptions& options) {
        try {
            for ([[maybe_unused]] const int n : runtime.map(
                     [&](const std::stop_token& token, int i) {
                         open.wait(token);
                         return i;
                     },
                     std::views::iota(0, 3), options))
                ADD_FAILURE();
        } catch (const Error& error) {
            return error.code();
        }
        return Errc::internal;
    };
    EXPECT_EQ(walk({.stop = stop.get_token()}), Errc::stopped);
    EXPECT_EQ(walk({.deadline = sys::deadline_after(1ms)}), Errc::timed_out);
}

TEST(Map, InsideATaskItNeedsNoMoreThreads) {
    Runtime runtime{{.workers = 1, .max_threads = 1}};
    auto total = runtime.submit([&] {
        int sum = 0;
        for (const int n : runtime.map([](int i) { return i; }, std::views::iota(0, 10))) sum += n;
        return sum;
    });
    EXPECT_EQ(total.get(), 45);
}

} // namespace
} // namespace offstage
