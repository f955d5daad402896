// What SQLite itself allows: the store's work as a bare loop of prepared statements on one connection, with
// nothing around it. Same file settings, same rows: claim row, lease, counters, history.
#pragma once

#include <cstdint>
#include <map>
#include <sqlite3.h>
#include <string>

namespace bench {

class BareSqlite {
public:
    explicit BareSqlite(const std::string& path);
    ~BareSqlite();
    BareSqlite(const BareSqlite&) = delete;
    BareSqlite& operator=(const BareSqlite&) = delete;

    /// Enqueues `count` jobs, `batch` in a transaction.
    void enqueue(long count, int batch);
    /// Claims `batch` jobs and ends those of the batch before in one transaction, until there are none.
    long drain(int batch);
    /// Inserts rows of nine columns, `batch` in a transaction.
    void insert_rows(long count, int batch);

private:
    class Query;
    void run(const char* sql);
    sqlite3* db_ = nullptr;
    std::int64_t next_ = 1;
};

/// The table of insert_rows.
extern const char* const rows_schema;
extern const char* const rows_insert;

} // namespace bench
