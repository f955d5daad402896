// One database file as this process has it open: the lock, the writer, the readers. All stores of one file in
// a process share one Database.
//
// Threads: all.
#pragma once

#include "offstage/stores/sqlite/file_lock.hpp"
#include "offstage/stores/sqlite/readers.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/stores/sqlite/writer.hpp"

#include <memory>
#include <string>

namespace offstage::stores::sqlite {

/// A database file's one name, by which SQLite too names its log: links followed. Throws Error(io).
std::string canonical(const std::string& path);

class Database {
public:
    /// Brings the tables up to date. Throws Error(held | io | corrupt | full | conflict).
    Database(const std::string& path, const SqliteOptions& options);

    const std::string& path() const noexcept { return path_; }
    WallTime now() const { return clock_(); }
    Writer& writer() noexcept { return *writer_; }
    Readers& readers() noexcept { return readers_; }
    void announce(std::string_view url);

private:
    const std::string path_;
    const std::function<WallTime()> clock_;
    sys::Mutex announcing_;
    FileLock lock_; // first: it is let go when all else is closed
    Readers readers_;
    std::unique_ptr<Writer> writer_;
};

/// Keeps a Database open; the last one to go closes it, and finishes what is queued.
class DatabaseHandle {
public:
    /// Opens the file, or joins whoever has it open in this process; then the options are those of the first.
    DatabaseHandle(const std::string& path, const SqliteOptions& options);
    ~DatabaseHandle();
    DatabaseHandle(const DatabaseHandle&) = delete;
    DatabaseHandle& operator=(const DatabaseHandle&) = delete;
    Database* operator->() const noexcept { return database_; }

private:
    Database* database_;
};

} // namespace offstage::stores::sqlite
