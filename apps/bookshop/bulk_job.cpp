#include "apps/bookshop/bulk_job.hpp"

#include "apps/bookshop/bulk.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace stores = offstage::stores;

namespace {

constexpr std::int64_t batch = 2000; // books looked at in one transaction: some 10 ms of the store's thread

/// What a done action tells.
struct BulkSummary {
    std::int64_t changed = 0;
};
BOOST_DESCRIBE_STRUCT(BulkSummary, (), (changed))

/// The books of the next batch; of a filter those that match now.
std::vector<std::int64_t> next_of(jobs::Context& context, const BulkRecord& bulk, const BookFilter& filter) {
    if (!bulk.ids.empty()) {
        const auto from = std::ranges::upper_bound(bulk.ids, bulk.last);
        const auto size = std::min<std::ptrdiff_t>(batch, bulk.ids.end() - from);
        return {from, from + size};
    }
    std::vector<std::int64_t> ids;
    context.store().read([&](stores::Session& session) {
        ids = book_ids_after(session, filter, bulk.last, bulk.highest, batch);
    });
    return ids;
}

void change_batch(jobs::Context& context, BulkRecord& bulk, const BookFilter& filter,
                  std::span<const std::int64_t> ids) {
    BulkRecord after;
    context.store().transact([&](stores::Transaction& tx) {
        after = bulk;
        after.last = ids.back();
        after.looked += static_cast<std::int64_t>(ids.size());
        after.changed += change_books(tx, filter, ids, bulk.change);
        tx.execute("update bookshop_bulk set last = ?2, looked = ?3, changed = ?4 where id = ?1", bulk.id,
                   after.last, after.looked, after.changed);
        context.checkpoint(tx, after.last); // throws where another run holds the job, and nothing is changed
    });
    bulk = std::move(after);
}

jobs::Result<BulkSummary> change(const ChangeBooks& args, jobs::Context& context) {
    std::optional<BulkRecord> bulk;
    context.store().read([&](stores::Session& session) { bulk = find_bulk(session, args.bulk); });
    if (!bulk) return jobs::discard("There is no action " + std::to_string(args.bulk) + ".");
    const BookFilter filter{.book_type = bulk->book_type, .terms = parse_search(bulk->search)};
    while (!context.stop_token().stop_requested()) {
        const std::vector<std::int64_t> ids = next_of(context, *bulk, filter);
        if (ids.empty()) return BulkSummary{bulk->changed};
        change_batch(context, *bulk, filter, ids);
        context.progress(bulk->looked, std::max(bulk->looked, bulk->total));
    }
    if (context.stop_reason() == jobs::StopReason::cancelled)
        return jobs::cancel("Cancelled. " + std::to_string(bulk->changed) +
                            (bulk->changed == 1 ? " book was " : " books were ") +
                            (bulk->change.remove ? "deleted" : "changed") + " before.");
    context.check_stop();
    return BulkSummary{bulk->changed};
}

} // namespace

void add_change_books(jobs::Registry& kinds) {
    kinds.add<ChangeBooks>(change, {
                                       .timeout = std::chrono::hours(2),
                                       .keep_done = std::nullopt, // an action's state is its job's
                                       .keep_failed = std::nullopt,
                                   });
}

} // namespace bookshop
