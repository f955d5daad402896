// From a received file to an import: what is judged before an upload is answered.
//
//   container (not CSV, old Excel, …)  ─▶ header (columns missing or twice) ─▶ fsync and rename
//     ─▶ one transaction: the earlier import of the content, or a new one's row and its job
//
// The content is the file's SHA-256 and, of a workbook, the sheet that is read.
// The same content again within the hour never puts a row in twice: an import that is live or done is given
// as it is, one that failed (also because its process died again and again) or was cancelled goes on behind
// the rows that it kept, from the file that came now. Thread-safe; store and spool outlive it.
#pragma once

#include "apps/bookshop/import_record.hpp"
#include "apps/bookshop/spool.hpp"
#include "apps/bookshop/turnstile.hpp"
#include "offstage/jobs/client.hpp"

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

namespace bookshop {

/// A file's way to an import, as its sender named it.
struct Received {
    std::string file;   ///< its name, for people
    std::string sha256; ///< of all its bytes
    std::string sheet;  ///< of a workbook; empty: its first that is not hidden
    bool again = false; ///< import it even where the same content was imported within the hour
};

struct Accepted {
    ImportNow now;
    bool existed = false; ///< it is an earlier import of the same content, live or done; nothing happened
};

class Intake {
public:
    static constexpr std::chrono::hours same_for{1};
    static constexpr std::chrono::seconds turn_within{2}; ///< a workbook waits so long for those before it

    Intake(offstage::jobs::Client& client, Spool& spool, std::chrono::nanoseconds turn = turn_within)
        : client_(client), spool_(spool), workbooks_("bookshop.workbooks", 2, turn) {}

    /// Judges a file that is written to its end and makes an import of it; on disk when it returns. The file
    /// is kept by the spool unless the import existed. Throws BadFile or Refusal for what the sender can
    /// mend, also by sending it again later (busy); Error(stopped) once a stop is requested; else what the
    /// spool and the store throw.
    Accepted accept(SpoolFile& file, Received received, std::stop_token stop = {});

    /// Whoever opens a workbook here has its turn: what they take in memory is bounded one by one, so there
    /// is one at a time.
    Turnstile& workbooks() noexcept { return workbooks_; }

private:
    ImportRecord look_into(const SpoolFile& file, Received received, std::stop_token stop);

    offstage::jobs::Client& client_;
    Spool& spool_;
    Turnstile workbooks_;
};

/// What a file may be called: at most 255 bytes of UTF-8, U+FFFD for what is not, no control characters;
/// "upload" where nothing is left.
std::string tidy_file_name(std::string_view name);

} // namespace bookshop
