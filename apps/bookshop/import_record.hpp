// An import as people and programs see it: the row of bookshop_import beside the state of its job.
//
//   job:    ready, scheduled, waiting   running   scheduled or ready after an error   done   failed cancelled
//   import: queued                      running   retrying                            done   failed cancelled
//
// The state is the job's and stored nowhere else. So that an ended import never shows counters of before its
// end, a job is looked up before the counters are read (import_now does).
#pragma once

#include "offstage/jobs/job.hpp"
#include "offstage/stores/session.hpp"
#include "offstage/stores/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

struct ImportRecord {
    std::int64_t id = 0;
    offstage::jobs::JobId job = {};
    std::string upload = {}; ///< its name in the spool
    std::string file = {};   ///< what the client called it
    std::string sha256 = {};
    offstage::WallTime created_at = {};
    std::string encoding = {};        ///< of a text
    std::string delimiter = {};       ///< of a text, its name: `,` or `tab`
    std::string sheet = {};           ///< of a workbook: the sheet that is read
    std::string columns = {};         ///< JSON list: the header as it was given
    std::string ignored_columns = {}; ///< JSON list
    std::int64_t bytes_total = 0;
    std::int64_t bytes_read = 0;
    std::int64_t rows_read = 0;
    std::int64_t rows_inserted = 0;
    std::int64_t rows_refused = 0;
    std::int64_t busy_us = 0;
};

/// Puts a new import in, its counters at 0 and its job still to be named. Gives its id.
std::int64_t insert_import(offstage::stores::Transaction& tx, const ImportRecord& import);

std::optional<ImportRecord> find_import(offstage::stores::Session& session, std::int64_t id);
std::optional<ImportRecord> find_import_of(offstage::stores::Session& session, offstage::jobs::JobId job);
std::optional<ImportRecord> find_import_of_upload(offstage::stores::Session& session,
                                                  std::string_view upload);

/// The newest of that content.
std::optional<ImportRecord> find_import_of_content(offstage::stores::Session& session,
                                                   std::string_view sha256, std::string_view sheet);

struct ImportKey {
    std::int64_t id;
    offstage::jobs::JobId job;
};
/// How many imports there are, and some of them, newest first.
std::int64_t count_imports(offstage::stores::Session& session);
std::vector<ImportKey> import_keys(offstage::stores::Session& session, std::int64_t offset,
                                   std::int64_t limit);

/// "queued", "running", …: what the job's state means for its import. Static storage.
std::string_view import_state(const offstage::jobs::JobRecord& job) noexcept;

/// The import as the API tells it: a JSON object.
std::string to_json(const ImportRecord& import, const std::optional<offstage::jobs::JobRecord>& job);
/// A job as the API tells it beside its import.
std::string job_to_json(const offstage::jobs::JobRecord& job);

/// An import with its job, the job looked up first; nothing where there is none of that id.
struct ImportNow {
    ImportRecord import;
    std::optional<offstage::jobs::JobRecord> job;
};
std::optional<ImportNow> import_now(offstage::stores::Store& store, std::int64_t id);

/// How far an import came, in one sentence: what is told when it ends early.
std::string kept_sentence(std::int64_t rows_inserted, std::int64_t rows_refused);

} // namespace bookshop
