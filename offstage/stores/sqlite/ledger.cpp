#include "offstage/stores/sqlite/ledger.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/stores/sqlite/id_ranges.hpp"

#include <algorithm>
#include <utility>

namespace offstage::stores::sqlite {
namespace {

constexpr std::int64_t lease_block = 1'000'000;

std::int64_t number_in(Connection& db, std::string_view name) {
    auto rows = db["meta_get"].rows(name);
    return rows.next() ? rows.integer(0) : 0;
}

} // namespace

void Entry::count(QueueEntry& queue, std::size_t slot, std::int64_t by) {
    for (Count& count : counts_)
        if (count.queue == &queue && count.slot == slot) {
            count.by += by;
            return;
        }
    counts_.push_back({&queue, slot, by});
}

void Entry::moved(QueueEntry& queue, std::optional<JobState> from, std::optional<JobState> to, bool suspect) {
    if (from) count(queue, slot_of(*from), -1);
    if (to) count(queue, slot_of(*to), 1);
    if (!suspect) return;
    if (from == JobState::ready) count(queue, suspect_slot, -1);
    if (to == JobState::ready) count(queue, suspect_slot, 1);
}

void Entry::tally(QueueEntry& queue, std::int64_t QueueTotals::* count) {
    // The jobs of one enqueue are one entry.
    if (!tallies_.empty() && tallies_.back().queue == &queue && tallies_.back().count == count)
        ++tallies_.back().by;
    else
        tallies_.push_back({&queue, count, 1, nullptr, {}});
}

void Entry::clear() {
    counts_.clear();
    tallies_.clear();
    left_.clear();
    changes_.clear();
    stored_.clear();
    due_ = WallTime::max();
}

template <class E>
E& Ledger::Names<E>::add(std::int64_t id, std::string_view name, bool stored) {
    auto entry = std::make_unique<E>();
    entry->id = id;
    entry->name = name;
    entry->stored = stored;
    next = std::max(next, id + 1);
    E& added = *entry;
    by_id[id] = entry.get();
    by_name.emplace(name, std::move(entry));
    return added;
}

void Ledger::load(Connection& db) {
    load_names(db);
    next_job_ = std::max(number_in(db, "next_job"), [&] {
        auto rows = db["newest_id"].rows();
        rows.next();
        return rows.integer(0) + 1;
    }());
    // Leases of the block in use may have been given out and lost: start with the next block.
    lease_block_end_ = std::max<std::int64_t>(1, number_in(db, "lease_block_end"));
    next_lease_ = lease_block_end_;
    load_claims(db);
    ended_claims_.clear();
    changes_.clear();
    next_due_ = [&] {
        auto rows = db["next_due"].rows();
        return rows.next() && !rows.is_null(0) ? from_micros(rows.integer(0)) : WallTime::max();
    }();
}

// Entries stay where they are, for parked claims point to them.
void Ledger::load_names(Connection& db) {
    for (auto& [name, entry] : queues_.by_name) {
        entry->stored = entry->dirty = entry->paused = false;
        entry->counts = {};
    }
    for (auto& [name, entry] : kinds_.by_name) entry->stored = false;
    dirty_.clear();
    const auto known = [](auto& names, std::int64_t id, std::string_view name) -> auto& {
        const auto found = names.by_name.find(name);
        auto& entry = found != names.by_name.end() ? *found->second : names.add(id, name, true);
        OFFSTAGE_CHECK(entry.id == id, "a name's number in memory is not that of its row");
        entry.stored = true;
        return entry;
    };
    auto rows = db["queues"].rows();
    while (rows.next()) {
        QueueEntry& queue = known(queues_, rows.integer(0), rows.text(1));
        for (int slot = 0; slot < 7; ++slot)
            queue.counts[static_cast<std::size_t>(slot)] = rows.integer(2 + slot);
        queue.paused = rows.integer(9) != 0;
    }
    auto suspects = db["suspects"].rows();
    while (suspects.next()) queue(suspects.integer(0)).counts[suspect_slot] = suspects.integer(1);
    auto kind_rows = db["kinds"].rows();
    while (kind_rows.next()) known(kinds_, kind_rows.integer(0), kind_rows.text(1));
}

void Ledger::load_claims(Connection& db) {
    claims_.clear();
    const auto known = std::exchange(workers_, {});
    auto workers = db["workers"].rows();
    while (workers.next()) // one whose row was lost with its group was never told its number
        if (known.contains(workers.integer(0))) workers_.emplace(workers.integer(0), 0);
    if (workers_.empty()) return; // claims of dead workers are rescue's business
    auto rows = db["claims"].rows();
    while (rows.next()) {
        const auto worker = workers_.find(rows.integer(1));
        if (worker == workers_.end()) continue;
        ClaimEntry claim{.worker = worker->first};
        for (const std::int64_t id : from_ranges(rows.text(2))) {
            auto job = db["job_get"].rows(id);
            if (job.next() && job.integer(2) == static_cast<int>(JobState::running) &&
                job.integer(3) == rows.integer(0))
                ++claim.running;
        }
        worker->second += claim.running;
        claims_.emplace(rows.integer(0), claim);
    }
}

QueueEntry& Ledger::queue(std::string_view name) {
    if (const auto found = queues_.by_name.find(name); found != queues_.by_name.end()) return *found->second;
    return queues_.add(queues_.next, name, false);
}

QueueEntry& Ledger::stored_queue(Connection& db, Entry& entry, std::string_view name) {
    QueueEntry& found = queue(name);
    if (!found.stored) {
        db["queue_insert"].run(found.id, found.name);
        found.stored = true;
        entry.stored_.push_back(&found.stored);
    }
    return found;
}

KindEntry& Ledger::stored_kind(Connection& db, Entry& entry, std::string_view name) {
    const auto known = kinds_.by_name.find(name);
    KindEntry& found = known != kinds_.by_name.end() ? *known->second : kinds_.add(kinds_.next, name, false);
    if (!found.stored) {
        db["kind_insert"].run(found.id, found.name);
        found.stored = true;
        entry.stored_.push_back(&found.stored);
    }
    return found;
}

QueueEntry& Ledger::queue(std::int64_t id) const {
    const auto found = queues_.by_id.find(id);
    if (found == queues_.by_id.end())
        throw Error(Errc::corrupt, "a job names queue number " + std::to_string(id) + ", which is not there");
    return *found->second;
}

const KindEntry& Ledger::kind(std::int64_t id) const {
    const auto found = kinds_.by_id.find(id);
    if (found == kinds_.by_id.end())
        throw Error(Errc::corrupt, "a job names kind number " + std::to_string(id) + ", which is not there");
    return *found->second;
}

std::vector<QueueTotals> Ledger::totals() const {
    std::vector<QueueTotals> all;
    all.reserve(queues_.by_name.size());
    for (const auto& [name, queue] : queues_.by_name) all.emplace_back(queue->totals).queue = name;
    return all;
}

void Ledger::keep_next_job(Connection& db) {
    db["meta_set"].run("next_job", next_job_);
}

Lease Ledger::next_lease(Connection& db) {
    if (next_lease_ == lease_block_end_) {
        lease_block_end_ += lease_block;
        db["meta_set"].run("lease_block_end", lease_block_end_);
    }
    return {next_lease_++};
}

void Ledger::apply(Entry& entry) {
    for (const auto& [queue, slot, by] : entry.counts_) {
        queue->counts[slot] += by;
        if (!queue->dirty) dirty_.push_back(queue);
        queue->dirty = true;
    }
    for (const auto& [queue, count, by, durations, took] : entry.tallies_) {
        if (count) queue->totals.*count += by;
        if (durations) (queue->totals.*durations).add(took);
    }
    for (const std::int64_t lease : entry.left_) {
        const auto claim = claims_.find(lease);
        if (claim == claims_.end()) continue; // of a worker that is gone
        if (const auto worker = workers_.find(claim->second.worker); worker != workers_.end())
            --worker->second;
        if (--claim->second.running > 0) continue;
        claims_.erase(claim);
        ended_claims_.push_back(lease);
    }
    changes_.insert(changes_.end(), entry.changes_.begin(), entry.changes_.end());
    next_due_ = std::min(next_due_, entry.due_);
    entry.clear();
}

void Ledger::discard(Entry& entry) {
    for (bool* const stored : entry.stored_) *stored = false;
    entry.clear();
}

void Ledger::write_counts(Connection& db) {
    for (QueueEntry* const queue : std::exchange(dirty_, {})) {
        queue->dirty = false;
        const Counts& n = queue->counts;
        db["queue_set"].run(queue->id, n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
    }
}

void Ledger::delete_ended_claims(Connection& db) {
    for (const std::int64_t lease : std::exchange(ended_claims_, {})) db["claim_delete"].run(lease);
}

void Ledger::add_claim(Lease lease, WorkerId worker, std::int64_t jobs) {
    claims_.emplace(lease.value, ClaimEntry{.worker = worker.value, .running = jobs});
    workers_[worker.value] += jobs;
}

std::int64_t Ledger::held_by(WorkerId worker) const {
    const auto found = workers_.find(worker.value);
    return found != workers_.end() ? found->second : 0;
}

} // namespace offstage::stores::sqlite
