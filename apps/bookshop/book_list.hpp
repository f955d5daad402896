// Pages of the books that a filter matches, also where there are a million of them.
//
// No list counts rows that it need not look at: without a search the counts are kept. A search looks at every
// book once (0.35 s of 1,000,000), and so does a page deep within an order; the ids that were found are kept
// and give the count and all other pages, until a book changes. That is told by bookshop_book_version, which
// is read in the same snapshot. One looks at a time; who asks for the same waits and is given it.
//
// Thread-safe. Kept are at most max_lists lists with max_ids ids among them.
#pragma once

#include "apps/bookshop/book_table.hpp"
#include "offstage/stores/session.hpp"
#include "offstage/sys/mutex.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace bookshop {

class BookLists {
public:
    static constexpr std::size_t max_lists = 16;
    static constexpr std::size_t max_ids = 4'000'000; ///< 8 bytes each

    /// How many books the filter matches.
    std::int64_t count(offstage::stores::Session& session, const BookFilter& filter);

    /// The ids of some of them, in the filter's order. `count` is what count() said in this session.
    std::vector<std::int64_t> ids(offstage::stores::Session& session, const BookFilter& filter,
                                  std::int64_t count, std::int64_t offset, std::int64_t limit);

private:
    using Ids = std::shared_ptr<const std::vector<std::int64_t>>; // by whoever answers from it, and here
    struct Kept {
        std::string filter;
        std::int64_t version;
        Ids ids;
    };

    Ids all(offstage::stores::Session& session, const BookFilter& filter);
    Ids kept(const std::string& filter, std::int64_t version);
    void keep(Kept list);

    offstage::sys::Mutex scan_; // held by who looks at all books: one at a time takes enough memory
    offstage::sys::Mutex mutex_;
    std::deque<Kept> kept_ OFFSTAGE_GUARDED_BY(mutex_); // newest first
};

} // namespace bookshop
