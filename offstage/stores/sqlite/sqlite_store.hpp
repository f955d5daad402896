// The store in an SQLite file.
//
//   auto store = stores::open_sqlite("books.db");
//
// One process a file: a second one gets Error(held) that names the first; within a process all stores of one
// file share one writer. Commits are in groups, each with one fsync. The tables are named offstage_...; the
// application may have its own in the same file, see Store::transact and migrate.hpp.
// docs/internals/sqlite-store.md tells how it works and what was measured.
#pragma once

#include "offstage/stores/holder.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/sys/clock.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace offstage::stores {

struct SqliteOptions {
    /// The clock that decides about jobs. The store looks at it at each call and, while jobs are scheduled,
    /// every two seconds; a test that sets it by hand makes a call afterwards (heartbeat will do).
    std::function<WallTime()> clock = sys::wall_now;
    /// True: what was answered survives a loss of power. False: it survives the death of the process; a loss
    /// of power may take the last commits, and leaves the file whole.
    bool full_sync = true;
    std::chrono::microseconds max_group{5000};    ///< how long a group takes operations in
    std::chrono::milliseconds busy_timeout{5000}; ///< for what other programs lock, such as a sqlite3 shell
    int max_readers = 4;                          ///< connections that read at once; 1 to 64
    int checkpoint_pages = 4000; ///< how long the log grows before it is written into the file
    int cache_kib = 16384;       ///< of the writer
    int reader_cache_kib = 2048; ///< of each reader
    int page_bytes = 4096;       ///< of a file that is new
    std::string vfs = {};        ///< SQLite's name of a file system; empty: the machine's. For tests
};

/// Opens the file, creates it where it is not there, and brings its tables up to date. Throws Error(held)
/// when another process has it, Error(conflict) when a newer version wrote it, Error(io | corrupt | full).
/// When the process has it open already, the options of the first open hold.
std::unique_ptr<Store> open_sqlite(const std::string& path, SqliteOptions options = {});

/// Who has the file open; none when nobody has, this process included. Throws Error(io).
std::optional<Holder> sqlite_holder(const std::string& path);

} // namespace offstage::stores
