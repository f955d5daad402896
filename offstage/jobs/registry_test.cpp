#include "offstage/jobs/registry.hpp"

#include "offstage/jobs/client.hpp"

#include <gtest/gtest.h>

namespace offstage::jobs {
namespace {

using namespace std::chrono_literals;

struct Count {
    static constexpr std::string_view kind = "count";
    int to = 3;
};
BOOST_DESCRIBE_STRUCT(Count, (), (to))

struct Other {
    static constexpr std::string_view kind = "other";
};

struct Queued {
    static constexpr std::string_view kind = "queued";
    static InsertOptions defaults() { return {.queue = "slow"}; }
};

struct Nameless {
    static constexpr std::string_view kind =
        ""; // NOLINT(readability-redundant-string-init): it has to have one
};

// Handlers here ask nothing of their context.
class NoContext final : public Context {
public:
    JobId id() const noexcept override { return {}; }
    Lease lease() const noexcept override { return {}; }
    int attempt() const noexcept override { return 1; }
    int errors() const noexcept override { return 0; }
    int max_attempts() const noexcept override { return 1; }
    std::string_view kind() const noexcept override { return "none"; }
    std::string_view queue() const noexcept override { return "none"; }
    std::stop_token stop_token() const noexcept override { return {}; }
    StopReason stop_reason() const noexcept override { return reason; }
    void progress(std::int64_t, std::int64_t) override {}
    void log(std::string) override {}
    Client& client() noexcept override { std::abort(); }
    stores::Store& store() noexcept override { std::abort(); }
    std::string_view checkpoint_json() const noexcept override { return {}; }

