#include "apps/bookshop/import_job.hpp"

#include "apps/bookshop/book_table.hpp"
#include "apps/bookshop/import_batch.hpp"
#include "apps/bookshop/import_record.hpp"
#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/table.hpp"
#include "apps/bookshop/rules/book_rules.hpp"
#include "offstage/sys/clock.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace stores = offstage::stores;
using offstage::Errc;
using offstage::Error;

namespace {

constexpr std::chrono::seconds look_for_room_every{5};

/// What a batch's transaction leaves behind.
struct Progress {
    std::int64_t rows_read = 0;
    std::int64_t rows_inserted = 0;
    std::int64_t rows_refused = 0;
    std::int64_t bytes_read = 0;
};

/// Writes batches one after the other, each while the next is prepared. Waits at its end for what is under
/// way, for that refers to the batch and the job's context.
class BatchWriter {
public:
    BatchWriter(jobs::Context& context, const ImportRecord& import)
        : context_(context), import_(import.id),
          progress_{import.rows_read, import.rows_inserted, import.rows_refused, import.bytes_read} {}
    BatchWriter(const BatchWriter&) = delete;
    BatchWriter& operator=(const BatchWriter&) = delete;
    ~BatchWriter() {
        for (Slot& slot : slots_) {
            try {
                if (slot.pending) slot.pending->get();
            } catch (...) { // whoever wanted to know has called wait()
            }
        }
    }

    /// An empty batch. Waits for the one before the last to be written; throws what kept it from it.
    ImportBatch& begin() {
        Slot& slot = slots_[next_];
        wait(slot);
        slot.batch.clear();
        return slot.batch;
    }

    /// Writes the batch of the last begin(), which was read up to `bytes_read`. `last`: the job ends with it.
    void write(std::int64_t bytes_read, bool last) {
        Slot& slot = slots_[next_];
        next_ = 1 - next_;
        const std::int64_t before = progress_.rows_read;
        progress_.rows_read += static_cast<std::int64_t>(slot.batch.rows());
        progress_.rows_inserted += static_cast<std::int64_t>(slot.batch.books().size());
        progress_.rows_refused += static_cast<std::int64_t>(slot.batch.errors().size());
        progress_.bytes_read = bytes_read;
        const auto now = offstage::sys::steady_now();
        const auto busy =
            std::chrono::duration_cast<std::chrono::microseconds>(now - std::exchange(since_, now));
        slot.pending = context_.store().transact_async([this, &batch = slot.batch, before, after = progress_,
                                                        busy, last](stores::Transaction& tx) {
            insert_books(tx, batch.books());
            insert_row_errors(tx, import_, batch.errors());
            count(tx, before, after, busy);
            if (last)
                context_.complete_in(tx,
                                     ImportSummary{after.rows_read, after.rows_inserted, after.rows_refused});
            else
                context_.checkpoint(tx, after.rows_read); // also: the job is not what kills its process
        });
    }

    /// All that was given to write() is written; throws what kept it from it.
    void finish() {
        wait(slots_[next_]);
        wait(slots_[1 - next_]);
    }

    /// As if all that was given to write() is written; true after finish().
    const Progress& progress() const noexcept { return progress_; }

private:
    struct Slot {
        ImportBatch batch;
        std::unique_ptr<stores::PendingTransaction> pending;
    };

    static void wait(Slot& slot) {
        if (const auto pending = std::exchange(slot.pending, nullptr)) pending->get();
    }

    void count(stores::Transaction& tx, std::int64_t before, const Progress& after,
               std::chrono::microseconds busy) const {
        const std::int64_t found = tx.execute("update bookshop_import set rows_read = ?3, rows_inserted = "
                                              "?4, rows_refused = ?5, bytes_read = ?6, "
                                              "busy_us = busy_us + ?7 where id = ?1 and rows_read = ?2",
                                              import_, before, after.rows_read, after.rows_inserted,
                                              after.rows_refused, after.bytes_read, busy.count());
        if (found != 1)
            throw Error(Errc::conflict, "import " + std::to_string(import_) + ": the batch before row " +
                                            std::to_string(before + 1) +
                                            " was not written, so this one is not either");
    }

    jobs::Context& context_;
    const std::int64_t import_;
    Progress progress_;
    offstage::SteadyTime since_ = offstage::sys::steady_now();
    std::array<Slot, 2> slots_;
    std::size_t next_ = 0;
};

/// "The row is too long. " of "the row is too long".
std::string sentence(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 32);
    if (!text.empty() && text.back() != '.') text += '.';
    return text + " ";
}

jobs::Result<ImportSummary> cancelled(std::int64_t rows_inserted, std::int64_t rows_refused) {
    return jobs::cancel("Cancelled. " + kept_sentence(rows_inserted, rows_refused));
}

