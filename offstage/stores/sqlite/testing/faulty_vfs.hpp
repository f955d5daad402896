// A file system for SQLite that fails when a test says so: the disk is full, a write or an fsync fails.
//
//   FaultyVfs faults("faulty-1");
//   open_sqlite(path, {.vfs = faults.name()});
//   faults.fail_after(3, Fault::full);      // three more writes and syncs go well; the next ones fail
//   faults.heal();
//
// It stands before the machine's own file system and counts what changes files: writes, syncs, truncations.
// What is synced goes to the kernel and no further. Threads: all; it must outlive the connections that use
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

struct sqlite3_vfs;

namespace offstage::stores::testing {

enum class Fault : int {
    none,
    full,       ///< writes fail: no room
    full_once,  ///< the same, a single time
    sync,       ///< fsyncs fail, writes go well
    short_write ///< a write stops half way, and fails
};

class FaultyVfs {
public:
    explicit FaultyVfs(std::string name);
    ~FaultyVfs();
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    const std::string& name() const noexcept { return name_; }
    void fail_after(std::int64_t calls, Fault fault);
    void heal() { fault_ = Fault::none; }
    /// How often it has failed since fail_after.
    std::int64_t failures() const { return failures_; }

    // For the files.
    int before_write(bool& half);
    int before_sync();

private:
    bool is_time();
    const std::string name_;
    sqlite3_vfs* vfs_;
    std::atomic<std::int64_t> left_{0};
    std::atomic<std::int64_t> failures_{0};
    std::atomic<Fault> fault_{Fault::none};
};

} // namespace offstage::stores::testing
