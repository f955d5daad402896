// The table of books: the one door to bookshop_book and to the counts kept beside it.
//
// Functions of a session or transaction, which must be at hand for the call only.
#pragma once

#include "apps/bookshop/rules/book.hpp"
#include "offstage/stores/session.hpp"
#include "offstage/stores/store.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

/// Puts books in, in their order, and counts them.
void insert_books(offstage::stores::Transaction& tx, std::span<const Book> books);

/// Which books a list shows, as Django REST framework's SearchFilter and OrderingFilter read it.
struct BookFilter {
    std::string book_type;          ///< empty: all
    std::vector<std::string> terms; ///< each must be in title, author or ISBN; ASCII letters of any case
    std::string order_by = "id";    ///< SQL, from parse_ordering()
};

/// At most so many words of a search are looked for, and so many columns ordered by.
inline constexpr std::size_t max_search_terms = 8;
inline constexpr std::size_t max_orderings = 2;

/// The words of a search: parted by blanks and commas.
std::vector<std::string> parse_search(std::string_view text);
/// The ORDER BY of `-price,title`; names that are none are passed over, the id decides among equals.
std::string parse_ordering(std::string_view text);

/// How many books there are. Without terms from the kept counts; with them every book is looked at.
std::int64_t count_books(offstage::stores::Session& session, const BookFilter& filter);

/// The ids of some of them, in the filter's order.
std::vector<std::int64_t> book_ids(offstage::stores::Session& session, const BookFilter& filter,
                                   std::int64_t offset, std::int64_t limit);

/// Appends one as a JSON object; false, and nothing, where there is none.
bool append_book(offstage::stores::Session& session, std::int64_t id, std::string& out);

/// "12.50", as the API tells prices.
std::string price_text(std::int64_t cents);

} // namespace bookshop
