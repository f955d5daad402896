#include "offstage/stores/sqlite/connection.hpp"

#include "offstage/stores/sqlite/queries.hpp"
#include "offstage/stores/sqlite/sqlite_error.hpp"

#include <algorithm>
#include <array>

namespace offstage::stores::sqlite {
namespace {

/// So many texts of statements an application may use before they are prepared again: a program that pastes
/// values into its SQL would otherwise fill the memory.
constexpr std::size_t max_application_statements = 256;

constexpr const char* why_no_rollback =
    "this transaction has enqueued or changed jobs, which the store has counted; "
    "throw to roll all of it back";

std::string excerpt(std::string_view sql) {
    constexpr std::size_t shown = 200;
    return sql.size() <= shown ? std::string(sql) : std::string(sql.substr(0, shown)) + "…";
}

} // namespace

SqlStatement::SqlStatement(sqlite3* database, std::string_view sql, const Connection* session)
    : database_(database), session_(session) {
    const char* rest = nullptr;
    const int result = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &handle_, &rest);
    if (result != SQLITE_OK) throw_error(database, result, "preparing \"" + excerpt(sql) + "\"");
    if (handle_ == nullptr) throw Error(Errc::invalid_argument, "an empty SQL statement");
    const char* const end = sql.data() + sql.size();
    sqlite3_stmt* second = nullptr; // none for spaces and comments
    if (rest != end) sqlite3_prepare_v3(database, rest, static_cast<int>(end - rest), 0, &second, nullptr);
    if (second != nullptr) {
        sqlite3_finalize(second);
        sqlite3_finalize(handle_);
        throw Error(Errc::invalid_argument, "several SQL statements where one is run: \"" + excerpt(sql) +
                                                "\"; use execute_script for several");
    }
    rolls_back_ = session != nullptr && session->saw_rollback();
}

SqlStatement::~SqlStatement() {
    sqlite3_finalize(handle_);
}

void SqlStatement::fail(int result, std::string_view doing) {
    // The reset repeats the error and would lose the words of it if it came after.
    try {
        throw_error(database_, result, std::string(doing) + " \"" + excerpt(sqlite3_sql(handle_)) + "\"");
    } catch (...) {
        reset();
        throw;
    }
}

void SqlStatement::check_bound(int result, int parameter) {
    if (result != SQLITE_OK) [[unlikely]]
        fail(result, "binding parameter " + std::to_string(parameter) + " of");
}

void SqlStatement::bind_null(int parameter) {
    check_bound(sqlite3_bind_null(handle_, parameter), parameter);
}

void SqlStatement::bind(int parameter, std::int64_t value) {
    check_bound(sqlite3_bind_int64(handle_, parameter, value), parameter);
}

void SqlStatement::bind(int parameter, double value) {
    check_bound(sqlite3_bind_double(handle_, parameter, value), parameter);
}

void SqlStatement::bind(int parameter, std::string_view text) {
    // A null pointer would be bound as null; an empty view may have one.
    const char* const data = text.data() != nullptr ? text.data() : "";
    check_bound(sqlite3_bind_text64(handle_, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8),
                parameter);
}

void SqlStatement::bind_blob(int parameter, std::span<const std::byte> bytes) {
    const void* const data = bytes.data() != nullptr ? static_cast<const void*>(bytes.data()) : "";
    check_bound(sqlite3_bind_blob64(handle_, parameter, data, bytes.size(), SQLITE_STATIC), parameter);
}

bool SqlStatement::step() {
    if (session_ != nullptr) session_->check_session(rolls_back_);
    const int result = sqlite3_step(handle_);
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) [[unlikely]]
        fail(result, "running");
    changes_ = sqlite3_changes64(database_);
    return false;
}

void SqlStatement::reset() noexcept {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
}

std::string_view SqlStatement::name(int column) const {
    const char* const name = sqlite3_column_name(handle_, column);
    return name != nullptr ? name : "";
}

