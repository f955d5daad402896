#include "offstage/stores/sqlite/file_lock.hpp"

#include "offstage/base/error.hpp"
#include "offstage/base/json.hpp"
#include "offstage/sys/clock.hpp"

#include <boost/describe.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace offstage::stores {
BOOST_DESCRIBE_STRUCT(Holder, (), (pid, program, since, url))
} // namespace offstage::stores

namespace offstage::stores::sqlite {
namespace {

std::string lock_path(const std::string& database_path) {
    return database_path + ".lock";
}

[[noreturn]] void fail(const std::string& path, const char* doing) {
    throw Error(Errc::io, path + ": " + doing + ": " + std::strerror(errno) +
                              "; the folder must exist and this user must be allowed to write in it");
}

struct flock whole_file() {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

/// What stands in the file; empty fields where the holder has not written it yet.
Holder read_holder(int file) {
    std::string text(4096, '\0');
    const ssize_t bytes = pread(file, text.data(), text.size(), 0);
    text.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    try {
        return from_json<Holder>(text);
    } catch (const Error&) {
        return {};
    }
}

std::string sentence(const std::string& database_path, const Holder& holder) {
    std::string text = database_path + " is in use";
    if (holder.pid != 0)
        text += " by " + holder.program + " (process " + std::to_string(holder.pid) + ", since " +
                holder.since + ")";
    else
        text += " by another process";
    text += holder.url.empty() ? "; only one process may open it: stop that one, or ask it over HTTP"
                               : "; only one process may open it: stop that one, or ask it at " + holder.url;
    return text;
}

std::string this_program() {
    std::error_code error;
    const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? "a program" : path.filename().string();
}

} // namespace

FileLock::FileLock(const std::string& database_path) : path_(lock_path(database_path)) {
    if (struct stat file{}; stat(database_path.c_str(), &file) == 0 && file.st_nlink > 1)
        throw Error(Errc::conflict,
                    database_path + " has " + std::to_string(file.st_nlink) +
                        " names (hard links); its log and lock go by one of them, so it could be "
                        "opened twice: remove the other names, or copy the file");
    file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) fail(path_, "opening the lock file");
    struct flock lock = whole_file();
    if (fcntl(file_, F_OFD_SETLK, &lock) != 0) {
        const bool held = errno == EAGAIN || errno == EACCES;
        const Holder holder = held ? read_holder(file_) : Holder{};
        const int why = errno;
        close(file_);
        if (held) throw Error(Errc::held, sentence(database_path, holder));
        errno = why;
        fail(path_, "locking");
    }
    self_ = {.pid = getpid(), .program = this_program(), .since = to_iso8601(sys::wall_now()), .url = ""};
    write();
}

FileLock::~FileLock() {
    close(file_);
}

void FileLock::announce(std::string_view url) {
    self_.url = url;
    write();
}

void FileLock::write() const {
    // Spaces after the text instead of a shorter file: a reader never sees it empty. What does not get there
    // (the disk is full) costs a word in somebody's message, no more.
    std::string text = to_json(self_);
    text.resize(std::max<std::size_t>(text.size(), 512), ' ');
    text += '\n';
    std::ignore = pwrite(file_, text.data(), text.size(), 0);
}

std::optional<Holder> lock_holder(const std::string& database_path) {
    const std::string path = lock_path(database_path);
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        if (errno == ENOENT) return std::nullopt;
        fail(path, "opening the lock file");
    }
    struct flock lock = whole_file();
    const bool asked = fcntl(file, F_OFD_GETLK, &lock) == 0;
    std::optional<Holder> holder;
    if (asked && lock.l_type != F_UNLCK) holder = read_holder(file);
    const int why = errno;
    close(file);
    errno = why;
    if (!asked) fail(path, "asking for the lock's holder");
    return holder;
}

} // namespace offstage::stores::sqlite
