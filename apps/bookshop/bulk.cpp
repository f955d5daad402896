#include "apps/bookshop/bulk.hpp"

#include "apps/bookshop/book_api.hpp"
#include "apps/bookshop/bulk_job.hpp"
#include "apps/bookshop/import_record.hpp"
#include "apps/bookshop/paging.hpp"
#include "offstage/base/time.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace json = boost::json;
namespace stores = offstage::stores;
namespace web = offstage::web;

namespace {

/// What is wrong with a request, by its member.
struct Wrong {
    std::string_view member;
    std::string sentence;
};

std::string text_of(const json::object& object, std::string_view member) {
    const json::value* value = object.if_contains(member);
    if (value == nullptr || value->is_null()) return {};
    if (!value->is_string()) throw Wrong{member, "Not a valid string."};
    return std::string(value->as_string());
}

std::vector<std::int64_t> ids_of(const json::value& value) {
    const json::array* list = value.if_array();
    if (list == nullptr || list->empty() || list->size() > max_bulk_ids)
        throw Wrong{"ids", "A list of 1 to " + std::to_string(max_bulk_ids) + " ids is required."};
    std::vector<std::int64_t> ids;
    for (const json::value& id : *list) {
        if (!id.is_int64() || id.as_int64() < 1) throw Wrong{"ids", "A valid integer is required."};
        ids.push_back(id.as_int64());
    }
    std::ranges::sort(ids);
    const auto twice = std::ranges::unique(ids);
    ids.erase(twice.begin(), twice.end());
    return ids;
}

BookChange change_of(const json::object& asked) {
    const std::string action = text_of(asked, "action");
    BookChange change{.remove = action == "delete", .book_type = text_of(asked, "value")};
    if (change.remove) return {.remove = true, .book_type = {}};
    if (action != "set_type")
        throw Wrong{"action", "\"" + action + "\" is not a valid choice: delete, set_type."};
    if (std::ranges::find(book_types, change.book_type) == book_types.end())
        throw Wrong{"value", "\"" + change.book_type + "\" is not a valid choice."};
    return change;
}

/// Reads what was asked for; books are counted for a filter later.
BulkRecord asked_by(const json::object& asked) {
    BulkRecord bulk{.change = change_of(asked)};
    const json::value* ids = asked.if_contains("ids");
    const json::value* filter = asked.if_contains("filter");
    if ((ids == nullptr) == (filter == nullptr)) throw Wrong{"ids", "Either ids or a filter is required."};
    if (ids != nullptr) {
        bulk.ids = ids_of(*ids);
        bulk.total = static_cast<std::int64_t>(bulk.ids.size());
        return bulk;
    }
    if (!filter->is_object()) throw Wrong{"filter", "Expected an object of search and book_type."};
    for (const auto& [name, value] : filter->as_object())
        if (name != "search" && name != "book_type")
            throw Wrong{"filter", "\"" + std::string(name) + "\" is no filter: search, book_type."};
    bulk.search = text_of(filter->as_object(), "search");
    bulk.book_type = text_of(filter->as_object(), "book_type");
    return bulk;
}

std::string list_of(std::span<const std::int64_t> ids) {
    if (ids.empty()) return {};
    std::string list = "[";
    for (const std::int64_t id : ids) list += (list.size() > 1 ? "," : "") + std::to_string(id);
    return list + "]";
}

std::int64_t insert(stores::Transaction& tx, jobs::Client& client, const BulkRecord& bulk) {
    tx.execute(
        "insert into bookshop_bulk (job, action, value, ids, search, book_type, highest, created_at, total) "
        "values (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        bulk.change.remove ? "delete" : "set_type", bulk.change.book_type, list_of(bulk.ids), bulk.search,
        bulk.book_type, bulk.highest, offstage::to_micros(bulk.created_at), bulk.total);
    const std::int64_t id = tx.last_insert_id();
    tx.execute("update bookshop_bulk set job = ?2 where id = ?1", id,
               client.enqueue(tx, ChangeBooks{id}).id.value);
    return id;
}

std::optional<std::string> tell(stores::Store& store, std::int64_t id) {
    std::optional<BulkRecord> bulk;
    const auto look = [&](stores::Session& session) { bulk = find_bulk(session, id); };
    store.read(look);
    if (!bulk) return std::nullopt;
    const auto job = store.find(bulk->job); // before the counters are read, see import_record.hpp
    store.read(look);
    return to_json(*bulk, job);
}

web::Response start(jobs::Client& client, BookLists& lists, const web::Request& request) {
    if (auto refused = not_json(request)) return std::move(*refused);
    boost::system::error_code error;
    const json::value body = json::parse(request.body, error);
    if (error) return detail(400, "JSON parse error - " + error.message());
    if (!body.is_object()) return detail(400, "Invalid data. Expected an object.");
    BulkRecord bulk;
    try {
        bulk = asked_by(body.as_object());
    } catch (const Wrong& wrong) {
        return web::Response::json(
            400, json::serialize(json::object{{wrong.member, json::array{wrong.sentence}}}));
    }
    stores::Store& store = client.store();
    if (bulk.ids.empty()) {
        BookFilter filter;
        if (auto refused = read_filter(bulk.search, bulk.book_type, filter)) return std::move(*refused);
        // What is told to whoever asks and what is done later are of one moment: one read, whose snapshot no
        // import changes.
        try {
            lists.read(store, request.stop, [&](stores::Session& session, BookLists::Look look) {
                bulk.total = lists.count(session, filter, look);
                bulk.highest = highest_book(session);
            });
        } catch (const ListsBusy& busy) {
            return told(busy);
        }
    }
    bulk.created_at = store.now();
    std::int64_t id = 0;
    store.transact([&](stores::Transaction& tx) { id = insert(tx, client, bulk); });
    return web::Response::json(201, tell(store, id).value())
        .with("Location", "/api/v1/bulk/" + std::to_string(id));
}

web::Response show(stores::Store& store, const web::Request& request) {
    const auto id = id_of(request);
    auto bulk = id ? tell(store, *id) : std::nullopt;
    return bulk ? web::Response::json(200, std::move(*bulk)) : not_found();
}

web::Response list(stores::Store& store, const web::Request& request) {
    std::optional<Page> page;
    std::vector<std::int64_t> ids;
    store.read([&](stores::Session& session) {
        stores::Rows count = session.query("select count(*) from bookshop_bulk");
        count.next();
        page = page_of(request, count.integer(0));
        if (!page) return;
        stores::Rows rows = session.query("select id from bookshop_bulk order by id desc limit ?1 offset ?2",
                                          page->size, page->offset());
        while (rows.next()) ids.push_back(rows.integer(0));
    });
    if (!page) return no_such_page();
    std::map<std::int64_t, std::string> told;
    for (const std::int64_t id : ids) told.emplace(id, tell(store, id).value_or(""));
    return page_response(request, *page, store, std::move(ids),
                         [told = std::move(told)](stores::Session&, std::int64_t id, std::string& out) {
                             out += told.at(id);
                         });
}

web::Response cancel(jobs::Client& client, const web::Request& request) {
    const auto id = id_of(request);
    std::optional<BulkRecord> bulk;
    if (id) client.store().read([&](stores::Session& session) { bulk = find_bulk(session, *id); });
    if (!bulk) return not_found();
    const auto result = client.cancel(bulk->job, "Cancelled. Nothing was changed before.", std::nullopt);
    if (result == jobs::CancelResult::ended || result == jobs::CancelResult::not_found)
        return detail(409, "This action has ended already.");
    return web::Response::json(200, tell(client.store(), *id).value());
}

} // namespace

