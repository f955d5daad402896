#include "apps/bookshop/shop.hpp"

#include "apps/bookshop/bulk_job.hpp"
#include "apps/bookshop/import_job.hpp"
#include "apps/bookshop/import_record.hpp"
#include "bookshop_schema_assets.hpp"
#include "offstage/base/check.hpp"
#include "offstage/stores/migrate.hpp"

#include <exception>
#include <optional>
#include <span>
#include <string>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace stores = offstage::stores;

namespace {

stores::Store& with_tables(stores::Store& store) {
    stores::migrate(store, "bookshop", stores::migrations_in(schema::assets()));
    return store;
}

} // namespace

namespace {

// A machine may die again and again and the file be innocent: only after so often in a row without a row.
constexpr int max_crashes = 20;
constexpr std::chrono::days failed_files_stay{7}; // so that an import that gave up can be retried by hand

/// Whether an import may still read its file: it is live, or it failed for no fault of the file's.
bool has_use_for_its_file(const jobs::JobRecord& job, offstage::WallTime now) {
    if (!stores::has_ended(job.state)) return true;
    const bool gave_up = job.state == stores::JobState::failed &&
                         (job.errors >= job.max_attempts || job.crashes >= max_crashes);
    return gave_up && job.ended_at && now - *job.ended_at < failed_files_stay;
}

} // namespace

Shop::Shop(stores::Store& store, offstage::Runtime& runtime, ShopOptions options)
    : store_(with_tables(store)), runtime_(runtime), options_(std::move(options)),
      spool_({.folder = options_.data_dir / "spool", .max_bytes = options_.max_spool}), client_(store_),
      intake_(client_, spool_) {
    add_import_books(kinds_, spool_);
    add_change_books(kinds_);
    spool_.sweep([this](const std::string& name) { return is_wanted(name); });
    ended_ = store_.subscribe([this](std::span<const stores::JobChange> changes) {
        for (const stores::JobChange& change : changes) {
            if (!stores::has_ended(change.state)) continue;
            try {
                runtime_.post([this, job = change.id] { remove_file_of(job); });
            } catch (const std::exception&) {
                // The runtime shuts down or is overfull: the file is swept at the next start.
            }
        }
    });
}

Shop::~Shop() {
    worker_.reset();
    ended_.reset();
    runtime_.pool().drain(); // of remove_file_of
}

void Shop::start() {
    OFFSTAGE_CHECK(!worker_, "started once");
    worker_ = std::make_unique<jobs::Worker>(
        store_, kinds_, runtime_,
        jobs::WorkerOptions{.queues = {{"imports", options_.workers}, {"bulk", 1}},
                            .max_crashes = max_crashes,
                            .on_event = options_.on_event});
}

jobs::StopReport Shop::stop(offstage::Deadline deadline) {
    return worker_ ? worker_->stop(deadline) : jobs::StopReport{};
}

bool Shop::is_wanted(const std::string& spool_file) {
    std::optional<ImportRecord> import;
    store_.read([&](stores::Session& session) { import = find_import_of_upload(session, spool_file); });
    const auto job = import ? store_.find(import->job) : std::nullopt;
    return job && has_use_for_its_file(*job, store_.now());
}

void Shop::remove_file_of(jobs::JobId job) {
    std::optional<ImportRecord> import;
    store_.read([&](stores::Session& session) { import = find_import_of(session, job); });
    if (!import) return;
    // Looked up after the file: a job that goes on by now reads another file than the one found here.
    const auto now = store_.find(job);
    if (!now || !has_use_for_its_file(*now, store_.now())) spool_.remove(import->upload);
}

} // namespace bookshop
