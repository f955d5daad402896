// The job that imports one uploaded file.
//
//   rows read ─▶ judged ─▶ batch ──▶ one transaction: books, refused rows, counters, checkpoint, under the
//   lease
//                 the next batch is prepared while this one is written ◀──┘    the last one also ends the job
//
// So every good row is in the book table once and every bad one in the error list once, wherever the process
// dies: the next run reads the file from its start and passes over the rows that its counters say are in.
// A batch is refused by the lease when the job was given to someone else, and by the counters (`rows_read`
// must be what the batch before left) when the batch before was not written.
//
// A file that cannot be read on fails the import with its reason, without another try; the rows before that
// place are in. Cancel stops within a batch and tells what was kept. A full disk makes the import wait,
// however long; another fault of the machine is tried again for some two hours, and then fails the import
// with its file kept, so that it can be retried. A stop of the process leaves the job to be run again.
//
// Source of the overlap: two batches under way are enough for one reader and one writer to be busy both.
#pragma once

#include "apps/bookshop/spool.hpp"
#include "offstage/jobs/job.hpp"
#include "offstage/jobs/registry.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <string_view>

namespace bookshop {

/// The job's arguments: which import, by its id; never a path.
struct ImportBooks {
    static constexpr std::string_view kind = "import_books";
    static offstage::jobs::InsertOptions defaults() { return {.queue = "imports", .max_attempts = 20}; }
    std::int64_t import = 0;
};
BOOST_DESCRIBE_STRUCT(ImportBooks, (), (import))

/// What a done import tells.
struct ImportSummary {
    std::int64_t rows_read = 0;
    std::int64_t rows_inserted = 0;
    std::int64_t rows_refused = 0;
};
BOOST_DESCRIBE_STRUCT(ImportSummary, (), (rows_read, rows_inserted, rows_refused))

/// Makes the kind known. The spool outlives every worker that runs it.
void add_import_books(offstage::jobs::Registry& kinds, const Spool& spool);

} // namespace bookshop
