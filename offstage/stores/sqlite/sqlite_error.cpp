#include "offstage/stores/sqlite/sqlite_error.hpp"

#include <cstring>
#include <sqlite3.h>
#include <string>

namespace offstage::stores::sqlite {
namespace {

/// What a person can do about it.
std::string_view advice(int result) noexcept {
    switch (result & 0xFF) {
    case SQLITE_FULL:
        return "; make room on the disk, nothing was changed";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "; stop the program, keep a copy of the file and restore it from a backup";
    case SQLITE_CANTOPEN:
        return "; the folder must exist and this user must be allowed to write in it";
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "; the file and its folder must be writable by this user";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another program holds a lock on the database, such as an open sqlite3 shell";
    default:
        return "";
    }
}

} // namespace

Errc to_errc(int result) noexcept {
    switch (result & 0xFF) {
    case SQLITE_FULL:
        return Errc::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return Errc::corrupt;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return Errc::io;
    case SQLITE_NOMEM:
        return Errc::full;
    case SQLITE_TOOBIG:
        return Errc::too_large;
    case SQLITE_CONSTRAINT:
        return Errc::conflict;
    default:
        return Errc::invalid_argument;
    }
}

void throw_error(sqlite3* database, int result, std::string_view doing) {
    std::string message;
    const char* const path = database != nullptr ? sqlite3_db_filename(database, "main") : nullptr;
    if (path != nullptr && *path != '\0') message.append(path).append(": ");
    message.append(doing).append(": ");
    message.append(database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result));
    const Errc code = to_errc(result);
    if ((code == Errc::io || code == Errc::full) && database != nullptr) {
        if (const int system = sqlite3_system_errno(database); system != 0)
            message.append(" (").append(std::strerror(system)).append(")");
    }
    message.append(advice(result));
    throw Error(code, message);
}

} // namespace offstage::stores::sqlite