std::optional<BulkRecord> find_bulk(stores::Session& session, std::int64_t id) {
    stores::Rows rows =
        session.query("select id, job, action, value, ids, search, book_type, highest, created_at, total, "
                      "last, looked, changed from bookshop_bulk where id = ?1",
                      id);
    if (!rows.next()) return std::nullopt;
    BulkRecord bulk{.id = rows.integer(0),
                    .job = {rows.integer(1)},
                    .change = {.remove = rows.text(2) == "delete", .book_type = rows.string(3)},
                    .search = rows.string(5),
                    .book_type = rows.string(6),
                    .highest = rows.integer(7),
                    .created_at = offstage::from_micros(rows.integer(8)),
                    .total = rows.integer(9),
                    .last = rows.integer(10),
                    .looked = rows.integer(11),
                    .changed = rows.integer(12)};
    if (!rows.text(4).empty()) {
        const json::value list = json::parse(rows.text(4));
        for (const json::value& one : list.as_array()) bulk.ids.push_back(one.as_int64());
    }
    return bulk;
}

std::string to_json(const BulkRecord& bulk, const std::optional<jobs::JobRecord>& job) {
    json::object object;
    object["id"] = bulk.id;
    object["job_id"] = bulk.job.value;
    object["action"] = bulk.change.remove ? "delete" : "set_type";
    object["value"] = bulk.change.book_type;
    object["filter"] = bulk.ids.empty()
                           ? json::value(json::object{{"search", bulk.search}, {"book_type", bulk.book_type}})
                           : json::value(nullptr);
    const std::string_view state = job ? import_state(*job) : "failed";
    object["state"] = state;
    object["total"] = bulk.total;
    object["looked"] = bulk.looked;
    object["changed"] = bulk.changed;
    const bool told = job && !job->error.empty() && state != "running" && state != "queued";
    object["error"] = told ? json::value(job->error) : json::value(nullptr);
    object["cancel_requested"] = job && job->cancel_requested_at.has_value();
    object["created_at"] = offstage::to_iso8601(bulk.created_at);
    object["ended_at"] =
        job && job->ended_at ? json::value(offstage::to_iso8601(*job->ended_at)) : json::value(nullptr);
    return json::serialize(object);
}

void add_bulk_routes(web::Router& router, jobs::Client& client, BookLists& lists) {
    router.post("/api/v1/bulk", [&](const web::Request& request) { return start(client, lists, request); });
    router.get("/api/v1/bulk", [&](const web::Request& request) { return list(client.store(), request); });
    router.get("/api/v1/bulk/{id}",
               [&](const web::Request& request) { return show(client.store(), request); });
    router.post("/api/v1/bulk/{id}/cancel",
                [&](const web::Request& request) { return cancel(client, request); });
}

} // namespace bookshop
