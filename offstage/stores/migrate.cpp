#include "offstage/stores/migrate.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"

#include <charconv>

namespace offstage::stores {
namespace {

std::int64_t newest_version(Session& session, std::string_view component) {
    session.execute_script("create table if not exists offstage_migration ("
                           "component text not null, version integer not null, name text not null, "
                           "applied_at bigint not null, primary key (component, version))");
    auto rows = session.query("select max(version) from offstage_migration where component = ?1", component);
    return rows.next() ? rows.integer(0) : 0;
}

} // namespace

int migrate(const InTransaction& transact, std::string_view component, std::span<const Migration> migrations,
            WallTime now) {
    for (std::size_t i = 0; i < migrations.size(); ++i)
        OFFSTAGE_CHECK(migrations[i].version == static_cast<int>(i) + 1,
                       "migrations are not numbered 1, 2, 3 …");
    int made = 0;
    for (bool left = true; left;)
        transact([&](Session& session) {
            const std::int64_t version = newest_version(session, component);
            const auto known = static_cast<std::int64_t>(migrations.size());
            if (version > known)
                throw Error(Errc::conflict,
                            "the tables of \"" + std::string(component) + "\" are of version " +
                                std::to_string(version) + ", and this program knows them up to version " +
                                std::to_string(known) + ": a newer program wrote them; run that one");
            left = version < known;
            if (!left) return;
            const Migration& next = migrations[static_cast<std::size_t>(version)];
            session.execute_script(next.sql);
            session.execute("insert into offstage_migration (component, version, name, applied_at) "
                            "values (?1, ?2, ?3, ?4)",
                            component, next.version, next.name, to_micros(now));
            ++made;
        });
    return made;
}

int migrate(Store& store, std::string_view component, std::span<const Migration> migrations) {
    return migrate(
        [&](const std::function<void(Session&)>& body) {
            store.transact([&](Transaction& transaction) { body(transaction); });
        },
        component, migrations, store.now());
}

Migration migration_from_file(std::string_view path, std::string_view sql) {
    const std::size_t folder = path.rfind('/');
    std::string_view name = folder == std::string_view::npos ? path : path.substr(folder + 1);
    int version = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
    OFFSTAGE_CHECK(error == std::errc{} && end != name.data() + name.size() && *end == '_' &&
                       name.ends_with(".sql"),
                   "a migration's file is not named like 0001_books.sql");
    name.remove_prefix(static_cast<std::size_t>(end - name.data()) + 1);
    name.remove_suffix(4);
    return {.version = version, .name = std::string(name), .sql = std::string(sql)};
}

} // namespace offstage::stores
