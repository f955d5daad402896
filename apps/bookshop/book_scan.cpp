#include "apps/bookshop/book_scan.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include <endian.h>

namespace bookshop {

namespace stores = offstage::stores;

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_number(std::string_view column) {
    return column == "id" || column == "price_cents" || column == "no_of_pages" || column == "quantity";
}

/// A column of the order, as keys are made of it.
struct KeyColumn {
    std::string_view name;
    bool down;
    bool number;
    bool nullable;
    int place = 0; ///< among what the query selects
};

std::vector<KeyColumn> key_columns(const std::vector<OrderColumn>& order) {
    std::vector<KeyColumn> columns;
    for (const auto& [name, down] : order)
        columns.push_back({.name = name,
                           .down = down,
                           .number = is_number(name),
                           .nullable = name == "no_of_pages" || name == "description"});
    return columns;
}

/// Appends a value so that keys compare byte by byte as SQL orders values: null first, then by size.
void append_key(std::string& key, const stores::Rows& rows, const KeyColumn& column) {
    const std::size_t begin = key.size();
    const bool is_null = column.nullable && rows.is_null(column.place);
    if (column.nullable) key += is_null ? '\0' : '\1';
    if (is_null) {
        // nothing follows
    } else if (column.number) {
        const auto value = static_cast<std::uint64_t>(rows.integer(column.place)) ^ (std::uint64_t{1} << 63);
        for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(value >> shift);
    } else {
        key += rows.text(column.place); // which has no NUL
        key += '\0';
    }
    if (column.down)
        for (std::size_t i = begin; i < key.size(); ++i) key[i] = static_cast<char>(~key[i]);
}

constexpr std::int64_t most_room = 4'000'000; // books; beyond it grows as it goes
constexpr std::size_t most_keys = 256 * 1024 * 1024;

struct Found {
    std::size_t begin;  // of its key
    std::uint64_t head; // the eight bytes of it that are compared
    std::uint32_t size;
    std::int64_t id;
};

/// The first eight bytes, the first one the highest; where it has fewer, as if zeros followed.
std::uint64_t head_of(std::string_view key) {
    std::uint64_t head = 0;
    std::memcpy(&head, key.data(), std::min(key.size(), sizeof head));
    return be64toh(head);
}

/// Sorts by the keys from their byte `from` on, eight bytes at a time: comparing whole keys would wait for
/// memory at every comparison. Keys end with the book's id, so no two are the same.
void sort_from(std::span<Found> found, const std::string& keys, std::size_t from) {
    constexpr std::size_t ahead = 16; // keys lie anywhere: ask for them before they are needed
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (i + ahead < found.size())
            __builtin_prefetch(&keys[std::min(found[i + ahead].begin + from, keys.size())]);
        Found& one = found[i];
        const std::size_t begin = std::min<std::size_t>(from, one.size);
        one.head = head_of(std::string_view(keys).substr(one.begin + begin, one.size - begin));
    }
    std::ranges::sort(found, {}, &Found::head);
    while (!found.empty()) {
        const auto end =
            std::ranges::find_if(found, [&](const Found& one) { return one.head != found[0].head; });
        const auto same = found.first(static_cast<std::size_t>(end - found.begin()));
        const auto longest = std::ranges::max(same, {}, &Found::size).size;
        if (same.size() > 1 && from + 8 < longest) sort_from(same, keys, from + 8);
        found = found.subspan(same.size());
    }
}

std::vector<std::int64_t> in_order(std::vector<Found> found, const std::string& keys) {
    sort_from(found, keys, 0);
    std::vector<std::int64_t> ids;
    ids.reserve(found.size());
    for (const Found& one : found) ids.push_back(one.id);
    return ids;
}

} // namespace

WordFinder::WordFinder(std::string_view word) {
    for (const char c : word) word_ += lower(c);
    const std::size_t size = std::min<std::size_t>(word_.size(), 255);
    std::memset(skips_, static_cast<int>(size), sizeof skips_);
    for (std::size_t i = word_.size() - size; i + 1 < word_.size(); ++i) {
        const auto skip = static_cast<std::uint8_t>(word_.size() - 1 - i);
        skips_[static_cast<unsigned char>(word_[i])] = skip;
        if (word_[i] >= 'a' && word_[i] <= 'z') skips_[static_cast<unsigned char>(word_[i] & ~0x20)] = skip;
    }
}

// Horspool's search.
bool WordFinder::is_in(std::string_view text) const noexcept {
    const std::size_t size = word_.size();
    for (std::size_t end = size; end <= text.size();
         end += skips_[static_cast<unsigned char>(text[end - 1])]) {
        std::size_t i = size;
        while (i > 0 && lower(text[end - size + i - 1]) == word_[i - 1]) --i;
        if (i == 0) return true;
    }
    return false;
}

std::vector<std::int64_t> find_books(stores::Session& session, const BookFilter& filter) {
    std::vector<KeyColumn> order = key_columns(filter.order);
    const bool sorted = filter.order != BookFilter().order;
    std::vector<std::string_view> selected{"id"};
    if (!filter.terms.empty()) selected.insert(selected.end(), {"title", "author", "isbn"});
    for (KeyColumn& column : order) {
        const auto found = std::ranges::find(selected, column.name);
        column.place = static_cast<int>(found - selected.begin());
        if (found == selected.end()) selected.push_back(column.name);
    }
    std::string sql = "select id";
    for (std::size_t i = 1; i < selected.size(); ++i) sql.append(", ").append(selected[i]);
    sql += " from bookshop_book where ?1 = '' or book_type = ?1 order by id";

    const std::vector<WordFinder> words(filter.terms.begin(), filter.terms.end());
    std::vector<std::int64_t> ids;
    std::vector<Found> found;
    std::string keys;
    if (sorted) { // room for all that there may be: what is not used takes no memory
        const auto books = static_cast<std::size_t>(std::min(highest_book(session), most_room));
        found.reserve(books);
        keys.reserve(books * 32);
    }
    stores::Rows rows = session.query(sql, filter.book_type);
    const auto matches = [&](const WordFinder& word) {
        return word.is_in(rows.text(1)) || word.is_in(rows.text(2)) || word.is_in(rows.text(3));
    };
    while (rows.next()) {
        if (!std::ranges::all_of(words, matches)) continue;
        if (!sorted) {
            ids.push_back(rows.integer(0));
            continue;
        }
        const std::size_t begin = keys.size();
        for (const KeyColumn& column : order) append_key(keys, rows, column);
        if (keys.size() > most_keys) return book_ids(session, filter, 0, -1);
        found.push_back({begin, 0, static_cast<std::uint32_t>(keys.size() - begin), rows.integer(0)});
    }
    return sorted ? in_order(std::move(found), keys) : ids;
}

} // namespace bookshop
