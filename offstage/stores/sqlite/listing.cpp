#include "offstage/stores/sqlite/listing.hpp"

#include "offstage/stores/sqlite/id_ranges.hpp"
#include "offstage/stores/sqlite/records.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string_view>

namespace offstage::stores::sqlite {
namespace {

constexpr std::int64_t few = 20'000; ///< so many are sorted rather than looked for among all others

char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view wanted) {
    return !std::ranges::search(text, wanted, {}, to_lower, to_lower).empty();
}

bool has_line(std::string_view lines, std::string_view wanted) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        if (lines.substr(0, end) == wanted) return true;
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return false;
}

/// The conditions, names as numbers. Rows are those of the walk_ statements.
class Conditions {
public:
    Conditions(Connection& db, const JobFilter& filter) : filter_(filter) {
        auto rows = db["name_numbers"].rows(filter.queue, filter.kind);
        rows.next();
        queue_ = rows.integer(0);
        kind_ = rows.integer(1);
    }
    bool can_be_met() const {
        return (filter_.queue.empty() || queue_ != 0) && (filter_.kind.empty() || kind_ != 0);
    }
    bool need_text() const { return !filter_.text.empty(); }
    bool met_by(const Rows& row) const {
        if (filter_.state && row.integer(1) != static_cast<int>(*filter_.state)) return false;
        if (!filter_.queue.empty() && row.integer(2) != queue_) return false;
        if (!filter_.kind.empty() && row.integer(3) != kind_) return false;
        if (!filter_.tag.empty() && !has_line(row.text(4), filter_.tag)) return false;
        return !need_text() || contains(row.text(5), filter_.text) || contains(row.text(6), filter_.text);
    }

private:
    const JobFilter& filter_;
    std::int64_t queue_ = 0;
    std::int64_t kind_ = 0;
};

/// One way through jobs, newest first.
class Walk {
public:
    virtual ~Walk() = default;
    /// The next job's id; 0: that was all.
    virtual std::int64_t id() const = 0;
    virtual bool is_met(const Conditions& conditions) = 0;
    virtual void next() = 0;
};

class RowWalk final : public Walk {
public:
    template <class... Args>
    explicit RowWalk(SqlStatement& query, const Args&... args) : rows_(query.rows(args...)) {
        RowWalk::next();
    }
    std::int64_t id() const override { return there_ ? rows_.integer(0) : 0; }
    bool is_met(const Conditions& conditions) override { return conditions.met_by(rows_); }
    void next() override { there_ = rows_.next(); }

private:
    Rows rows_;
    bool there_ = false;
};

/// Jobs of which only the ids are known.
class IdWalk final : public Walk {
public:
    IdWalk(Connection& db, std::vector<std::int64_t> ids) : db_(db), ids_(std::move(ids)) {}
    std::int64_t id() const override { return at_ < ids_.size() ? ids_[at_] : 0; }
    bool is_met(const Conditions& conditions) override {
        auto row = db_["look_at_live"].rows(id(), conditions.need_text());
        return row.next() && conditions.met_by(row);
    }
    void next() override { ++at_; }

private:
    Connection& db_;
    std::vector<std::int64_t> ids_;
    std::size_t at_ = 0;
};

/// What workers have claimed and may still be running.
std::vector<std::int64_t> claimed(Connection& db, std::int64_t before) {
    std::vector<std::int64_t> ids;
    auto rows = db["claims"].rows();
    while (rows.next())
        for (const std::int64_t id : from_ranges(rows.text(2)))
            if (id < before) ids.push_back(id);
    std::ranges::sort(ids, std::greater<>{});
    const auto twice = std::ranges::unique(ids); // claimed, given back and claimed again
    ids.erase(twice.begin(), twice.end());
    return ids;
}

std::vector<std::unique_ptr<Walk>> walks(Connection& db, const JobFilter& filter, bool need_text) {
    const std::int64_t before = filter.before.value > 0 ? filter.before.value : INT64_MAX;
    std::vector<std::unique_ptr<Walk>> ways;
    const auto add = [&](std::string_view query, const auto&... more) {
        ways.push_back(std::make_unique<RowWalk>(db[query], before, need_text, more...));
    };
    const auto are_few = [&](std::int64_t QueueCounts::* state) {
        std::int64_t sum = 0;
        for (const QueueCounts& queue : read_queues(db)) sum += queue.*state;
        return sum <= few;
    };
    if (filter.state == JobState::running)
        ways.push_back(std::make_unique<IdWalk>(db, claimed(db, before)));
    else if (filter.state == JobState::scheduled && are_few(&QueueCounts::scheduled))
        add("walk_few_scheduled");
    else if (filter.state == JobState::ready && are_few(&QueueCounts::ready))
        add("walk_few_ready");
    else if (!filter.state || !has_ended(*filter.state))
        add("walk_live");
    if (filter.state && has_ended(*filter.state) && *filter.state != JobState::done)
        add("walk_not_done", static_cast<int>(*filter.state));
    else if (!filter.state || *filter.state == JobState::done)
        add("walk_ended");
    return ways;
}

void shorten(JobRecord& job, std::size_t bytes) {
    for (std::string* const text : {&job.args, &job.checkpoint, &job.result, &job.error}) {
        if (text->size() <= bytes) continue;
        std::size_t end = bytes;
        while (end > 0 && (static_cast<unsigned char>((*text)[end]) & 0xC0U) == 0x80U) --end;
        text->resize(end);
    }
}

} // namespace

JobPage list_jobs(Connection& db, const JobFilter& filter) {
    const Conditions conditions(db, filter);
    if (!conditions.can_be_met()) return {};
    const auto ways = walks(db, filter, conditions.need_text());
    JobPage page;
    std::vector<JobId> found;
    std::int64_t looked_at = 0;
    for (int looks = 0;; ++looks) {
        const auto& way = *std::ranges::max_element(ways, {}, [](const auto& each) { return each->id(); });
        if (way->id() == 0) break;
        if (looks == filter.look || found.size() == static_cast<std::size_t>(filter.limit)) {
            page.next = JobId{looked_at};
            break;
        }
        looked_at = way->id();
        if (way->is_met(conditions)) found.push_back({looked_at});
        way->next();
    }
    page.jobs = find_records(db, found);
    for (JobRecord& job : page.jobs) shorten(job, filter.payload_bytes);
    return page;
}

} // namespace offstage::stores::sqlite