/// One run of the job.
class ImportRun {
public:
    ImportRun(const Spool& spool, const ImportRecord& import, jobs::Context& context)
        : context_(context), import_(import), file_(spool.open(import.upload)),
          table_(
              open_table(file_.fd(), book_columns(), {.sheet = import.sheet, .stop = context.stop_token()})),
          writer_(context, import) {}

    jobs::Result<ImportSummary> run() {
        std::optional<std::string> fault = skip(import_.rows_read);
        bool ended = false; // the batch that ends the job was given to the writer
        while (!ended && !fault && !stopping()) {
            ImportBatch& batch = writer_.begin();
            bool more = true;
            try {
                more = fill(batch);
            } catch (const BadFile& error) { // the rows before are good
                fault = error.what();
            } catch (const Error& error) {
                if (error.code() != Errc::stopped) throw;
            }
            if (stopping()) {
                fault.reset(); // the next run comes upon it again
                break;
            }
            ended = !more;
            writer_.write(static_cast<std::int64_t>(table_.rows->bytes_read()), ended);
            context_.progress(writer_.progress().bytes_read, import_.bytes_total);
        }
        writer_.finish();
        const Progress& kept = writer_.progress();
        if (fault)
            return jobs::discard(sentence(*fault) + kept_sentence(kept.rows_inserted, kept.rows_refused));
        if (!ended && context_.stop_reason() == jobs::StopReason::cancelled)
            return cancelled(kept.rows_inserted, kept.rows_refused);
        if (!ended) context_.check_stop();
        return ImportSummary{kept.rows_read, kept.rows_inserted, kept.rows_refused};
    }

private:
    static constexpr int look_every = 256; // rows read between two looks at the stop token

    bool stopping() const { return context_.stop_token().stop_requested(); }

    /// Passes over rows that are in. Gives why that is not possible.
    std::optional<std::string> skip(std::int64_t rows) {
        try {
            for (Row row; rows > 0 && (rows % look_every != 0 || !stopping()); --rows)
                if (!table_.rows->next(row)) return "the file in the spool has become shorter";
        } catch (const BadFile& error) {
            return error.what();
        }
        return std::nullopt;
    }

    /// Reads and judges rows until the batch is full, a stop is requested or the file ends; false: it has
    /// ended.
    bool fill(ImportBatch& batch) {
        Row row;
        Book book;
        Faults faults;
        for (int i = 1; !batch.full(); ++i) {
            if (i % look_every == 0 && stopping()) return true;
            if (!table_.rows->next(row)) return false;
            faults.clear();
            if (judge(table_.header, row, book, faults))
                batch.add(book);
            else
                batch.refuse(row, faults);
        }
        return true;
    }

    jobs::Context& context_;
    const ImportRecord& import_;
    const File file_;
    Table table_;
    BatchWriter writer_;
};

jobs::Result<ImportSummary> import_books(const Spool& spool, const ImportBooks& args,
                                         jobs::Context& context) {
    std::optional<ImportRecord> import;
    context.store().read([&](stores::Session& session) { import = find_import(session, args.import); });
    if (!import) return jobs::discard("There is no import " + std::to_string(args.import) + ".");
    try {
        return ImportRun(spool, *import, context).run();
    } catch (const BadFile& error) { // what was readable at the upload is not any more
        return jobs::discard(sentence(error.what()) +
                             kept_sentence(import->rows_inserted, import->rows_refused));
    } catch (const Error& error) {
        if (error.code() == Errc::stopped && context.stop_reason() == jobs::StopReason::cancelled)
            return cancelled(import->rows_inserted, import->rows_refused); // before its first row
        if (error.code() == Errc::not_found &&
            import->bytes_read >= import->bytes_total) // retried after its end
            return ImportSummary{import->rows_read, import->rows_inserted, import->rows_refused};
        if (error.code() == Errc::not_found)
            return jobs::discard(sentence(error.what()) + "Upload the file again: it goes on from here. " +
                                 kept_sentence(import->rows_inserted, import->rows_refused));
        if (error.code() != Errc::full) throw; // a fault that may pass
        context.log(error.what());
        return jobs::snooze(
            look_for_room_every); // counts as no error: an answered upload waits as long as it takes
    }
}

} // namespace

void add_import_books(jobs::Registry& kinds, const Spool& spool) {
    kinds.add<ImportBooks>(
        [&spool](const ImportBooks& args, jobs::Context& context) {
            return import_books(spool, args, context);
        },
        {
            .timeout = std::chrono::hours(2),
            .backoff = jobs::exponential(std::chrono::seconds(1), std::chrono::minutes(10)),
            .keep_done = std::nullopt, // an import's state is its job's, for as long as it is listed
            .keep_failed = std::nullopt,
        });
}

} // namespace bookshop
