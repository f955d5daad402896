// What the tests of a store share: a folder that goes away, a clock set by hand.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace offstage::stores::testing {

/// A fresh folder, deleted with all that is in it.
class Folder {
public:
    Folder() {
        std::string path = (std::filesystem::temp_directory_path() / "offstage-store-XXXXXX").string();
        if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = path;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }

    /// The database with its log, as a crash would leave it; over what was there.
    void copy_database(const std::string& from, const std::string& to) const {
        for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(file(to + part));
        for (const char* part : {"", "-wal"})
            if (std::filesystem::exists(file(from + part)))
                std::filesystem::copy_file(file(from + part), file(to + part));
    }

private:
    std::filesystem::path path_;
};

class ManualClock {
public:
    WallTime now() const { return from_micros(micros_.load()); }
    void advance(std::chrono::microseconds by) { micros_ += by.count(); }

private:
    std::atomic<std::int64_t> micros_{1'700'000'000'000'000};
};

} // namespace offstage::stores::testing
