#include "offstage/jobs/worker/verdict.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace offstage::jobs::detail {
namespace {

using namespace std::chrono_literals;
using What = stores::Outcome::What;

class Verdict : public testing::Test {
protected:
    Verdict() {
        job.id = {7};
        job.lease = {3};
        job.kind = "count";
        job.errors = 1;
        job.max_attempts = 4;
        kind.name = "count";
        kind.options = {.timeout = 2s, .backoff = constant(5s), .keep_done = 1h, .keep_failed = 2h};
    }

    Case run(StopReason reason = StopReason::none) const { return {job, &kind, reason}; }

    template <class E>
    stores::Outcome on_throw(E error, StopReason reason = StopReason::none) const {
        return threw(run(reason), std::make_exception_ptr(error));
    }

    stores::ClaimedJob job;
    Kind kind;
};

TEST_F(Verdict, AReturnedResultIsDoneForWhateverReasonItWasAskedToStop) {
    for (const StopReason reason : {StopReason::none, StopReason::cancelled, StopReason::timed_out,
                                    StopReason::lease_lost, StopReason::shutdown}) {
        const auto outcome = returned(run(reason), std::string("5"));
        EXPECT_EQ(outcome.what, What::done);
        EXPECT_EQ(outcome.text, "5");
        EXPECT_EQ(outcome.id, job.id);
        EXPECT_EQ(outcome.lease, job.lease);
        EXPECT_EQ(outcome.keep, 1h);
    }
}

TEST_F(Verdict, AResultOfMoreThanAMebibyteFailsWithASentence) {
    EXPECT_EQ(returned(run(), std::string(1 << 20, 'x')).what, What::done);
    const auto outcome = returned(run(), std::string((1 << 20) + 1, 'x'));
    EXPECT_EQ(outcome.what, What::failed);
    EXPECT_NE(outcome.text.find("1 MiB"), std::string::npos) << outcome.text;
}

TEST_F(Verdict, AResultThatIsNotUtf8FailsWithASentence) {
    const auto outcome = returned(run(), std::string("\"\xFF\""));
    EXPECT_EQ(outcome.what, What::failed);
    EXPECT_NE(outcome.text.find("not UTF-8"), std::string::npos) << outcome.text;
}

TEST_F(Verdict, SnoozeCancelAndDiscardAreWhatTheySay) {
    EXPECT_EQ(returned(run(), snooze(9s)).what, What::snooze);
    EXPECT_EQ(returned(run(), snooze(9s)).delay, 9s);
    EXPECT_EQ(returned(run(), snooze(-9s)).delay, 0s);
    EXPECT_EQ(returned(run(), cancel("no")).what, What::cancelled);
    EXPECT_EQ(returned(run(), discard("bad")).what, What::failed);
    EXPECT_EQ(returned(run(), discard("bad")).text, "bad");
    EXPECT_EQ(returned(run(), discard("bad")).keep, 2h);
}

TEST_F(Verdict, AnErrorKeepsItsTypeAndWordsAndIsRetriedByTheBackoff) {
    const auto outcome = on_throw(std::runtime_error("disk on fire"));
    EXPECT_EQ(outcome.what, What::retry);
    EXPECT_EQ(outcome.text, "std::runtime_error: disk on fire");
    EXPECT_EQ(outcome.delay, 5s);
}

TEST_F(Verdict, TheBackoffIsToldTheErrorsWithThisOne) {
    kind.options.backoff = [](int errors) { return std::chrono::microseconds(errors); };
    EXPECT_EQ(on_throw(std::runtime_error("x")).delay, 2us);
}

TEST_F(Verdict, AfterMaxAttemptsAnErrorFails) {
    job.errors = 3;
    EXPECT_EQ(on_throw(std::runtime_error("x")).what, What::failed);
}

TEST_F(Verdict, WhatIsNoStdExceptionIsAnErrorToo) {
    EXPECT_EQ(on_throw(42).text, "a thrown int");
}

TEST_F(Verdict, ABackoffThatThrowsFailsTheJobAndIsTold) {
    kind.options.backoff = [](int) -> std::chrono::microseconds { throw std::logic_error("no idea"); };
    const auto outcome = on_throw(std::runtime_error("first"));
    EXPECT_EQ(outcome.what, What::failed);
    EXPECT_NE(outcome.text.find("first"), std::string::npos);
    EXPECT_NE(outcome.text.find("no idea"), std::string::npos);
}

TEST_F(Verdict, AHandlerThatThrowsAfterItsTimeoutTimedOut) {
    const auto stopped = on_throw(Error(Errc::stopped, "stopped"), StopReason::timed_out);
    EXPECT_EQ(stopped.what, What::retry);
    EXPECT_EQ(stopped.text, "timed out after 2 s");
    EXPECT_EQ(on_throw(std::runtime_error("other"), StopReason::timed_out).text,
              "timed out after 2 s; then std::runtime_error: other");
}

TEST_F(Verdict, AHandlerThatThrowsWhenItsJobIsCancelledEndsCancelled) {
    const auto outcome = on_throw(Error(Errc::stopped, "stopped"), StopReason::cancelled);
    EXPECT_EQ(outcome.what, What::cancelled);
    EXPECT_EQ(outcome.text, "") << "the reason is that of the request";
    EXPECT_EQ(outcome.keep, 2h);
    EXPECT_EQ(on_throw(std::runtime_error("no undo"), StopReason::cancelled).text,
              "std::runtime_error: no undo");
}

TEST_F(Verdict, AHandlerThatThrowsAtShutdownIsGivenBack) {
    EXPECT_EQ(on_throw(std::runtime_error("x"), StopReason::shutdown).what, What::release);
    EXPECT_EQ(on_throw(LeaseLost("x"), StopReason::lease_lost).what, What::release);
}

TEST_F(Verdict, AHandlerLeftBehindTimedOutUnlessItWasCancelledOrShutDown) {
    EXPECT_EQ(left_behind(run(StopReason::timed_out)).what, What::retry);
    EXPECT_EQ(left_behind(run(StopReason::cancelled)).what, What::cancelled);
    EXPECT_EQ(left_behind(run(StopReason::shutdown)).what, What::release);
}

TEST_F(Verdict, AnUnknownKindIsAnErrorThatSaysWhatToDo) {
    const auto outcome = unknown_kind({job, nullptr});
    EXPECT_EQ(outcome.what, What::retry);
    EXPECT_NE(outcome.text.find("\"count\""), std::string::npos) << outcome.text;
    EXPECT_GT(outcome.delay, 0s);
}

} // namespace
} // namespace offstage::jobs::detail
