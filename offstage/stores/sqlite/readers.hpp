// The connections that only read: a small pool, opened as they are needed.
//
// A reader works on a snapshot, beside all writing. Threads: all.
#pragma once

#include "offstage/stores/sqlite/connection.hpp"
#include "offstage/sync/condition.hpp"
#include "offstage/sys/mutex.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace offstage::stores::sqlite {

class Readers {
public:
    Readers(std::string path, ConnectionOptions options, int max)
        : path_(std::move(path)), options_(std::move(options)), max_(max) {}

    /// Runs `body` on a snapshot. Waits while all connections are in use; Error(stopped | timed_out) when
    /// that ends first.
    void read(const std::function<void(Connection&)>& body, const std::stop_token& stop, Deadline deadline);

private:
    std::unique_ptr<Connection> take(const std::stop_token& stop, Deadline deadline);
    void give_back(std::unique_ptr<Connection> connection) noexcept;

    const std::string path_;
    const ConnectionOptions options_;
    const int max_;

    sys::Mutex mutex_;
    Condition free_one_;
    std::vector<std::unique_ptr<Connection>> free_ OFFSTAGE_GUARDED_BY(mutex_);
    int open_ OFFSTAGE_GUARDED_BY(mutex_) = 0;
};

} // namespace offstage::stores::sqlite
