#include "offstage/stores/sqlite/readers.hpp"

namespace offstage::stores::sqlite {

void Readers::read(const std::function<void(Connection&)>& body, const std::stop_token& stop,
                   Deadline deadline) {
    struct Taken {
        Readers& readers;
        std::unique_ptr<Connection> connection;
        ~Taken() { readers.give_back(std::move(connection)); }
    } taken{*this, take(stop, deadline)};
    Connection& db = *taken.connection;
    db["begin_read"].run();
    body(db);
}

std::unique_ptr<Connection> Readers::take(const std::stop_token& stop, Deadline deadline) {
    sys::MutexLock lock(mutex_);
    const WaitStatus waited = free_one_.wait(
        lock, [&]() OFFSTAGE_REQUIRES(mutex_) { return !free_.empty() || open_ < max_; }, stop, deadline);
    if (waited != WaitStatus::ok) throw to_error(waited, "a connection to read with");
    if (!free_.empty()) {
        auto connection = std::move(free_.back());
        free_.pop_back();
        return connection;
    }
    ++open_;
    lock.unlock();
    try {
        auto connection = std::make_unique<Connection>(path_, options_);
        connection->watch_application();
        return connection;
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

/// Ends its snapshot; one that does not go on is closed.
void Readers::give_back(std::unique_ptr<Connection> connection) noexcept {
    if (connection) {
        connection->end_session();
        try {
            if (connection->in_transaction()) (*connection)["rollback"].run();
        } catch (const std::exception&) {
            connection.reset();
        }
    }
    {
        const sys::MutexLock lock(mutex_);
        if (connection)
            free_.push_back(std::move(connection));
        else
            --open_;
    }
    free_one_.notify_one();
}

} // namespace offstage::stores::sqlite
