// One process a database: a lock on the file FILE.lock beside it, which says in JSON who holds it.
//
// The lock is an open file description lock (F_OFD_SETLK): the kernel lets it go when the process dies,
// however it dies, and it does not vanish when some other part of the process opens and closes the same file,
// as POSIX locks do. The file stays when the lock is let go; to delete it would let two hold locks on two
// files of one name. A database with several hard links is refused, for the lock goes by its name.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/stores/holder.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace offstage::stores::sqlite {

class FileLock {
public:
    /// Opens FILE.lock and takes it. Throws Error(held) that names the holder, or Error(io).
    explicit FileLock(const std::string& database_path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

    /// Writes down where the holder can be reached; read by whoever is refused.
    void announce(std::string_view url);

private:
    void write() const;
    std::string path_;
    int file_ = -1;
    Holder self_;
};

/// Who holds the lock of a database file now; none when nobody does. Throws Error(io).
std::optional<Holder> lock_holder(const std::string& database_path);

} // namespace offstage::stores::sqlite
