#include "apps/bookshop/import_record.hpp"

#include "offstage/base/json.hpp"
#include "offstage/base/time.hpp"

#include <boost/json.hpp>

#include <utility>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace json = boost::json;
namespace stores = offstage::stores;

namespace {

constexpr std::string_view columns =
    "id, job, upload, file, sha256, created_at, encoding, delimiter, sheet, columns, ignored_columns, "
    "bytes_total, bytes_read, rows_read, rows_inserted, rows_refused, busy_us";

std::optional<ImportRecord> one(stores::Rows rows) {
    if (!rows.next()) return std::nullopt;
    return ImportRecord{
        .id = rows.integer(0),
        .job = {rows.integer(1)},
        .upload = rows.string(2),
        .file = rows.string(3),
        .sha256 = rows.string(4),
        .created_at = offstage::from_micros(rows.integer(5)),
        .encoding = rows.string(6),
        .delimiter = rows.string(7),
        .sheet = rows.string(8),
        .columns = rows.string(9),
        .ignored_columns = rows.string(10),
        .bytes_total = rows.integer(11),
        .bytes_read = rows.integer(12),
        .rows_read = rows.integer(13),
        .rows_inserted = rows.integer(14),
        .rows_refused = rows.integer(15),
        .busy_us = rows.integer(16),
    };
}

/// Only a full disk makes an import wait without counting as an error: see import_job.cpp.
bool waits_for_room(const jobs::JobRecord& job) {
    return job.state == jobs::JobState::scheduled && job.errors == 0;
}

std::string select(std::string_view condition) {
    return "select " + std::string(columns) + " from bookshop_import where " + std::string(condition);
}

json::value time_or_null(const std::optional<offstage::WallTime>& time) {
    return time ? json::value(offstage::to_iso8601(*time)) : json::value(nullptr);
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

} // namespace

std::int64_t insert_import(stores::Transaction& tx, const ImportRecord& import) {
    tx.execute(
        "insert into bookshop_import (job, upload, file, sha256, created_at, encoding, delimiter, sheet, "
        "columns, ignored_columns, bytes_total) values (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        import.upload, import.file, import.sha256, offstage::to_micros(import.created_at), import.encoding,
        import.delimiter, import.sheet, import.columns, import.ignored_columns, import.bytes_total);
    return tx.last_insert_id();
}

std::optional<ImportRecord> find_import(stores::Session& session, std::int64_t id) {
    return one(session.query(select("id = ?1"), id));
}

std::optional<ImportRecord> find_import_of(stores::Session& session, jobs::JobId job) {
    return one(session.query(select("job = ?1"), job.value));
}

std::optional<ImportRecord> find_import_of_upload(stores::Session& session, std::string_view upload) {
    return one(session.query(select("upload = ?1"), upload));
}

std::optional<ImportRecord> find_import_of_content(stores::Session& session, std::string_view sha256,
                                                   std::string_view sheet) {
    return one(session.query(select("sha256 = ?1 and sheet = ?2 order by id desc limit 1"), sha256, sheet));
}

std::int64_t count_imports(stores::Session& session) {
    stores::Rows rows = session.query("select count(*) from bookshop_import");
    rows.next();
    return rows.integer(0);
}

std::vector<ImportKey> import_keys(stores::Session& session, std::int64_t offset, std::int64_t limit) {
    std::vector<ImportKey> keys;
    stores::Rows rows = session.query(
        "select id, job from bookshop_import order by id desc limit ?1 offset ?2", limit, offset);
    while (rows.next()) keys.push_back({rows.integer(0), {rows.integer(1)}});
    return keys;
}

std::string_view import_state(const jobs::JobRecord& job) noexcept {
    switch (job.state) {
    case jobs::JobState::running:
        return "running";
    case jobs::JobState::done:
        return "done";
    case jobs::JobState::failed:
        return "failed";
    case jobs::JobState::cancelled:
        return "cancelled";
    default:
        return job.errors > 0 || job.state == jobs::JobState::scheduled ? "retrying" : "queued";
    }
}

std::string to_json(const ImportRecord& import, const std::optional<jobs::JobRecord>& job) {
    const std::string_view state = job ? import_state(*job) : "failed";
    json::object object;
    object["id"] = import.id;
    object["job_id"] = import.job.value;
    object["file"] = import.file;
    object["state"] = state;
    object["rows_read"] = import.rows_read;
    object["rows_inserted"] = import.rows_inserted;
    object["rows_refused"] = import.rows_refused;
    object["bytes_read"] = import.bytes_read;
    object["bytes_total"] = import.bytes_total;
    object["rows_per_second"] = import.busy_us > 0 ? import.rows_read * 1'000'000 / import.busy_us : 0;
    object["encoding"] = text_or_null(import.encoding);
    object["delimiter"] = text_or_null(import.delimiter);
    object["sheet"] = text_or_null(import.sheet);
    object["ignored_columns"] = json::parse(import.ignored_columns);
    if (!job)
        object["error"] = "The job of this import is gone: nobody knows how it ended.";
    else
        object["error"] = state == "running" || state == "queued" || state == "done" ? json::value(nullptr)
                          : waits_for_room(*job)
                              ? json::value("The disk is full: make room, and the import goes on.")
                              : text_or_null(job->error);
    object["cancel_requested"] = job && job->cancel_requested_at.has_value();
    object["sha256"] = import.sha256;
    object["created_at"] = offstage::to_iso8601(import.created_at);
    object["started_at"] = time_or_null(job ? job->started_at : std::nullopt);
    object["ended_at"] = time_or_null(job ? job->ended_at : std::nullopt);
    object["retry_at"] = state == "retrying" ? time_or_null(job->run_at) : json::value(nullptr);
    return json::serialize(object);
}

std::string job_to_json(const jobs::JobRecord& job) {
    json::object object;
    object["id"] = job.id.value;
    object["kind"] = job.kind;
    object["queue"] = job.queue;
    object["state"] = stores::to_string(job.state);
    object["attempt"] = job.attempt;
    object["errors"] = job.errors;
    object["crashes"] = job.crashes;
    object["max_attempts"] = job.max_attempts;
    object["created_at"] = offstage::to_iso8601(job.created_at);
    object["run_at"] = offstage::to_iso8601(job.run_at);
    object["started_at"] = time_or_null(job.started_at);
    object["ended_at"] = time_or_null(job.ended_at);
    return json::serialize(object);
}

std::optional<ImportNow> import_now(stores::Store& store, std::int64_t id) {
    std::optional<jobs::JobId> of;
    store.read([&](stores::Session& session) {
        if (const auto import = find_import(session, id)) of = import->job;
    });
    if (!of) return std::nullopt;
    auto job = store.find(*of);
    std::optional<ImportRecord> import;
    store.read([&](stores::Session& session) { import = find_import(session, id); });
    if (!import) return std::nullopt;
    return ImportNow{std::move(*import), std::move(job)};
}

std::string kept_sentence(std::int64_t rows_inserted, std::int64_t rows_refused) {
    if (rows_inserted == 0 && rows_refused == 0) return "Nothing was imported before.";
    return std::to_string(rows_inserted) +
           (rows_inserted == 1 ? " row is in the book table and stays there; "
                               : " rows are in the book table and stay there; ") +
           std::to_string(rows_refused) + (rows_refused == 1 ? " was refused." : " were refused.");
}

} // namespace bookshop
