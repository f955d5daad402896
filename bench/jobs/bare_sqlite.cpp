#include "bench/jobs/bare_sqlite.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace bench {
namespace {

constexpr std::int64_t some_time = 1'700'000'000'000'000;

const char* const schema = R"(
create table job (id integer primary key, queue integer not null, kind integer not null, state integer not null,
    priority integer not null, attempt integer not null default 0, errors integer not null default 0,
    crashes integer not null default 0, max_attempts integer not null, lease integer not null default 0,
    run_at integer not null, created_at integer not null, started_at integer, worker integer, args text not null);
create index job_ready on job (queue, priority, run_at, id) where state = 1;
create table history (id integer primary key, queue integer not null, kind integer not null, state integer not null,
    priority integer not null, attempt integer not null, errors integer not null, crashes integer not null,
    max_attempts integer not null, lease integer not null, run_at integer not null, created_at integer not null,
    started_at integer, worker integer, ended_at integer not null, args text not null, result text);
create table claim (lease integer primary key, worker integer not null, jobs text not null);
create table queue (id integer primary key, ready integer not null, running integer not null, done integer not null);
insert into queue values (1, 0, 0, 0);
)";

} // namespace

const char* const rows_schema =
    "create table book (id integer primary key, title text not null, author text not null, isbn text not "
    "null, "
    "kind text not null, price integer not null, pages integer not null, published text not null, "
    "stock integer not null)";
const char* const rows_insert =
    "insert into book (title, author, isbn, kind, price, pages, published, stock) "
    "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

class BareSqlite::Query {
public:
    Query(sqlite3* db, const char* sql) : db_(db) {
        if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK)
            fail();
    }
    ~Query() { sqlite3_finalize(statement_); }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    Query& bind(int parameter, std::int64_t value) {
        sqlite3_bind_int64(statement_, parameter, value);
        return *this;
    }
    Query& bind(int parameter, std::string_view text) {
        sqlite3_bind_text(statement_, parameter, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
        return *this;
    }
    bool step() {
        const int result = sqlite3_step(statement_);
        if (result == SQLITE_ROW) return true;
        if (result != SQLITE_DONE) fail();
        sqlite3_reset(statement_);
        return false;
    }
    void run() {
        while (step()) {
        }
    }
    std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    std::string text(int column) const {
        return {reinterpret_cast<const char*>(sqlite3_column_text(statement_, column)),
                static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

private:
    [[noreturn]] void fail() const {
        std::fprintf(stderr, "bare sqlite: %s\n", sqlite3_errmsg(db_));
        std::exit(1);
    }
    sqlite3* db_;
    sqlite3_stmt* statement_ = nullptr;
};

BareSqlite::BareSqlite(const std::string& path) {
    sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                    nullptr);
    for (const char* sql :
         {"pragma journal_mode = wal", "pragma synchronous = full", "pragma secure_delete = off",
          "pragma wal_autocheckpoint = 4000", "pragma cache_size = -16384", schema, rows_schema})
        run(sql);
}

BareSqlite::~BareSqlite() {
    sqlite3_close(db_);
}

void BareSqlite::run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return;
    std::fprintf(stderr, "bare sqlite: %s: %s\n", sql, sqlite3_errmsg(db_));
    std::exit(1);
}

void BareSqlite::enqueue(long count, int batch) {
    Query begin(db_, "begin immediate"), commit(db_, "commit");
    Query insert(db_,
                 "insert into job (id, queue, kind, state, priority, max_attempts, run_at, created_at, args) "
                 "values (?1, 1, 1, 1, 0, 20, ?2, ?2, '{\"id\":12345,\"what\":\"noop\"}')");
    Query counts(db_, "update queue set ready = ready + ?1 where id = 1");
    while (count > 0) {
        begin.run();
        const long now = std::min<long>(count, batch);
        for (long i = 0; i < now; ++i) insert.bind(1, next_ + i).bind(2, some_time + next_).run();
        next_ += now;
        counts.bind(1, now).run();
        commit.run();
        count -= now;
    }
}

long BareSqlite::drain(int batch) {
    struct Job {
        std::int64_t id;
        std::string args;
    };
    Query begin(db_, "begin immediate"), commit(db_, "commit");
    Query ready(db_, "select id, args, attempt, errors, max_attempts, created_at, run_at from job "
                     "where queue = 1 and state = 1 order by priority, run_at, id limit ?1");
    Query start(db_,
                "update job set state = 2, lease = ?2, attempt = attempt + 1, worker = 1, started_at = ?3 "
                "where id = ?1");
    Query end(
        db_, "insert into history (id, queue, kind, state, priority, attempt, errors, crashes, max_attempts, "
             "lease, run_at, created_at, started_at, worker, ended_at, args) "
             "select id, queue, kind, 4, priority, attempt, errors, crashes, max_attempts, lease, run_at, "
             "created_at, started_at, worker, ?3, args from job where id = ?1 and lease = ?2 and state = 2");
    Query remove(db_, "delete from job where id = ?1");
    Query claim(db_, "insert into claim (lease, worker, jobs) values (?1, 1, ?2)");
    Query unclaim(db_, "delete from claim where lease = ?1");
    Query counts(
        db_,
        "update queue set ready = ready - ?1, running = running + ?1 - ?2, done = done + ?2 where id = 1");
    std::vector<Job> held, ended;
    long done = 0;
    for (std::int64_t lease = 1;; ++lease) {
        begin.run();
        for (const Job& job : ended) {
            end.bind(1, job.id).bind(2, lease - 1).bind(3, some_time).run();
            remove.bind(1, job.id).run();
        }
        if (!ended.empty()) unclaim.bind(1, lease - 1).run();
        held.clear();
        ready.bind(1, batch);
        while (ready.step()) held.push_back({ready.integer(0), ready.text(1)});
        for (const Job& job : held) start.bind(1, job.id).bind(2, lease).bind(3, some_time).run();
        if (!held.empty()) {
            const std::string ids = std::to_string(held.front().id) + "-" + std::to_string(held.back().id);
            claim.bind(1, lease).bind(2, ids).run();
        }
        counts.bind(1, static_cast<std::int64_t>(held.size()))
            .bind(2, static_cast<std::int64_t>(ended.size()))
            .run();
        commit.run();
        done += static_cast<long>(ended.size());
        if (held.empty()) return done;
        std::swap(held, ended);
    }
}

void BareSqlite::insert_rows(long count, int batch) {
    Query begin(db_, "begin immediate"), commit(db_, "commit"), insert(db_, rows_insert);
    for (long row = 0; row < count;) {
        begin.run();
        for (int i = 0; i < batch && row < count; ++i, ++row)
            insert.bind(1, "A title of middling length, volume")
                .bind(2, "Some Author")
                .bind(3, "978-3-16-148410-0")
                .bind(4, "paperback")
                .bind(5, row)
                .bind(6, row % 1000)
                .bind(7, "2021-03-04")
                .bind(8, row % 77)
                .run();
        commit.run();
    }
}

} // namespace bench