std::string_view SqlStatement::text(int column) const {
    // A blob's bytes come as they are; asking for text would make SQLite look for an encoding.
    const void* const bytes = sqlite3_column_type(handle_, column) == SQLITE_BLOB
                                  ? sqlite3_column_blob(handle_, column)
                                  : sqlite3_column_text(handle_, column);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Connection::Connection(const std::string& path, const ConnectionOptions& options) : writes_(options.writes) {
    try {
        open(path, options);
        configure(options);
    } catch (...) {
        sqlite3_close(handle_);
        throw;
    }
}

Connection::~Connection() {
    application_.clear();
    own_.clear();
    sqlite3_close(handle_);
}

void Connection::open(const std::string& path, const ConnectionOptions& options) {
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE |
                      (options.writes ? SQLITE_OPEN_CREATE : 0); // a reader too needs the shared memory file
    const int result =
        sqlite3_open_v2(path.c_str(), &handle_, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
    if (result != SQLITE_OK) {
        if (handle_ == nullptr) throw_error(nullptr, result, "opening " + path);
        throw_error(handle_, result, "opening");
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, static_cast<int>(options.busy_timeout.count()));
}

void Connection::configure(const ConnectionOptions& options) {
    const auto pragma = [&](const std::string& text) { execute_own(("pragma " + text).c_str()); };
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    pragma("wal_autocheckpoint = 0");
    pragma("cache_size = -" + std::to_string(options.cache_kib));
    pragma("temp_store = memory");
    if (options.writes) {
        pragma("page_size = " + std::to_string(options.page_bytes));
        pragma("journal_mode = wal");
        pragma(options.full_sync ? "synchronous = full" : "synchronous = normal");
        // Debian's build overwrites what is deleted with zeroes: every ended job would be written twice.
        pragma("secure_delete = off");
        // After a burst the log's file shrinks to this when it starts anew.
        pragma("journal_size_limit = 67108864");
    } else {
        pragma("query_only = on");
    }
    // The last connection to close would checkpoint by itself; only the writer does, when it says so.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_set_authorizer(handle_, authorize, this);
}

SqlStatement& Connection::operator[](std::string_view name) {
    if (const auto found = own_.find(name); found != own_.end()) return *found->second;
    auto statement = std::make_unique<SqlStatement>(handle_, sql_named(name));
    return *own_.emplace(name, std::move(statement)).first->second;
}

void Connection::execute_own(const char* sql) {
    if (const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); result != SQLITE_OK)
        throw_error(handle_, result, "running \"" + excerpt(sql) + "\"");
}

Statement& Connection::prepare(std::string_view sql) {
    if (const auto found = application_.find(sql); found != application_.end()) {
        found->second->reset();
        return *found->second;
    }
    for_application_ = watched_;
    saw_rollback_ = false;
    refused_.clear();
    try {
        auto statement = std::make_unique<SqlStatement>(handle_, sql, writes_ ? this : nullptr);
        for_application_ = false;
        return *application_.emplace(sql, std::move(statement)).first->second;
    } catch (...) {
        for_application_ = false;
        if (!refused_.empty())
            throw Error(Errc::invalid_argument, "\"" + excerpt(sql) + "\" is refused: " + refused_);
        throw;
    }
}

void Connection::execute_script(std::string_view sql) {
    if (writes_) check_session();
    const std::string text(sql); // SQLite wants a terminating zero
    for_application_ = watched_;
    refused_.clear();
    const int result = sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr);
    for_application_ = false;
    if (result == SQLITE_OK) return;
    if (!refused_.empty()) throw Error(Errc::invalid_argument, "the script is refused: " + refused_);
    throw_error(handle_, result, "running \"" + excerpt(sql) + "\"");
}

void Connection::check_session(bool rolls_back) const {
    if (!in_transaction()) [[unlikely]]
        throw Error(Errc::io, "the database has rolled the transaction back after an error; let it end");
    if (rolls_back && counted_) [[unlikely]]
        throw Error(Errc::invalid_argument,
                    std::string("a rollback to a savepoint is refused: ") + why_no_rollback);
}

void Connection::end_session() noexcept {
    counted_ = false;
    if (application_.size() > max_application_statements) application_.clear();
}

int Connection::authorize(void* self, int action, const char* first, const char* second, const char*,
                          const char*) noexcept {
    auto& connection = *static_cast<Connection*>(self);
    if (!connection.for_application_) return SQLITE_OK;
    const auto refuse = [&](const char* why) {
        connection.refused_ = why;
        return SQLITE_DENY;
    };
    const auto is_ours = [](const char* table) {
        return table != nullptr && std::string_view(table).starts_with("offstage_") &&
               std::string_view(table) != "offstage_migration";
    };
    switch (action) {
    case SQLITE_TRANSACTION:
        return refuse("the store begins and ends transactions; throw to roll this one back");
    case SQLITE_SAVEPOINT:
        if (std::string_view(first) != "ROLLBACK") return SQLITE_OK;
        connection.saw_rollback_ = true;
        return connection.counted_ ? refuse(why_no_rollback) : SQLITE_OK;
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
        return refuse("a commit across two files is not atomic; copy the data instead");
    case SQLITE_PRAGMA: {
        constexpr std::array<std::string_view, 9> questions{
            "table_info",  "table_xinfo",      "table_list",        "index_list",     "index_info",
            "index_xinfo", "foreign_key_list", "foreign_key_check", "integrity_check"};
        const bool asks = second == nullptr || std::ranges::find(questions, first) != questions.end();
        return asks ? SQLITE_OK : refuse("pragmas that set something are the store's business");
    }
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_VIEW:
        return is_ours(first) ? refuse("tables named offstage_… are written by the store alone") : SQLITE_OK;
    case SQLITE_ALTER_TABLE:
        return is_ours(second) ? refuse("tables named offstage_… are written by the store alone") : SQLITE_OK;
    default:
        return SQLITE_OK;
    }
}

} // namespace offstage::stores::sqlite
