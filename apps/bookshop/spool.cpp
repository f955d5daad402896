#include "apps/bookshop/spool.hpp"

#include "apps/bookshop/refusal.hpp"
#include "offstage/base/check.hpp"
#include "offstage/sys/random.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace bookshop {

using offstage::Errc;
using offstage::Error;
using offstage::sys::MutexLock;

namespace {

constexpr std::uint64_t grow_by = std::uint64_t{1} << 20; // what an upload of unknown size takes at a time
constexpr std::uint64_t look_every = std::uint64_t{64}
                                     << 20; // how much is written between two looks at the disk
constexpr std::string_view unfinished = ".part";

std::string new_name() {
    static constexpr char digits[] = "0123456789abcdef";
    std::string name;
    for (int half = 0; half < 2; ++half) {
        std::uint64_t bits = offstage::sys::random_u64();
        for (int i = 0; i < 16; ++i, bits >>= 4) name += digits[bits & 15];
    }
    return name;
}

bool is_name(std::string_view name) {
    return name.size() == 32 &&
           std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

[[noreturn]] void fail(std::string_view doing, std::string_view file, int error) {
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        throw Refusal(Errc::full, "disk_full",
                      "The disk is full: the upload was not kept. Make room and send it again");
    throw Error(doing == "open" && error == ENOENT ? Errc::not_found : Errc::io,
                "the spool failed to " + std::string(doing) + " " + std::string(file) + ": " +
                    std::generic_category().message(error));
}

} // namespace

File::~File() {
    if (fd_ >= 0) ::close(fd_);
}

SpoolFile::SpoolFile(Spool& spool, std::string name, std::uint64_t reserved, File file)
    : spool_(spool), name_(std::move(name)), reserved_(reserved), file_(std::move(file)) {}

SpoolFile::~SpoolFile() {
    if (!kept_) {
        std::error_code ignored; // what stays is swept at the next start
        const std::string path = spool_.path(name_);
        std::filesystem::remove(finished_ ? path : path + std::string(unfinished), ignored);
    }
    const MutexLock lock(spool_.mutex_);
    spool_.used_ -= kept_ ? reserved_ - size_ : reserved_;
    spool_.receiving_.erase(name_);
}

void SpoolFile::write(std::span<const char> bytes) {
    OFFSTAGE_CHECK(!finished_, "a finished file is not written to");
    if (size_ + bytes.size() > reserved_) {
        const std::uint64_t least = size_ + bytes.size() - reserved_;
        reserved_ += spool_.reserve(reserved_, least, std::max(least, grow_by));
    }
    if (size_ / look_every != (size_ + bytes.size()) / look_every) spool_.require_free(bytes.size());
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail("write", name_, errno);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        size_ += static_cast<std::uint64_t>(n);
    }
}

void SpoolFile::finish() {
    OFFSTAGE_CHECK(!finished_, "finished once");
    if (::fsync(fd()) != 0) fail("fsync", name_, errno);
    const std::string path = spool_.path(name_);
    const std::string part = path + std::string(unfinished);
    if (::rename(part.c_str(), path.c_str()) != 0) fail("rename", name_, errno);
    finished_ = true;
    spool_.sync_folder();
}

Spool::Spool(Options options) : options_(std::move(options)) {
    std::error_code error;
    std::filesystem::create_directories(options_.folder, error);
    if (error)
        throw Error(Errc::io, "Cannot make the folder " + options_.folder.string() + ": " + error.message());
    lock_folder();
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder))
        if (entry.is_regular_file(error)) used_ += entry.file_size(error);
}

