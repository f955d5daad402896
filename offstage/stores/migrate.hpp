// Numbered changes of a database's tables, each made once: the store's own, and the application's beside it.
//
//   constexpr stores::Migration migrations[] = {{1, "books", "create table book (...)"}};
//   stores::migrate(*store, "bookshop", migrations);
//
// What was done is written down in offstage_migration (component, version, name, applied_at). Each migration
// and its line are one transaction: killed at any moment, it is done or not.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/stores/session.hpp"
#include "offstage/stores/store.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::stores {

struct Migration {
    int version = 0; ///< 1, 2, 3 …
    std::string name;
    std::string sql; ///< statements, separated by semicolons
};

/// Makes those migrations of `component` that were not made yet; gives how many. Error(conflict) when the
/// database has a version that is not among them, for then a newer program wrote it; else what the SQL
/// throws. REQUIRES: versions count from 1 without gaps (checked).
int migrate(Store& store, std::string_view component, std::span<const Migration> migrations);

/// Runs one body in a transaction.
using InTransaction = std::function<void(const std::function<void(Session&)>&)>;
/// The same for a driver, before there is a store.
int migrate(const InTransaction& transact, std::string_view component, std::span<const Migration> migrations,
            WallTime now);

/// One migration from a file "0001_books.sql", whatever folder stands before it.
Migration migration_from_file(std::string_view path, std::string_view sql);

/// All of a folder's files, as offstage_embed gives them.
template <class Assets>
std::vector<Migration> migrations_in(const Assets& assets) {
    std::vector<Migration> all;
    for (const auto& asset : assets) all.push_back(migration_from_file(asset.name, asset.content));
    return all;
}

} // namespace offstage::stores
