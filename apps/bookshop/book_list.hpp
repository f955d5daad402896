// Pages of the books that a filter matches, also where there are a million of them.
//
// No list counts rows that it need not look at: without a search the counts are kept. A search looks at every
// book once (0.35 s of 1,000,000), and so does a page deep within an order; the ids that were found are kept
// and give the count and all other pages, until a book changes. That is told by bookshop_book_version, which
// is read in the same snapshot. One looks at a time; who asks for the same waits and is given it. So many
// searches at once take one processor and some threads of the server's, and leave the rest to others.
//
// Thread-safe. Kept are at most max_lists lists with max_ids ids among them.
#pragma once

#include "apps/bookshop/book_table.hpp"
#include "apps/bookshop/turnstile.hpp"
#include "offstage/base/error.hpp"
#include "offstage/stores/session.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/sys/mutex.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace bookshop {

/// Too many look at all books already: to be asked again in a second.
class ListsBusy : public offstage::Error {
public:
    ListsBusy()
        : Error(offstage::Errc::timed_out, "The shop is busy with other searches. Ask again in a second.") {}
};

class BookLists {
public:
    static constexpr std::size_t max_lists = 16;
    static constexpr std::size_t max_ids = 4'000'000; ///< 8 bytes each

    /// What count() and ids() are asked with: whether it is the caller's turn to look at all books.
    enum class Look : std::uint8_t { not_yet, now };

    /// Calls `use` in a session; and once more in another, when it is its turn, where it has to look at all
    /// books. It waits in no session, of which there are few. Throws ListsBusy where its turn does not come
    /// soon, Error(stopped), and what `use` throws.
    void read(offstage::stores::Store& store, const std::stop_token& stop,
              const std::function<void(offstage::stores::Session&, Look)>& use);

    /// How many books the filter matches. For `use`.
    std::int64_t count(offstage::stores::Session& session, const BookFilter& filter, Look look);

    /// The ids of some of them, in the filter's order. `count` is what count() said in this session.
    std::vector<std::int64_t> ids(offstage::stores::Session& session, const BookFilter& filter,
                                  std::int64_t count, std::int64_t offset, std::int64_t limit, Look look);

    /// Whoever looks at all books has its turn.
    Turnstile& looks() noexcept { return looks_; }

private:
    using Ids = std::shared_ptr<const std::vector<std::int64_t>>; // by whoever answers from it, and here
    struct Kept {
        std::string filter;
        std::int64_t version;
        Ids ids;
    };

    struct NotYet {};

    Ids all(offstage::stores::Session& session, const BookFilter& filter, Look look);
    Ids kept(const std::string& filter, std::int64_t version);
    void keep(Kept list);

    Turnstile looks_{"bookshop.lists", 3, std::chrono::seconds(2)};
    offstage::sys::Mutex mutex_;
    std::deque<Kept> kept_ OFFSTAGE_GUARDED_BY(mutex_); // newest first
};

} // namespace bookshop
