// The books over HTTP, in the shapes that Django REST framework's clients know.
//
//   GET    /api/v1/books?search=&book_type=&ordering=&page=&page_size=        a page as paging.hpp says
//   POST   /api/v1/books         201, Location        GET    /api/v1/books/{id}
//   PUT    /api/v1/books/{id}    all that a book needs; no_of_pages and description stay where they are not
//   given
//   PATCH  /api/v1/books/{id}    what is given        DELETE /api/v1/books/{id}    204
//
// Bodies are JSON, judged by book_json.hpp; what is wrong with one is 400 {"field": ["sentence", …]}, with
// its JSON or the question {"detail": sentence}. Routes may run at once; store and lists outlive the server.
#pragma once

#include "apps/bookshop/book_list.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/web/router.hpp"

#include <optional>

namespace bookshop {

void add_book_routes(offstage::web::Router& router, offstage::stores::Store& store, BookLists& lists);

/// What a list's query asks for; or the answer where its type is none, or its search is none we look for.
std::optional<offstage::web::Response> read_filter(std::string_view search, std::string_view book_type,
                                                   BookFilter& filter);
/// 503 with Retry-After.
offstage::web::Response told(const ListsBusy& busy);
/// 415 where a request with a body is no JSON.
std::optional<offstage::web::Response> not_json(const offstage::web::Request& request);

} // namespace bookshop