    StopReason reason = StopReason::none;

private:
    void checkpoint_text(stores::Transaction&, std::string) override {}
    void complete_text(stores::Transaction&, std::string) override {}
};

Ending run(const Registry& kinds, std::string_view kind, std::string_view args) {
    NoContext context;
    return kinds.find(kind)->run(args, context);
}

TEST(Registry, AHandlerThatReturnsNothingIsDoneWithoutAResult) {
    Registry kinds;
    int given = 0;
    kinds.add<Count>([&](const Count& count, Context&) { given = count.to; });
    EXPECT_EQ(std::get<std::string>(run(kinds, "count", R"({"to":5})")), "");
    EXPECT_EQ(given, 5);
}

TEST(Registry, AQueueIsOfThisProgramWhereAKindWithAHandlerHereHasItForItsOwn) {
    Registry kinds;
    kinds.add<Count>([](const Count&, Context&) {});
    kinds.add<Queued>([](const Queued&, Context&) {});
    kinds.add_external("elsewhere", {}, {.queue = "python"});
    EXPECT_EQ(kinds.handled_in("default")->name, "count");
    EXPECT_EQ(kinds.handled_in("slow")->name, "queued");
    EXPECT_EQ(kinds.handled_in("python"), nullptr);
    EXPECT_EQ(kinds.handled_in("unheard of"), nullptr);
}

TEST(Registry, AnAbsentFieldKeepsItsDefault) {
    Registry kinds;
    kinds.add<Count>([](const Count& count, Context&) { return count.to; });
    EXPECT_EQ(std::get<std::string>(run(kinds, "count", "{}")), "3");
}

TEST(Registry, WhatAHandlerReturnsIsKeptAsJson) {
    Registry kinds;
    kinds.add<Count>([](const Count&, Context&) { return std::string("all"); });
    EXPECT_EQ(std::get<std::string>(run(kinds, "count", "{}")), "\"all\"");
}

TEST(Registry, AHandlerMayEndInEachWayOfTheClosedSet) {
    Registry kinds;
    kinds.add<Count>([](const Count& count, Context&) -> Result<int> {
        switch (count.to) {
        case 1:
            return snooze(2s);
        case 2:
            return cancel("not wanted");
        case 3:
            return discard("never works");
        default:
            return count.to;
        }
    });
    EXPECT_EQ(std::get<Snooze>(run(kinds, "count", R"({"to":1})")).delay, 2s);
    EXPECT_EQ(std::get<Cancel>(run(kinds, "count", R"({"to":2})")).why, "not wanted");
    EXPECT_EQ(std::get<Discard>(run(kinds, "count", R"({"to":3})")).why, "never works");
    EXPECT_EQ(std::get<std::string>(run(kinds, "count", R"({"to":4})")), "4");
}

TEST(Registry, AHandlerMayAlwaysEndInTheSameWay) {
    Registry kinds;
    kinds.add<Count>([](const Count&, Context&) { return snooze(1s); });
    kinds.add<Other>([](const Other&, Context&) -> Result<> { return std::monostate(); });
    EXPECT_EQ(std::get<Snooze>(run(kinds, "count", "{}")).delay, 1s);
    EXPECT_EQ(std::get<std::string>(run(kinds, "other", "{}")), "");
}

TEST(Registry, ArgumentsThatDoNotFitAreDiscardedWithTheirPath) {
    Registry kinds;
    kinds.add<Count>([](const Count&, Context&) { FAIL() << "must not run"; });
    EXPECT_NE(std::get<Discard>(run(kinds, "count", R"({"to":"many"})")).why.find("$.to"), std::string::npos);
    EXPECT_NE(std::get<Discard>(run(kinds, "count", "{")).why.find("JSON"), std::string::npos);
}

TEST(Registry, TellsWhetherArgumentsFitWithoutRunningThem) {
    Registry kinds;
    kinds.add<Count>([](const Count&, Context&) { FAIL() << "must not run"; });
    const Kind& count = *kinds.find("count");
    EXPECT_EQ(count.misfit(R"({"to":5})"), std::nullopt);
    EXPECT_NE(count.misfit(R"({"to":"many"})")->find("$.to"), std::string::npos);
}

TEST(Registry, KnowsTheDefaultsOfAKind) {
    Registry kinds;
    kinds.add<Queued>([](const Queued&, Context&) {});
    kinds.add<Other>([](const Other&, Context&) {});
    EXPECT_EQ(kinds.find("queued")->defaults.queue, "slow");
    EXPECT_EQ(kinds.find("other")->defaults.queue, "");
}

TEST(Registry, ListsItsKindsByName) {
    Registry kinds;
    kinds.add<Other>([](const Other&, Context&) {});
    kinds.add<Count>([](const Count&, Context&) {});
    ASSERT_EQ(kinds.kinds().size(), 2u);
    EXPECT_EQ(kinds.kinds()[0]->name, "count");
    EXPECT_EQ(kinds.kinds()[1]->name, "other");
}

TEST(Registry, AnExternalKindTakesAnyArgumentsAndIsNotRunHere) {
    Registry kinds;
    kinds.add_external("elsewhere", {.over_http = true}, {.queue = "python"});
    EXPECT_EQ(kinds.find("elsewhere")->misfit(R"({"any":["thing"]})"), std::nullopt);
    EXPECT_EQ(kinds.find("elsewhere")->defaults.queue, "python");
    EXPECT_THROW(run(kinds, "elsewhere", "{}"), Error);
    EXPECT_THROW(kinds.add_external("elsewhere"), Error) << "the name is taken";
}

TEST(Registry, WhatAHandlerThrowsPassesThrough) {
    Registry kinds;
    kinds.add<Count>([](const Count&, Context&) { throw Error(Errc::invalid_argument, "mine"); });
    EXPECT_THROW(run(kinds, "count", "{}"), Error);
}

TEST(Registry, RefusesWhatCannotBe) {
    Registry kinds;
    const auto nothing = [](const auto&, Context&) {};
    kinds.add<Count>(nothing);
    EXPECT_THROW(kinds.add<Count>(nothing), Error) << "the name is taken";
    EXPECT_THROW(kinds.add<Nameless>(nothing), Error);
    EXPECT_THROW(kinds.add<Other>(nothing, {.timeout = -1s}), Error);
    EXPECT_THROW(kinds.add<Other>(nothing, {.backoff = nullptr}), Error);
    EXPECT_THROW(kinds.add<Other>(nothing, {.keep_done = -1s}), Error);
    EXPECT_EQ(kinds.find("other"), nullptr);
}

TEST(Context, CheckStopThrowsWhatTheReasonIs) {
    NoContext context;
    EXPECT_NO_THROW(context.check_stop());
    context.reason = StopReason::lease_lost;
    EXPECT_THROW(context.check_stop(), LeaseLost);
    context.reason = StopReason::shutdown;
    try {
        context.check_stop();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::stopped);
    }
}

TEST(Registry, JobsEndedByWhoDoesNotKnowTheirKindAreKeptAsLongAsAnyKindWants) {
    Registry kinds;
    kinds.add_external("brief", {.keep_failed = std::chrono::hours(1)});
    EXPECT_EQ(kinds.longest_keep_failed(), std::chrono::hours(1));
    kinds.add_external("long", {.keep_failed = std::chrono::hours(9)});
    EXPECT_EQ(kinds.longest_keep_failed(), std::chrono::hours(9));
    kinds.add_external("for_ever", {.keep_failed = std::nullopt});
    EXPECT_EQ(kinds.longest_keep_failed(), std::nullopt);
}

} // namespace
} // namespace offstage::jobs
