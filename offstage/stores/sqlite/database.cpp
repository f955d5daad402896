#include "offstage/stores/sqlite/database.hpp"

#include "offstage/base/check.hpp"
#include "offstage/stores/migrate.hpp"

#include "offstage_stores_sqlite_migrations_assets.hpp"

#include <filesystem>
#include <map>

namespace offstage::stores::sqlite {
namespace {

ConnectionOptions connection_options(const SqliteOptions& options, bool writes) {
    return {.writes = writes,
            .cache_kib = writes ? options.cache_kib : options.reader_cache_kib,
            .page_bytes = options.page_bytes,
            .full_sync = options.full_sync,
            .busy_timeout = options.busy_timeout,
            .vfs = options.vfs};
}

std::unique_ptr<Connection> open_writing(const std::string& path, const SqliteOptions& options) {
    auto connection = std::make_unique<Connection>(path, connection_options(options, true));
    Connection& db = *connection;
    migrate(
        [&](const std::function<void(Session&)>& body) {
            db["begin"].run();
            try {
                body(db);
                db["commit"].run();
            } catch (...) {
                if (db.in_transaction()) db["rollback"].run();
                throw;
            }
        },
        "offstage", migrations_in(migrations::assets()), options.clock());
    db.watch_application();
    return connection;
}

// All files that this process has open. One that is being opened or closed is there without its Database:
// whoever wants it waits for the outcome.
struct Shared {
    std::unique_ptr<Database> database;
    int users = 0;
    bool busy = true;
};
struct Registry {
    sys::Mutex mutex;
    Condition changed;
    std::map<std::string, Shared> open OFFSTAGE_GUARDED_BY(mutex);
};
Registry& registry() {
    static Registry all;
    return all;
}

} // namespace

std::string canonical(const std::string& path) {
    if (path.empty()) throw Error(Errc::invalid_argument, "the path of the database is empty");
    if (path == ":memory:" || path.starts_with("file:")) // SQLite takes more for a file than files
        throw Error(Errc::invalid_argument,
                    path + " names no file; the database must be one, so that the jobs in it outlive the "
                           "process: give its path");
    std::error_code error;
    const auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
    if (error) throw Error(Errc::io, path + ": " + error.message());
    return whole.string();
}

Database::Database(const std::string& path, const SqliteOptions& options)
    : path_(path), clock_(options.clock), lock_(path),
      readers_(path, connection_options(options, false), options.max_readers) {
    writer_ = std::make_unique<Writer>(open_writing(path, options),
                                       WriterOptions{.clock = options.clock,
                                                     .max_group = options.max_group,
                                                     .checkpoint_pages = options.checkpoint_pages});
}

void Database::announce(std::string_view url) {
    const sys::MutexLock lock(announcing_);
    lock_.announce(url);
}

DatabaseHandle::DatabaseHandle(const std::string& path, const SqliteOptions& options) {
    const std::string name = canonical(path);
    Registry& all = registry();
    sys::MutexLock lock(all.mutex);
    std::ignore = all.changed.wait(lock, [&]() OFFSTAGE_REQUIRES(all.mutex) {
        const auto found = all.open.find(name);
        return found == all.open.end() || !found->second.busy;
    });
    Shared& shared = all.open[name];
    ++shared.users;
    if (shared.database) {
        database_ = shared.database.get();
        return;
    }
    lock.unlock();
    std::unique_ptr<Database> opened;
    std::exception_ptr error;
    try {
        opened = std::make_unique<Database>(name, options);
    } catch (...) {
        error = std::current_exception();
    }
    lock.lock();
    database_ = opened.get();
    shared.database = std::move(opened);
    shared.busy = false;
    if (error) all.open.erase(name);
    lock.unlock();
    all.changed.notify_all();
    if (error) std::rethrow_exception(error);
}

DatabaseHandle::~DatabaseHandle() {
    Registry& all = registry();
    const std::string name = database_->path();
    sys::MutexLock lock(all.mutex);
    Shared& shared = all.open.at(name);
    if (--shared.users > 0) return;
    shared.busy = true;
    std::unique_ptr<Database> last = std::move(shared.database);
    lock.unlock();
    last.reset();
    lock.lock();
    all.open.erase(name);
    lock.unlock();
    all.changed.notify_all();
}

} // namespace offstage::stores::sqlite
