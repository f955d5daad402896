// One action on many books: a selection, or everything that a filter matches, done by a durable job.
//
//   POST /api/v1/bulk   {"action": "delete", "ids": [3, 7]}
//                       {"action": "set_type", "value": "Comic", "filter": {"search": "emma", "book_type":
//                       ""}} 201 with the action as it is then, and its Location
//   GET  /api/v1/bulk   newest first      GET /api/v1/bulk/{id}      POST /api/v1/bulk/{id}/cancel
//
// An empty filter means all books. Books that come after those that were counted for the answer are not
// meant: `highest` is the id beyond which nothing is touched. Its state is its job's, as an import's is.
#pragma once

#include "apps/bookshop/book_list.hpp"
#include "apps/bookshop/book_table.hpp"
#include "offstage/jobs/client.hpp"
#include "offstage/web/router.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bookshop {

inline constexpr std::size_t max_bulk_ids = 10'000; ///< of one selection

struct BulkRecord {
    std::int64_t id = 0;
    offstage::jobs::JobId job = {};
    BookChange change = {};
    std::vector<std::int64_t> ids = {}; ///< ascending; empty: those of the filter
    std::string search = {};
    std::string book_type = {};
    std::int64_t highest = 0; ///< of a filter
    offstage::WallTime created_at = {};
    std::int64_t total = 0;
    std::int64_t last = 0; ///< the book that was looked at last
    std::int64_t looked = 0;
    std::int64_t changed = 0;
};

std::optional<BulkRecord> find_bulk(offstage::stores::Session& session, std::int64_t id);
/// As the API tells it.
std::string to_json(const BulkRecord& bulk, const std::optional<offstage::jobs::JobRecord>& job);

/// Client and lists outlive the server.
void add_bulk_routes(offstage::web::Router& router, offstage::jobs::Client& client, BookLists& lists);

} // namespace bookshop
