#include "offstage/stores/sqlite/queries.hpp"

#include "offstage/base/check.hpp"

#include "offstage_stores_sqlite_sql_assets.hpp"

#include <map>

namespace offstage::stores::sqlite {
namespace {

std::map<std::string_view, std::string_view> read_all() {
    std::map<std::string_view, std::string_view> queries;
    constexpr std::string_view mark = "\n--- ";
    for (const sql::Asset& file : sql::assets()) {
        std::size_t at = file.content.find(mark);
        while (at != std::string_view::npos) {
            const std::size_t name = at + mark.size();
            const std::size_t text = file.content.find('\n', name);
            OFFSTAGE_CHECK(text != std::string_view::npos, "an SQL file ends within the name of a statement");
            at = file.content.find(mark, text);
            const bool is_new = queries
                                    .emplace(file.content.substr(name, text - name),
                                             file.content.substr(text + 1, at - text - 1))
                                    .second;
            OFFSTAGE_CHECK(is_new, "two SQL statements have one name");
        }
    }
    return queries;
}

} // namespace

std::string_view sql_named(std::string_view name) {
    static const auto queries = read_all();
    const auto found = queries.find(name);
    OFFSTAGE_CHECK(found != queries.end(), "no SQL statement has that name");
    return found->second;
}

} // namespace offstage::stores::sqlite
