// One connection to a database file, its prepared statements, and the session that applications get on it.
//
//   Connection   opens, configures, prepares once; closes at the end of its life
//   SqlStatement a prepared statement of SQLite, as stores::Statement and with `run` for the driver itself
//
// Threads: one at a time; SQLite's own mutexes are off. Statements must not outlive their connection.
//
// What an application runs in its sessions is watched while it is prepared: BEGIN, COMMIT, ROLLBACK, ATTACH,
// pragmas that set something, and writes to tables named offstage_... are refused, for the driver keeps
// numbers beside those tables; and ROLLBACK TO a savepoint, once the driver has counted in that session.
#pragma once

#include "offstage/stores/session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <unordered_map>

namespace offstage::stores::sqlite {

class Connection;

class SqlStatement final : public Statement {
public:
    /// One of an application's asks its `session` before each run.
    SqlStatement(sqlite3* database, std::string_view sql, const Connection* session = nullptr);
    ~SqlStatement() override;
    SqlStatement(const SqlStatement&) = delete;
    SqlStatement& operator=(const SqlStatement&) = delete;

    void bind_null(int parameter) override;
    void bind(int parameter, std::int64_t value) override;
    void bind(int parameter, double value) override;
    void bind(int parameter, std::string_view text) override;
    void bind_blob(int parameter, std::span<const std::byte> bytes) override;
    bool step() override;
    void reset() noexcept override;
    std::int64_t changes() const override { return changes_; }
    int columns() const override { return sqlite3_column_count(handle_); }
    std::string_view name(int column) const override;
    bool is_null(int column) const override { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
    std::int64_t integer(int column) const override { return sqlite3_column_int64(handle_, column); }
    double real(int column) const override { return sqlite3_column_double(handle_, column); }
    std::string_view text(int column) const override;

    /// Binds everything, runs to the end, and gives the number of rows changed. For statements without rows.
    template <class... Args>
    std::int64_t run(const Args&... args) {
        int parameter = 0;
        (bind_any(++parameter, args), ...);
        while (step()) {
        }
        sqlite3_reset(handle_); // bindings stay: the next run binds them all anew
        return changes_;
    }

    /// Binds everything; the rows come one at a time.
    template <class... Args>
    Rows rows(const Args&... args) {
        int parameter = 0;
        (bind_any(++parameter, args), ...);
        return Rows(*this);
    }

private:
    [[noreturn]] void fail(int result, std::string_view doing);
    void check_bound(int result, int parameter);

    sqlite3* database_;
    sqlite3_stmt* handle_ = nullptr;
    std::int64_t changes_ = 0;
    const Connection* const session_;
    bool rolls_back_ = false; // to a savepoint
};

struct ConnectionOptions {
    bool writes = false; ///< else it can only read, and never checkpoints
    int cache_kib = 2048;
    int page_bytes = 4096; ///< of a file that is new
    bool full_sync = true; ///< an fsync for each commit, not only for each checkpoint
    std::chrono::milliseconds busy_timeout{5000};
    std::string vfs = {}; ///< SQLite's name of the file system to use; empty: the default
};

class Connection final : public Session {
public:
    /// Opens the file, and creates it where `writes` is set. Throws Error(io | corrupt | full).
    Connection(const std::string& path, const ConnectionOptions& options);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// The driver's own statement of that name (queries.hpp), reset.
    SqlStatement& operator[](std::string_view name);
    /// Runs SQL of the driver's own that gives no rows.
    void execute_own(const char* sql);

    /// From now on what `prepare` and `execute_script` are given is watched, as told at the top.
    void watch_application() noexcept { watched_ = true; }

    // For the application.
    Statement& prepare(std::string_view sql) override;
    void execute_script(std::string_view sql) override;
    std::int64_t last_insert_id() const override { return sqlite3_last_insert_rowid(handle_); }
    std::int64_t last_changes() const override { return sqlite3_changes64(handle_); }
    /// Throws Error(io) once the database has rolled the session's transaction back by itself, as it does
    /// when the disk is full, for else each statement would commit alone; Error(invalid_argument) for what
    /// `rolls_back`, once the driver has counted.
    void check_session(bool rolls_back = false) const;
    /// The driver has counted what this session did.
    void counted() noexcept { counted_ = true; }
    /// Whether the statement that was prepared last rolls back to a savepoint.
    bool saw_rollback() const noexcept { return saw_rollback_; }
    /// To be called before the next session: forgets the application's statements when they are too many.
    void end_session() noexcept;

    bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }
    /// Rows changed since it was opened.
    std::int64_t total_changes() const noexcept { return sqlite3_total_changes64(handle_); }
    sqlite3* handle() const noexcept { return handle_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Statements = std::unordered_map<std::string, std::unique_ptr<SqlStatement>, Hash, std::equal_to<>>;

    void open(const std::string& path, const ConnectionOptions& options);
    void configure(const ConnectionOptions& options);
    static int authorize(void* self, int action, const char* first, const char* second, const char* database,
                         const char* trigger) noexcept;

    sqlite3* handle_ = nullptr;
    bool writes_ = false;
    bool watched_ = false;
    bool for_application_ = false; ///< whose SQL is being prepared
    bool saw_rollback_ = false;
    bool counted_ = false;
    std::string refused_; ///< why the authorizer said no
    Statements own_;
    Statements application_;
};

} // namespace offstage::stores::sqlite
