// The table of books: the one door to bookshop_book and to the counts kept beside it.
//
// Functions of a session or transaction, which must be at hand for the call only.
#pragma once

#include "apps/bookshop/rules/book.hpp"
#include "offstage/stores/session.hpp"
#include "offstage/stores/store.hpp"

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

/// Puts books in, in their order, and counts them.
void insert_books(offstage::stores::Transaction& tx, std::span<const Book> books);
/// Puts one in and gives its id.
std::int64_t insert_book(offstage::stores::Transaction& tx, const Book& book);
/// Changes those fields of a book; false where there is none of that id.
bool update_book(offstage::stores::Transaction& tx, std::int64_t id, const Book& book,
                 const std::bitset<book_fields>& fields);
/// False where there is none of that id.
bool delete_book(offstage::stores::Transaction& tx, std::int64_t id);
/// Grows with every change of any book.
std::int64_t books_version(offstage::stores::Session& session);
/// The highest id of any book, 0 where there is none.
std::int64_t highest_book(offstage::stores::Session& session);

/// A column of bookshop_book that books are ordered by.
struct OrderColumn {
    std::string_view name; ///< in static storage
    bool down = false;
    bool operator==(const OrderColumn&) const = default;
};

/// Which books a list shows, as Django REST framework's SearchFilter and OrderingFilter read it.
struct BookFilter {
    std::string book_type;          ///< empty: all
    std::vector<std::string> terms; ///< each must be in title, author or ISBN; ASCII letters of any case
    std::vector<OrderColumn> order = {{"id"}}; ///< ends with the id, or has it alone
};

/// What a search may have; and so many columns are ordered by, at most.
inline constexpr std::size_t max_search_terms = 32, max_search_bytes = 1000;
inline constexpr std::size_t max_orderings = 2;

/// The words of a search: parted by blanks and commas.
std::vector<std::string> parse_search(std::string_view text);
/// The columns of `-price,title`; names that are none are passed over, the id decides among equals.
std::vector<OrderColumn> parse_ordering(std::string_view text);

/// How many books there are of a type, or of all where it is empty: from the kept counts.
std::int64_t count_books(offstage::stores::Session& session, std::string_view book_type);

/// The ids of some of the books that a filter matches, in its order; a limit of -1 is none. See BookLists.
std::vector<std::int64_t> book_ids(offstage::stores::Session& session, const BookFilter& filter,
                                   std::int64_t offset, std::int64_t limit);

/// What is done to many books.
struct BookChange {
    bool remove = false;   ///< else `book_type` is set
    std::string book_type; ///< one of book_types
};
/// The next books that a filter matches, by id: at most `most` beyond `after` and up to `highest`.
std::vector<std::int64_t> book_ids_after(offstage::stores::Session& session, const BookFilter& filter,
                                         std::int64_t after, std::int64_t highest, std::int64_t most);
/// Does it to those of the books that the filter matches still. Gives how many have changed.
std::int64_t change_books(offstage::stores::Transaction& tx, const BookFilter& filter,
                          std::span<const std::int64_t> ids, const BookChange& change);

/// Appends one as a JSON object; false, and nothing, where there is none.
bool append_book(offstage::stores::Session& session, std::int64_t id, std::string& out);

/// "12.50", as the API tells prices.
std::string price_text(std::int64_t cents);

} // namespace bookshop
