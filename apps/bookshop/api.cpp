#include "apps/bookshop/api.hpp"

#include "apps/bookshop/errors_csv.hpp"
#include "apps/bookshop/import_record.hpp"
#include "apps/bookshop/paging.hpp"
#include "apps/bookshop/row_errors.hpp"

#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace stores = offstage::stores;
namespace web = offstage::web;

namespace {

web::Response list_imports(stores::Store& store, const web::Request& request) {
    std::optional<Page> page;
    std::vector<ImportKey> keys;
    store.read([&](stores::Session& session) {
        page = page_of(request, count_imports(session));
        if (page) keys = import_keys(session, page->offset(), page->size);
    });
    if (!page) return no_such_page();

    std::vector<std::int64_t> ids;
    std::vector<jobs::JobId> of;
    for (const ImportKey& key : keys) {
        ids.push_back(key.id);
        of.push_back(key.job);
    }
    std::map<jobs::JobId, jobs::JobRecord> found; // before the counters are read, see import_record.hpp
    for (jobs::JobRecord& job : store.find(of)) found.emplace(job.id, std::move(job));
    return page_response(
        request, *page, store, std::move(ids),
        [found = std::move(found)](stores::Session& session, std::int64_t id, std::string& out) {
            const auto import = find_import(session, id);
            if (!import) return;
            const auto job = found.find(import->job);
            out += to_json(*import, job == found.end() ? std::nullopt : std::optional(job->second));
        });
}

web::Response show_import(stores::Store& store, const web::Request& request) {
    const auto id = id_of(request);
    const auto now = id ? import_now(store, *id) : std::nullopt;
    return now ? web::Response::json(200, to_json(now->import, now->job)) : not_found();
}

web::Response list_errors(stores::Store& store, const web::Request& request) {
    const auto id = id_of(request);
    std::optional<ImportRecord> import;
    std::optional<Page> page;
    std::vector<std::int64_t> rows;
    store.read([&](stores::Session& session) {
        import = id ? find_import(session, *id) : std::nullopt;
        if (import) page = page_of(request, import->rows_refused);
        if (page) rows = refused_rows(session, *id, page->offset(), page->size);
    });
    if (!import) return not_found();
    if (!page) return no_such_page();
    return page_response(request, *page, store, std::move(rows),
                         [teller = RowErrorTeller(*id, import->columns)](stores::Session& session,
                                                                         std::int64_t row, std::string& out) {
                             teller.append(session, row, out);
                         });
}

web::Response give_errors(stores::Store& store, const web::Request& request) {
    const auto id = id_of(request);
    std::optional<ImportRecord> import;
    if (id) store.read([&](stores::Session& session) { import = find_import(session, *id); });
    return import ? errors_csv(store, *import) : not_found();
}

web::Response cancel_import(jobs::Client& client, const web::Request& request) {
    const auto id = id_of(request);
    auto now = id ? import_now(client.store(), *id) : std::nullopt;
    if (!now) return not_found();
    const auto result = client.cancel(
        now->import.job, "Cancelled. " + kept_sentence(now->import.rows_inserted, now->import.rows_refused),
        std::nullopt); // an import's state is its job's, for as long as it is listed
    if (result == jobs::CancelResult::ended || result == jobs::CancelResult::not_found)
        return detail(409, "This import has ended already.");
    now = import_now(client.store(), *id);
    return now ? web::Response::json(200, to_json(now->import, now->job)) : not_found();
}

} // namespace

void add_import_routes(web::Router& router, jobs::Client& client) {
    stores::Store& store = client.store();
    router.get("/api/v1/imports",
               [&store](const web::Request& request) { return list_imports(store, request); });
    router.get("/api/v1/imports/{id}",
               [&store](const web::Request& request) { return show_import(store, request); });
    router.get("/api/v1/imports/{id}/errors",
               [&store](const web::Request& request) { return list_errors(store, request); });
    router.get("/api/v1/imports/{id}/errors.csv",
               [&store](const web::Request& request) { return give_errors(store, request); });
    router.post("/api/v1/imports/{id}/cancel",
                [&client](const web::Request& request) { return cancel_import(client, request); },
                {.role = web::Role::work});
}

} // namespace bookshop
