#include "apps/bookshop/book_list.hpp"

#include "apps/bookshop/book_scan.hpp"

#include <algorithm>
#include <utility>

namespace bookshop {

namespace stores = offstage::stores;
namespace sys = offstage::sys;

namespace {

// From either end of an order, so many books are found without sorting all.
constexpr std::int64_t near = 2000;

std::string name_of(const BookFilter& filter) {
    std::string name = filter.book_type;
    for (const OrderColumn& column : filter.order)
        name.append(column.down ? "\n-" : "\n+").append(column.name);
    for (const std::string& term : filter.terms) name += '\n' + term; // which has no line breaks
    return name;
}

std::vector<OrderColumn> reversed(std::vector<OrderColumn> order) {
    for (OrderColumn& column : order) column.down = !column.down;
    return order;
}

} // namespace

void BookLists::read(stores::Store& store, const std::stop_token& stop,
                     const std::function<void(stores::Session&, Look)>& use) {
    try {
        return store.read([&](stores::Session& session) { use(session, Look::not_yet); }, stop);
    } catch (const NotYet&) {
    }
    const auto turn = looks_.enter(stop);
    if (!turn) throw ListsBusy();
    store.read([&](stores::Session& session) { use(session, Look::now); }, stop);
}

std::int64_t BookLists::count(stores::Session& session, const BookFilter& filter, Look look) {
    return filter.terms.empty() ? count_books(session, filter.book_type)
                                : static_cast<std::int64_t>(all(session, filter, look)->size());
}

std::vector<std::int64_t> BookLists::ids(stores::Session& session, const BookFilter& filter,
                                         std::int64_t count, std::int64_t offset, std::int64_t limit,
                                         Look look) {
    limit = std::min(limit, count - offset);
    if (limit <= 0) return {};
    if (filter.terms.empty()) {
        const bool by_id = filter.order == BookFilter().order;
        if (by_id && (filter.book_type.empty() || offset + limit <= near))
            return book_ids(session, filter, offset, limit);
        const bool near_end = count - offset <= near;
        if ((offset + limit <= near || near_end) && !kept(name_of(filter), books_version(session))) {
            if (look == Look::not_yet) throw NotYet();
            if (!near_end) return book_ids(session, filter, offset, limit);
            BookFilter from_the_end = filter;
            from_the_end.order = reversed(filter.order);
            auto ids = book_ids(session, from_the_end, count - offset - limit, limit);
            std::ranges::reverse(ids);
            return ids;
        }
    }
    const Ids all = this->all(session, filter, look);
    const auto from =
        static_cast<std::size_t>(std::min<std::int64_t>(offset, static_cast<std::int64_t>(all->size())));
    const std::size_t size = std::min(static_cast<std::size_t>(limit), all->size() - from);
    return {all->begin() + static_cast<std::ptrdiff_t>(from),
            all->begin() + static_cast<std::ptrdiff_t>(from + size)};
}

BookLists::Ids BookLists::all(stores::Session& session, const BookFilter& filter, Look look) {
    const std::int64_t version = books_version(session);
    const std::string name = name_of(filter);
    if (Ids found = kept(name, version)) return found;
    if (look == Look::not_yet) throw NotYet();
    auto found = std::make_shared<const std::vector<std::int64_t>>(find_books(session, filter));
    keep({name, version, found});
    return found;
}

BookLists::Ids BookLists::kept(const std::string& filter, std::int64_t version) {
    const sys::MutexLock lock(mutex_);
    for (const Kept& kept : kept_)
        if (kept.version == version && kept.filter == filter) return kept.ids;
    return nullptr;
}

void BookLists::keep(Kept list) {
    const sys::MutexLock lock(mutex_);
    std::erase_if(
        kept_, [&](const Kept& kept) { return kept.version < list.version || kept.filter == list.filter; });
    kept_.push_front(std::move(list));
    std::size_t ids = 0;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        ids += kept_[i].ids->size();
        if (i < max_lists && ids <= max_ids) continue;
        kept_.resize(i);
        break;
    }
}

} // namespace bookshop
