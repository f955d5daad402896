// The spool: a folder where uploaded files wait for their import.
//
//   create()  ──▶ NAME.part ──write()…──▶ finish(): fsync, rename ──▶ NAME, fsync of the folder ──▶ keep()
//                    └── anything else: the destructor removes it ◀──┘
//
// A name is 32 hexadecimal digits and ours: what a client calls a file is never a path here. What stands
// under NAME is complete and on disk. A process that dies leaves NAME.part, or a NAME that no import knows
// of: sweep() removes both. The folder's size is bounded and some of the disk is left free; what would pass
// either is a Refusal (spool_full, disk_full).
//
// A spool holds a lock, on the file FOLDER.lock: another one's sweep would take these files for left ones.
//
// Threads: the spool's calls from any; a SpoolFile is for one thread at a time. The spool outlives its files.
#pragma once

#include "offstage/sys/mutex.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bookshop {

class Spool;

/// An open file; closes it.
class File {
public:
    explicit File(int fd) noexcept : fd_(fd) {}
    File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~File();
    int fd() const noexcept { return fd_; }

private:
    int fd_;
};

/// One file that is being received.
class SpoolFile {
public:
    /// Removes the file unless keep() was called.
    ~SpoolFile();
    SpoolFile(const SpoolFile&) = delete;
    SpoolFile& operator=(const SpoolFile&) = delete;

    /// Adds to the file. Throws Refusal (spool_full, disk_full) or Error(io).
    void write(std::span<const char> bytes);
    /// The file stands under its name and is on disk. Nothing is written after it. Throws as write() does.
    void finish();
    /// An import knows of it now: whoever ends the import removes the file. REQUIRES: finish() has returned.
    void keep() noexcept { kept_ = true; }

    const std::string& name() const noexcept { return name_; }
    std::uint64_t size() const noexcept { return size_; }
    /// Open for reading, until the end of this object.
    int fd() const noexcept { return file_.fd(); }

private:
    friend class Spool;
    SpoolFile(Spool& spool, std::string name, std::uint64_t reserved, File file);

    Spool& spool_;
    const std::string name_;
    std::uint64_t reserved_; // of the spool's bound, at least size_
    std::uint64_t size_ = 0;
    const File file_;
    bool finished_ = false;
    bool kept_ = false;
};

class Spool {
public:
    struct Options {
        std::filesystem::path folder;
        std::uint64_t max_bytes = std::uint64_t{10} << 30;  ///< all files together
        std::uint64_t keep_free = std::uint64_t{256} << 20; ///< of the disk, for the database and its log
    };

    /// Makes the folder where it is missing. REQUIRES: no other process uses it. Throws Error(io).
    explicit Spool(Options options);

    /// A file to receive an upload. With `expected` bytes, room for all of them is taken now. Throws Refusal
    /// or Error(io).
    std::unique_ptr<SpoolFile> create(std::optional<std::uint64_t> expected);

    /// A complete file, open for reading. Throws Error(invalid_argument) for what is no name of ours,
    /// Error(not_found | io).
    File open(std::string_view name) const;
    /// Removes a file; nothing happens where there is none. Throws as open() does for the name.
    void remove(std::string_view name);

    /// Removes every file that is not being received and of which `wanted` says no; and what is left of
    /// uploads that died. Gives how many.
    std::size_t sweep(const std::function<bool(const std::string& name)>& wanted);

    /// Bytes on disk and promised to uploads under way.
    std::uint64_t used() const;

private:
    friend class SpoolFile;
    std::filesystem::path path(std::string_view name) const;
    /// Room for `least` bytes more of a file that has room for `had`, and up to `most` where they fit; gives
    /// how many. Throws Refusal.
    std::uint64_t reserve(std::uint64_t had, std::uint64_t least, std::uint64_t most);
    void release(std::uint64_t bytes) noexcept;
    void require_free(std::uint64_t bytes) const;
    void sync_folder() const;
    void lock_folder();

    const Options options_;
    File lock_{-1}; // held for as long as this lives
    mutable offstage::sys::Mutex mutex_;
    std::uint64_t used_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
    std::set<std::string> receiving_ OFFSTAGE_GUARDED_BY(mutex_);
};

} // namespace bookshop
