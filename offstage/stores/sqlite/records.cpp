#include "offstage/stores/sqlite/records.hpp"

#include <algorithm>

namespace offstage::stores::sqlite {
namespace {

std::optional<WallTime> maybe_time(const Rows& rows, int column) {
    if (rows.is_null(column)) return std::nullopt;
    return from_micros(rows.integer(column));
}

std::vector<std::string> split(std::string_view lines) {
    std::vector<std::string> parts;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        parts.emplace_back(lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return parts;
}

/// A row of the view offstage_jobs.
JobRecord record(const Rows& rows) {
    JobRecord job;
    int column = -1;
    const auto number = [&] { return static_cast<int>(rows.integer(++column)); };
    job.id = {rows.integer(++column)};
    job.queue = rows.text(++column);
    job.kind = rows.text(++column);
    job.state = static_cast<JobState>(number());
    job.priority = number();
    job.attempt = number();
    job.errors = number();
    job.crashes = number();
    job.max_attempts = number();
    job.lease = {rows.integer(++column)};
    job.run_at = from_micros(rows.integer(++column));
    job.created_at = from_micros(rows.integer(++column));
    job.started_at = maybe_time(rows, ++column);
    job.ended_at = maybe_time(rows, ++column);
    job.worker = {rows.integer(++column)};
    job.cancel_requested_at = maybe_time(rows, ++column);
    job.progress_done = rows.integer(++column);
    job.progress_total = rows.integer(++column);
    job.tags = split(rows.text(++column));
    job.args = rows.text(++column);
    job.checkpoint = rows.text(++column);
    job.error = rows.text(++column);
    job.result = rows.text(++column);
    return job;
}

} // namespace

std::optional<JobRecord> find_record(Connection& db, JobId id) {
    auto rows = db["record"].rows(id.value);
    if (!rows.next()) return std::nullopt;
    return record(rows);
}

std::vector<JobRecord> find_records(Connection& db, std::span<const JobId> ids) {
    std::vector<JobRecord> jobs;
    for (const JobId id : ids)
        if (auto job = find_record(db, id)) jobs.push_back(std::move(*job));
    return jobs;
}

std::vector<JobNote> read_notes(Connection& db, JobId id) {
    std::vector<JobNote> notes;
    auto rows = db["notes"].rows(id.value);
    while (rows.next())
        notes.push_back({.what = static_cast<JobNote::What>(rows.integer(0)),
                         .at = from_micros(rows.integer(1)),
                         .lease = {rows.integer(2)},
                         .text = rows.string(3)});
    return notes;
}

std::vector<QueueCounts> read_queues(Connection& db) {
    std::vector<QueueCounts> queues;
    auto rows = db["queues"].rows();
    while (rows.next())
        queues.push_back({.queue = rows.string(1),
                          .paused = rows.integer(9) != 0,
                          .scheduled = rows.integer(2),
                          .ready = rows.integer(3),
                          .running = rows.integer(4),
                          .waiting = rows.integer(5),
                          .done = rows.integer(6),
                          .failed = rows.integer(7),
                          .cancelled = rows.integer(8)});
    return queues;
}

} // namespace offstage::stores::sqlite
