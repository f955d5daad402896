#include "offstage/stores/sqlite/testing/faulty_vfs.hpp"

#include <cstring>
#include <sqlite3.h>

namespace offstage::stores::testing {
namespace {

/// What SQLite holds for an open file; the machine's own stands right behind it.
struct File {
    sqlite3_file base;
    FaultyVfs* faults;
    sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File& of(sqlite3_file* file) noexcept {
    return *reinterpret_cast<File*>(file);
}
sqlite3_vfs* real_vfs(sqlite3_vfs* vfs) noexcept {
    return static_cast<std::pair<sqlite3_vfs*, FaultyVfs*>*>(vfs->pAppData)->first;
}

int close_file(sqlite3_file* file) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods != nullptr ? real->pMethods->xClose(real) : SQLITE_OK;
}
int read_file(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xRead(real, to, bytes, at);
}
int write_file(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
    sqlite3_file* const real = of(file).real();
    bool half = false;
    const int fault = of(file).faults->before_write(half);
    if (half) real->pMethods->xWrite(real, from, bytes / 2, at);
    return fault != SQLITE_OK ? fault : real->pMethods->xWrite(real, from, bytes, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    sqlite3_file* const real = of(file).real();
    bool half = false;
    if (const int fault = of(file).faults->before_write(half); fault != SQLITE_OK) return fault;
    return real->pMethods->xTruncate(real, size);
}
int sync_file(sqlite3_file* file, int) {
    return of(file).faults->before_sync(); // no test cuts the power: nothing is gained by a real one
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xFileSize(real, size);
}
int lock_file(sqlite3_file* file, int how) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xLock(real, how);
}
int unlock_file(sqlite3_file* file, int how) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xUnlock(real, how);
}
int check_lock(sqlite3_file* file, int* is_reserved) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xCheckReservedLock(real, is_reserved);
}
int control_file(sqlite3_file* file, int what, void* argument) {
    sqlite3_file* const real = of(file).real();
    // The size hint allocates room ahead: on a full disk that fails as a write does.
    if (what == SQLITE_FCNTL_SIZE_HINT) return SQLITE_OK;
    return real->pMethods->xFileControl(real, what, argument);
}
int sector_size(sqlite3_file* file) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xSectorSize(real);
}
int characteristics(sqlite3_file* file) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xDeviceCharacteristics(real);
}
int map_shared(sqlite3_file* file, int page, int bytes, int extend, void volatile** to) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xShmMap(real, page, bytes, extend, to);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xShmLock(real, offset, count, flags);
}
void barrier_shared(sqlite3_file* file) {
    sqlite3_file* const real = of(file).real();
    real->pMethods->xShmBarrier(real);
}
int unmap_shared(sqlite3_file* file, int remove) {
    sqlite3_file* const real = of(file).real();
    return real->pMethods->xShmUnmap(real, remove);
}

const sqlite3_io_methods methods{
    2,           close_file,     read_file,    write_file,   truncate_file, sync_file,       file_size,
    lock_file,   unlock_file,    check_lock,   control_file, sector_size,   characteristics, map_shared,
    lock_shared, barrier_shared, unmap_shared, nullptr,      nullptr};

int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* flags_out) {
    File& opened = of(file);
    opened.base.pMethods = nullptr;
    opened.faults = static_cast<std::pair<sqlite3_vfs*, FaultyVfs*>*>(vfs->pAppData)->second;
    std::memset(opened.real(), 0, static_cast<std::size_t>(real_vfs(vfs)->szOsFile));
    const int result = real_vfs(vfs)->xOpen(real_vfs(vfs), name, opened.real(), flags, flags_out);
    if (result == SQLITE_OK) opened.base.pMethods = &methods;
    return result;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int) {
    return real_vfs(vfs)->xDelete(real_vfs(vfs), name, 0); // the folder is not synced either
}

} // namespace

FaultyVfs::FaultyVfs(std::string name) : name_(std::move(name)) {
    sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
    vfs_ = new sqlite3_vfs(*real); // all else goes to the machine's own, which looks at nothing of vfs_
    vfs_->zName = name_.c_str();
    vfs_->szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    vfs_->pNext = nullptr;
    vfs_->pAppData = new std::pair<sqlite3_vfs*, FaultyVfs*>(real, this);
    vfs_->xOpen = open_file;
    vfs_->xDelete = delete_file;
    sqlite3_vfs_register(vfs_, 0);
}

FaultyVfs::~FaultyVfs() {
    sqlite3_vfs_unregister(vfs_);
    delete static_cast<std::pair<sqlite3_vfs*, FaultyVfs*>*>(vfs_->pAppData);
    delete vfs_;
}

void FaultyVfs::fail_after(std::int64_t calls, Fault fault) {
    left_ = calls;
    failures_ = 0;
    fault_ = fault;
}

bool FaultyVfs::is_time() {
    if (left_.fetch_sub(1) > 0) return false;
    ++failures_;
    return true;
}

int FaultyVfs::before_write(bool& half) {
    switch (fault_.load()) {
    case Fault::none:
        return SQLITE_OK;
    case Fault::sync:
        left_.fetch_sub(1);
        return SQLITE_OK;
    case Fault::full:
        return is_time() ? SQLITE_FULL : SQLITE_OK;
    case Fault::full_once:
        if (!is_time()) return SQLITE_OK;
        heal();
        return SQLITE_FULL;
    case Fault::short_write:
        half = is_time();
        return half ? SQLITE_IOERR_WRITE : SQLITE_OK;
    }
    return SQLITE_OK;
}

int FaultyVfs::before_sync() {
    if (fault_ == Fault::none) return SQLITE_OK;
    if (fault_ == Fault::sync) return is_time() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    left_.fetch_sub(1);
    return SQLITE_OK;
}

} // namespace offstage::stores::testing