void Spool::lock_folder() {
    const std::string path = options_.folder.string() + ".lock";
    lock_ = File(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    // Of the open file, not of the process: the kernel lets go of it however the process dies.
    if (lock_.fd() >= 0 && ::fcntl(lock_.fd(), F_OFD_SETLK, &whole) == 0) return;
    if (lock_.fd() >= 0 && (errno == EAGAIN || errno == EACCES))
        throw Error(Errc::held,
                    "The folder " + options_.folder.string() +
                        " is in use by another shop, whose files would be taken for left ones: give this "
                        "one a --data-dir of its own");
    throw Error(Errc::io, "Cannot lock " + path + ": " + std::generic_category().message(errno));
}

std::unique_ptr<SpoolFile> Spool::create(std::optional<std::uint64_t> expected) {
    const std::uint64_t reserved = expected.value_or(0);
    const std::string name = new_name();
    const std::string part = path(name).string() + std::string(unfinished);
    require_free(reserved);
    {
        const MutexLock lock(mutex_);
        receiving_.insert(name);
    }
    try {
        File file(::open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
        if (file.fd() < 0) fail("create", name, errno);
        reserve(0, reserved, reserved);
        return std::unique_ptr<SpoolFile>(new SpoolFile(*this, name, reserved, std::move(file)));
    } catch (...) {
        ::unlink(part.c_str());
        const MutexLock lock(mutex_);
        receiving_.erase(name);
        throw;
    }
}

File Spool::open(std::string_view name) const {
    File file(::open(path(name).c_str(), O_RDONLY | O_CLOEXEC));
    if (file.fd() < 0) fail("open", name, errno);
    return file;
}

std::filesystem::path Spool::path(std::string_view name) const {
    if (!is_name(name))
        throw Error(Errc::invalid_argument, "This is no name of a spool file: " + std::string(name));
    return options_.folder / name;
}

void Spool::remove(std::string_view name) {
    const auto file = path(name);
    struct stat info{};
    if (::stat(file.c_str(), &info) != 0 || ::unlink(file.c_str()) != 0) return;
    release(static_cast<std::uint64_t>(info.st_size));
}

std::size_t Spool::sweep(const std::function<bool(const std::string& name)>& wanted) {
    std::size_t removed = 0;
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
        const std::string name = entry.path().filename();
        const bool is_part = name.ends_with(unfinished);
        const std::string stem = is_part ? name.substr(0, name.size() - unfinished.size()) : name;
        if (!is_name(stem)) continue; // not ours
        {
            const MutexLock lock(mutex_);
            if (receiving_.contains(stem)) continue;
        }
        if (!is_part && wanted(stem)) continue;
        std::error_code error;
        const auto size = entry.file_size(error);
        if (error || !std::filesystem::remove(entry.path(), error)) continue;
        release(size);
        ++removed;
    }
    return removed;
}

std::uint64_t Spool::used() const {
    const MutexLock lock(mutex_);
    return used_;
}

std::uint64_t Spool::reserve(std::uint64_t had, std::uint64_t least, std::uint64_t most) {
    const MutexLock lock(mutex_);
    if (least > options_.max_bytes || had > options_.max_bytes - least)
        throw Refusal(Errc::full, "spool_full",
                      "This upload is larger than the " + std::to_string(options_.max_bytes) +
                          " bytes that the spool takes here (--max-spool); split it");
    const std::uint64_t room = options_.max_bytes - std::min(used_, options_.max_bytes);
    if (least > room)
        throw Refusal(
            Errc::full, "spool_full",
            "There is no room for this upload beside those that wait for their import. Send it again later.");
    const std::uint64_t taken = std::min(most, room);
    used_ += taken;
    return taken;
}

void Spool::release(std::uint64_t bytes) noexcept {
    const MutexLock lock(mutex_);
    used_ -= std::min(used_, bytes);
}

void Spool::require_free(std::uint64_t bytes) const {
    struct statvfs disk{};
    if (::statvfs(options_.folder.c_str(), &disk) != 0) return; // the write itself will tell
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (free < options_.keep_free || free - options_.keep_free < bytes)
        throw Refusal(Errc::full, "disk_full",
                      "The disk is too full for this upload. Make room and send it again.");
}

void Spool::sync_folder() const {
    const int folder = ::open(options_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int failed = folder < 0 || ::fsync(folder) != 0 ? errno : 0;
    if (folder >= 0) ::close(folder);
    if (failed != 0) fail("fsync", options_.folder.string(), failed);
}

} // namespace bookshop
