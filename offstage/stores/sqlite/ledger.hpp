// What the writer knows by heart: names, counts, workers, claims, the next numbers. All of it stands in the
// database too and is loaded from there; it is kept beside so that an empty queue costs no query, a count no
// counting, and an id no table of its own.
//
//   QueueEntry, KindEntry   a name and its number; kept for ever, since rows speak of them
//   Entry                   what one operation will have changed, told to the ledger only when it succeeded
//   Ledger                  the whole
//
// Always holds between two groups: the ledger says what the database says. When a group's transaction is
// lost, the ledger is loaded anew.
//
// Numbers that are never used again. Jobs: ids leave the tables only by pruning, which writes the next id
// down in the same transaction (Ledger::keep_next_job); so the next is one more than the largest of what is
// there and what was written down, and enqueueing pays nothing for it. Leases: one number for each claim,
// taken from blocks of a million whose end is written down, so that claims pay nothing either. A job's lease
// is the number of its claim, which grows from claim to claim of every job.
//
// Threads: the writer's only.
#pragma once

#include "offstage/stores/sqlite/connection.hpp"
#include "offstage/stores/totals.hpp"
#include "offstage/stores/types.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace offstage::stores::sqlite {

/// So many jobs are in each state; the last slot counts those of the ready ones that are suspects.
inline constexpr std::size_t suspect_slot = 7;
using Counts = std::array<std::int64_t, 8>;
constexpr std::size_t slot_of(JobState state) noexcept {
    return static_cast<std::size_t>(state);
}

struct QueueEntry {
    std::int64_t id = 0;
    std::string name;
    bool stored = false; ///< has its row
    bool dirty = false;  ///< counts changed since the row was written
    bool paused = false;
    QueueTotals totals{}; ///< since the ledger is there
    Counts counts{};

    /// What may be given out now: none while the queue is paused.
    std::int64_t ready() const noexcept {
        return paused ? 0 : counts[slot_of(JobState::ready)] - counts[suspect_slot];
    }
    std::int64_t suspects() const noexcept { return paused ? 0 : counts[suspect_slot]; }
};

struct KindEntry {
    std::int64_t id = 0;
    std::string name;
    bool stored = false;
};

/// A fetch of which jobs are still running.
struct ClaimEntry {
    std::int64_t worker = 0;
    std::int64_t running = 0;
};

/// What one operation will have changed.
class Entry {
public:
    /// A job of this queue went from one state to another; nothing stands for not being there.
    void moved(QueueEntry& queue, std::optional<JobState> from, std::optional<JobState> to,
               bool suspect = false);
    /// A running job of this claim runs no more.
    void left(Lease lease) { left_.push_back(lease.value); }
    /// For the totals: one more of these, or one that took so long.
    void tally(QueueEntry& queue, std::int64_t QueueTotals::* count);
    void tally(QueueEntry& queue, Durations QueueTotals::* durations, std::chrono::microseconds took) {
        tallies_.push_back({&queue, nullptr, 0, durations, took});
    }
    /// To be told to subscribers.
    void tell(JobChange change) { changes_.push_back(change); }
    /// A job becomes due then.
    void due(WallTime when) { due_ = std::min(due_, when); }
    void clear();

private:
    friend class Ledger;
    void count(QueueEntry& queue, std::size_t slot, std::int64_t by);
    struct Count {
        QueueEntry* queue;
        std::size_t slot;
        std::int64_t by;
    };
    struct Tally {
        QueueEntry* queue;
        std::int64_t QueueTotals::* count;
        std::int64_t by;
        Durations QueueTotals::* durations;
        std::chrono::microseconds took;
    };
    std::vector<Count> counts_;
    std::vector<Tally> tallies_;
    std::vector<std::int64_t> left_;
    std::vector<JobChange> changes_;
    std::vector<bool*> stored_; // rows of names that are new; unset when they are rolled back
    WallTime due_ = WallTime::max();
};

class Ledger {
public:
    /// Forgets everything but the workers of this process, and reads it from the database.
    void load(Connection& db);

    // Names. A pointer is valid for the ledger's life.
    QueueEntry& queue(std::string_view name);
    /// The same, with its row written.
    QueueEntry& stored_queue(Connection& db, Entry& entry, std::string_view name);
    KindEntry& stored_kind(Connection& db, Entry& entry, std::string_view name);
    QueueEntry& queue(std::int64_t id) const;
    const KindEntry& kind(std::int64_t id) const;

    // Numbers.
    std::int64_t next_job() noexcept { return next_job_++; }
    /// Writes the next job's id down: to be called before jobs are deleted.
    void keep_next_job(Connection& db);
    Lease next_lease(Connection& db);

    std::vector<QueueTotals> totals() const;

    // One operation's end.
    void apply(Entry& entry);
    void discard(Entry& entry);

    /// Writes the counts that changed; before each commit.
    void write_counts(Connection& db);
    /// Deletes the rows of claims that have nothing running any more; before each commit.
    void delete_ended_claims(Connection& db);
    std::vector<JobChange> take_changes() { return std::exchange(changes_, {}); }

    void add_claim(Lease lease, WorkerId worker, std::int64_t jobs);
    std::int64_t held_by(WorkerId worker) const;

    void add_worker(WorkerId worker) { workers_.emplace(worker.value, 0); }
    void remove_worker(WorkerId worker) { workers_.erase(worker.value); }
    bool has_worker(WorkerId worker) const { return workers_.contains(worker.value); }

    /// When the next scheduled job is due, or before; max: never.
    WallTime next_due() const noexcept { return next_due_; }
    void set_next_due(WallTime when) noexcept { next_due_ = when; }

private:
    template <class E>
    struct Names {
        std::map<std::string, std::unique_ptr<E>, std::less<>> by_name;
        std::unordered_map<std::int64_t, E*> by_id;
        std::int64_t next = 1;
        E& add(std::int64_t id, std::string_view name, bool stored);
    };
    void load_names(Connection& db);
    void load_claims(Connection& db);

    Names<QueueEntry> queues_;
    Names<KindEntry> kinds_;
    std::int64_t next_job_ = 1;
    std::int64_t next_lease_ = 1;
    std::int64_t lease_block_end_ = 1;
    std::unordered_map<std::int64_t, ClaimEntry> claims_;
    std::vector<std::int64_t> ended_claims_;
    std::unordered_map<std::int64_t, std::int64_t> workers_; // of this process: what each holds
    std::vector<QueueEntry*> dirty_;
    std::vector<JobChange> changes_;
    WallTime next_due_ = WallTime::max();
};

} // namespace offstage::stores::sqlite
