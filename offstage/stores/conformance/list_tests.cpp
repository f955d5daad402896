// What a store is asked about jobs: to find, to list.
#include "offstage/stores/conformance/conformance.hpp"

#include <algorithm>

namespace offstage::stores::conformance {

using namespace std::chrono_literals;
using What = Outcome::What;

namespace {

std::vector<JobId> ids_of(const JobPage& page) {
    std::vector<JobId> ids;
    for (const JobRecord& job : page.jobs) ids.push_back(job.id);
    return ids;
}

} // namespace

TEST_P(StoreConformance, AJobThatWasNeverThereIsNotFound) {
    EXPECT_FALSE(store->find(JobId{12345}));
    EXPECT_TRUE(store->notes({12345}).empty());
}

TEST_P(StoreConformance, ManyJobsAreFoundAtOnceLiveAndEnded) {
    const auto ids = enqueue_many(3, job());
    store->cancel(ids[1], "test");
    const std::vector asked{ids[0], ids[1], JobId{99999}};
    const auto found = store->find(asked);
    EXPECT_EQ(found.size(), 2U);
    const std::vector<JobId> many(1001);
    EXPECT_EQ(code_of([&] { std::ignore = store->find(many); }), Errc::invalid_argument);
}

TEST_P(StoreConformance, AListShowsTheNewestFirstWithAllConditionsMet) {
    NewJob mail{.queue = "mail", .kind = "send"}, other{.queue = "other", .kind = "send"};
    std::vector<JobId> mails;
    for (int i = 0; i < 5; ++i) {
        mails.push_back(enqueue(mail));
        enqueue(other);
    }
    store->cancel(mails[0], "test");
    const auto ids = [&](const JobFilter& filter) {
        std::vector<JobId> listed;
        for (const auto& one : store->list(filter).jobs) listed.push_back(one.id);
        return listed;
    };
    EXPECT_EQ(ids({}).size(), 10U);
    EXPECT_TRUE(std::ranges::is_sorted(ids({}), std::greater<>{}));
    EXPECT_EQ(ids({.queue = "mail"}), (std::vector{mails[4], mails[3], mails[2], mails[1], mails[0]}));
    EXPECT_EQ(ids({.state = JobState::ready, .queue = "mail"}),
              (std::vector{mails[4], mails[3], mails[2], mails[1]}));
    EXPECT_EQ(ids({.state = JobState::cancelled}), std::vector{mails[0]});
    EXPECT_EQ(ids({.queue = "mail", .before = mails[3], .limit = 2}), (std::vector{mails[2], mails[1]}));
    EXPECT_TRUE(ids({.kind = "unheard of"}).empty());
    EXPECT_TRUE(ids({.state = JobState::running}).empty());
    EXPECT_EQ(code_of([&] { ids({.limit = 1001}); }), Errc::invalid_argument);
}

TEST_P(StoreConformance, AListTellsWhereItGoesOn) {
    const auto all = enqueue_many(5, job());
    store->cancel(all[1], "test"); // live and ended ones are one list
    JobPage page = store->list({.limit = 2});
    EXPECT_EQ(ids_of(page), (std::vector{all[4], all[3]}));
    ASSERT_TRUE(page.next);
    page = store->list({.before = *page.next, .limit = 2});
    EXPECT_EQ(ids_of(page), (std::vector{all[2], all[1]}));
    ASSERT_TRUE(page.next);
    page = store->list({.before = *page.next, .limit = 2});
    EXPECT_EQ(ids_of(page), std::vector{all[0]});
    EXPECT_FALSE(page.next);
    EXPECT_FALSE(store->list({.limit = 5}).next) << "exactly all of them";
}

TEST_P(StoreConformance, AListLooksAtABoundedNumberOfJobsAndSaysWhereItGoesOn) {
    const JobId old = enqueue(job("rare"));
    enqueue_many(10, job());
    JobFilter filter{.kind = "rare", .look = 4};
    std::vector<JobId> found;
    int pages = 0;
    for (std::optional<JobId> next = JobId{}; next; ++pages) {
        filter.before = *next;
        const JobPage page = store->list(filter);
        for (const JobId id : ids_of(page)) found.push_back(id);
        next = page.next;
    }
    EXPECT_EQ(found, std::vector{old});
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(code_of([&] { store->list({.look = 0}); }), Errc::invalid_argument);
}

TEST_P(StoreConformance, AListFindsWhatIsRunningOrFewAmongManyOthers) {
    enqueue_many(2, job());
    const WorkerId worker = store->add_worker("w");
    const ClaimedJob running = claim_one(worker);
    NewJob later = job();
    later.delay = 1h;
    const JobId scheduled = enqueue(later);
    const auto rest = enqueue_many(20, {.queue = "other", .kind = "work"});
    const auto list = [&](JobState state) {
        return ids_of(store->list({.state = state, .queue = "default", .look = 3}));
    };
    EXPECT_EQ(list(JobState::running), std::vector{running.id});
    EXPECT_EQ(list(JobState::scheduled), std::vector{scheduled});
    EXPECT_EQ(ids_of(store->list({.state = JobState::ready, .limit = 2})), (std::vector{rest[19], rest[18]}));
    acknowledge({{.id = running.id, .lease = running.lease, .what = What::release}});
    EXPECT_TRUE(list(JobState::running).empty());
}

TEST_P(StoreConformance, AListShowsSuspectsAmongTheReady) {
    const JobId suspect = enqueue(job());
    claim_one(store->add_worker("w"));
    crash();
    store->rescue({});
    const JobId other = enqueue(job());
    EXPECT_EQ(ids_of(store->list({.state = JobState::ready})), (std::vector{other, suspect}));
}

TEST_P(StoreConformance, AListFindsATagButNoPartOfOne) {
    NewJob tagged = job();
    tagged.tags = {"nightly", "shop 7"};
    const JobId id = enqueue(tagged);
    enqueue(job());
    EXPECT_EQ(ids_of(store->list({.tag = "nightly"})), std::vector{id});
    EXPECT_EQ(ids_of(store->list({.tag = "shop 7"})), std::vector{id});
    EXPECT_TRUE(store->list({.tag = "night"}).jobs.empty());
}

TEST_P(StoreConformance, AListFindsATextInArgumentsAndErrorsOfEitherCase) {
    NewJob mail = job();
    mail.args = R"({"to":"Ada@Example.org"})";
    const JobId sent = enqueue(mail);
    const WorkerId worker = store->add_worker("w");
    run(worker, {.what = What::failed, .text = "Mailbox FULL"});
    const JobId other = enqueue(job());
    EXPECT_EQ(ids_of(store->list({.text = "ada@example"})), std::vector{sent});
    EXPECT_EQ(ids_of(store->list({.text = "mailbox full"})), std::vector{sent});
    EXPECT_TRUE(store->list({.text = "%"}).jobs.empty()) << "no pattern";
    store->cancel(other, "nobody wants it");
    EXPECT_EQ(ids_of(store->list({.text = "nobody"})), std::vector{other});
}

TEST_P(StoreConformance, AListCutsPayloadsAsAsked) {
    NewJob big = job();
    big.args = R"({"text":"äääääääääääääääääääääääääääääääääääää"})";
    enqueue(big);
    EXPECT_EQ(store->list({.payload_bytes = 10}).jobs.at(0).args, R"({"text":")")
        << "half a character is none";
    EXPECT_EQ(store->list({.payload_bytes = 0}).jobs.at(0).args, "");
    EXPECT_EQ(store->list({}).jobs.at(0).args, big.args);
}

} // namespace offstage::stores::conformance
