#include "apps/bookshop/book_api.hpp"

#include "apps/bookshop/book_json.hpp"
#include "apps/bookshop/paging.hpp"
#include "offstage/base/error.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <bitset>
#include <string>
#include <utility>
#include <vector>

namespace bookshop {

namespace json = boost::json;
namespace stores = offstage::stores;
namespace web = offstage::web;
using offstage::Errc;
using offstage::Error;

namespace {

web::Response list_books(stores::Store& store, BookLists& lists, const web::Request& request) {
    BookFilter filter{
        .book_type = {}, .terms = {}, .order = parse_ordering(request.query.get("ordering").value_or(""))};
    if (auto refused = read_filter(request.query.get("search").value_or(""),
                                   request.query.get("book_type").value_or(""), filter))
        return std::move(*refused);
    std::optional<Page> page;
    std::vector<std::int64_t> ids;
    try {
        lists.read(store, request.stop, [&](stores::Session& session, BookLists::Look look) {
            const std::int64_t count = lists.count(session, filter, look);
            page = page_of(request, count);
            if (page) ids = lists.ids(session, filter, count, page->offset(), page->size, look);
        });
    } catch (const ListsBusy& busy) {
        return told(busy);
    }
    if (!page) return no_such_page();
    return page_response(
        request, *page, store, std::move(ids),
        [](stores::Session& session, std::int64_t id, std::string& out) { append_book(session, id, out); });
}

web::Response told(stores::Session& session, int status, std::int64_t id) {
    std::string book;
    return append_book(session, id, book) ? web::Response::json(status, std::move(book)) : not_found();
}

web::Response show_book(stores::Store& store, const web::Request& request) {
    const auto id = id_of(request);
    std::optional<web::Response> answer;
    if (id) store.read([&](stores::Session& session) { answer = told(session, 200, *id); });
    return answer ? std::move(*answer) : not_found();
}

/// Reads and judges a request's book, then lets `write` have it and the fields that were given.
template <class Write>
web::Response with_book(const web::Request& request, bool partial, Write write) {
    if (auto refused = not_json(request)) return std::move(*refused);
    GivenBook given;
    try {
        given = read_book_json(request.body);
    } catch (const NotAnObject& fault) {
        return web::Response::json(
            400, json::serialize(json::object{{"non_field_errors", json::array{fault.what()}}}));
    } catch (const Error& fault) {
        if (fault.code() != Errc::invalid_argument) throw;
        return detail(400, fault.what());
    }
    Book book;
    Faults faults;
    if (!judge(given, partial, book, faults)) return web::Response::json(400, faults_to_json(faults, given));
    std::bitset<book_fields> fields;
    for (std::size_t i = 0; i < book_fields; ++i) fields[i] = given[i].kind != GivenField::Kind::absent;
    return write(book, fields);
}

web::Response add_book(stores::Store& store, const web::Request& request) {
    return with_book(request, false, [&](const Book& book, const auto&) {
        std::int64_t id = 0;
        store.transact([&](stores::Transaction& tx) { id = insert_book(tx, book); });
        std::string text;
        store.read([&](stores::Session& session) { append_book(session, id, text); });
        return web::Response::json(201, std::move(text))
            .with("Location", "/api/v1/books/" + std::to_string(id));
    });
}

web::Response change_book(stores::Store& store, const web::Request& request, bool partial) {
    const auto id = id_of(request);
    bool exists = false; // a book that is not there is told before what is wrong with its successor
    if (id)
        store.read([&](stores::Session& session) {
            exists = session.query("select 1 from bookshop_book where id = ?1", *id).next();
        });
    if (!exists) return not_found();
    return with_book(request, partial, [&](const Book& book, const auto& fields) {
        std::optional<web::Response> answer;
        store.transact([&](stores::Transaction& tx) {
            answer = update_book(tx, *id, book, fields) ? told(tx, 200, *id) : not_found();
        });
        return std::move(*answer);
    });
}

web::Response remove_book(stores::Store& store, const web::Request& request) {
    const auto id = id_of(request);
    bool removed = false;
    if (id) store.transact([&](stores::Transaction& tx) { removed = delete_book(tx, *id); });
    return removed ? web::Response::empty(204) : not_found();
}

} // namespace

web::Response told(const ListsBusy& busy) {
    return web::Response::json(503, json::serialize(json::object{{"detail", busy.what()}, {"code", "busy"}}))
        .with("Retry-After", "1");
}

std::optional<web::Response> read_filter(std::string_view search, std::string_view book_type,
                                         BookFilter& filter) {
    filter.book_type = book_type;
    filter.terms = parse_search(search);
    const auto wrong = [](std::string_view sentence) {
        return web::Response::json(400, json::serialize(json::object{{"search", json::array{sentence}}}));
    };
    if (search.find('\0') != search.npos) return wrong("Null characters are not allowed.");
    if (search.size() > max_search_bytes)
        return wrong("Ensure this field has no more than " + std::to_string(max_search_bytes) + " bytes.");
    if (filter.terms.size() > max_search_terms)
        return wrong("Ensure this field has no more than " + std::to_string(max_search_terms) + " words.");
    if (book_type.empty() || std::ranges::find(book_types, book_type) != book_types.end())
        return std::nullopt;
    const std::string sentence =
        "Select a valid choice. " + filter.book_type + " is not one of the available choices.";
    return web::Response::json(400, json::serialize(json::object{{"book_type", json::array{sentence}}}));
}

std::optional<web::Response> not_json(const web::Request& request) {
    const std::string type = request.content_type();
    if (type == "application/json") return std::nullopt;
    return detail(415, "Unsupported media type \"" + type + "\" in request.");
}

void add_book_routes(web::Router& router, stores::Store& store, BookLists& lists) {
    router.get("/api/v1/books",
               [&](const web::Request& request) { return list_books(store, lists, request); });
    router.post("/api/v1/books", [&](const web::Request& request) { return add_book(store, request); });
    router.get("/api/v1/books/{id}", [&](const web::Request& request) { return show_book(store, request); });
    router.put("/api/v1/books/{id}",
               [&](const web::Request& request) { return change_book(store, request, false); });
    router.patch("/api/v1/books/{id}",
                 [&](const web::Request& request) { return change_book(store, request, true); });
    router.del("/api/v1/books/{id}",
               [&](const web::Request& request) { return remove_book(store, request); });
}

} // namespace bookshop
