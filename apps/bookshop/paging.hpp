// Pages of a list in the shape that Django REST framework's clients know:
//
//   {"count": 120, "next": "http://127.0.0.1:8000/api/v1/books?page=3", "previous": "…", "results": […]}
//
// As there, a page_size that is no number is passed over and a larger one is cut to the largest; a page that
// is none is 404 {"detail": "Invalid page."}; "last" is the last page. Thread-safe: functions of their
// arguments.
#pragma once

#include "offstage/stores/store.hpp"
#include "offstage/web/request.hpp"
#include "offstage/web/response.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

struct Page {
    std::int64_t number = 1;
    std::int64_t size = 100;
    std::int64_t count = 0; ///< of the whole list

    std::int64_t offset() const noexcept { return (number - 1) * size; }
    bool has_next() const noexcept { return number * size < count; }
};

inline constexpr std::int64_t default_page_size = 100;
inline constexpr std::int64_t max_page_size = 1000;

using AppendRow = std::function<void(offstage::stores::Session&, std::int64_t key, std::string& out)>;

/// The page that a request asks for of a list of `count`; nothing where there is no such page.
std::optional<Page> page_of(const offstage::web::Request& request, std::int64_t count);

/// The answer for a page of what has the given keys. `append` writes one as JSON, or nothing where it is gone
/// meanwhile. A large answer is made as the client takes it, so a page of any size costs little memory;
/// `append` and the store must then outlive the server.
offstage::web::Response page_response(const offstage::web::Request& request, const Page& page,
                                      offstage::stores::Store& store, std::vector<std::int64_t> keys,
                                      AppendRow append);

/// The number `{id}` of a request's path; nothing where it is none.
std::optional<std::int64_t> id_of(const offstage::web::Request& request);
/// {"detail": sentence}
offstage::web::Response detail(int status, std::string_view sentence);
/// 404 {"detail": "Invalid page."}
offstage::web::Response no_such_page();
/// 404 {"detail": "Not found."}
offstage::web::Response not_found();

} // namespace bookshop
