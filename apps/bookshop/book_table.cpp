#include "apps/bookshop/book_table.hpp"

#include "apps/bookshop/json_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace bookshop {

namespace stores = offstage::stores;

namespace {

// So many rows an INSERT: a third less time than one a row, and more gain nothing (docs/internals/import.md).
constexpr std::size_t rows_at_once = 64;

constexpr std::string_view columns =
    "title, author, book_type, isbn, year_published, price_cents, no_of_pages, quantity, description";

std::string insert_sql(std::size_t rows) {
    std::string sql = "insert into bookshop_book (" + std::string(columns) + ") values ";
    for (std::size_t i = 0; i < rows; ++i) sql += i == 0 ? "(?,?,?,?,?,?,?,?,?)" : ", (?,?,?,?,?,?,?,?,?)";
    return sql;
}

void bind(stores::Statement& insert, int& parameter, const Book& book) {
    insert.bind(++parameter, book.title);
    insert.bind(++parameter, book.author);
    insert.bind(++parameter, book.book_type);
    insert.bind(++parameter, book.isbn);
    insert.bind(++parameter, book.year_published);
    insert.bind(++parameter, book.price_cents);
    insert.bind_any(++parameter, book.no_of_pages);
    insert.bind(++parameter, std::int64_t{book.quantity});
    insert.bind_any(++parameter, book.description);
}

using Counts = std::array<std::int64_t, book_types.size()>; // by the place in book_types

std::size_t place_of(std::string_view book_type) {
    return static_cast<std::size_t>(std::ranges::find(book_types, book_type) - book_types.begin());
}

/// Keeps the counts, and tells that books have changed.
void count(stores::Transaction& tx, const Counts& added) {
    for (std::size_t type = 0; type < added.size(); ++type)
        if (added[type] != 0)
            tx.execute("insert into bookshop_book_count (book_type, books) values (?1, ?2) "
                       "on conflict (book_type) do update set books = books + excluded.books",
                       book_types[type], added[type]);
    tx.execute("update bookshop_book_version set version = version + 1");
}

std::string parameter(int number) {
    return "?" + std::to_string(number);
}

/// What follows FROM for a filter; `?1` is the type, the terms follow. `also` is one more condition.
std::string where(const BookFilter& filter, const std::string& also = "") {
    std::string sql;
    const auto add = [&sql](const std::string& condition) {
        sql += (sql.empty() ? " where " : " and ") + condition;
    };
    if (!also.empty()) add(also);
    if (!filter.book_type.empty()) add("book_type = ?1");
    for (std::size_t i = 0; i < filter.terms.size(); ++i) {
        const std::string term = parameter(static_cast<int>(i) + 2);
        add("(title like " + term + " escape '\\' or author like " + term + " escape '\\' or isbn like " +
            term + " escape '\\')");
    }
    return sql;
}

std::string order_by(const std::vector<OrderColumn>& order) {
    std::string sql;
    for (const OrderColumn& column : order) {
        sql += sql.empty() ? " order by " : ", ";
        sql.append(column.name).append(column.down ? " desc" : "");
    }
    return sql;
}

std::optional<std::string> type_of(stores::Session& session, std::int64_t id) {
    stores::Rows rows = session.query("select book_type from bookshop_book where id = ?1", id);
    return rows.next() ? std::optional(rows.string(0)) : std::nullopt;
}

std::string like(std::string_view term) {
    std::string pattern = "%";
    for (char c : term) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + "%";
}

void bind(stores::Statement& statement, const BookFilter& filter, std::vector<std::string>& patterns) {
    if (!filter.book_type.empty()) statement.bind(1, std::string_view(filter.book_type));
    for (const std::string& term : filter.terms) patterns.push_back(like(term));
    for (std::size_t i = 0; i < patterns.size(); ++i)
        statement.bind(static_cast<int>(i) + 2, std::string_view(patterns[i]));
}

} // namespace

void insert_books(stores::Transaction& tx, std::span<const Book> books) {
    static const std::string many = insert_sql(rows_at_once);
    static const std::string one = insert_sql(1);
    Counts added{};
    for (const Book& book : books) ++added[place_of(book.book_type)];
    count(tx, added);
    while (!books.empty()) {
        const std::size_t rows = books.size() >= rows_at_once ? rows_at_once : 1;
        stores::Statement& statement = tx.prepare(rows == 1 ? one : many);
        stores::Rows insert(statement);
        int parameter = 0;
        for (const Book& book : books.first(rows)) bind(statement, parameter, book);
        insert.next();
        books = books.subspan(rows);
    }
}

std::int64_t insert_book(stores::Transaction& tx, const Book& book) {
    insert_books(tx, {&book, 1});
    return tx.last_insert_id();
}

bool update_book(stores::Transaction& tx, std::int64_t id, const Book& book,
                 const std::bitset<book_fields>& fields) {
    static constexpr std::array<std::string_view, book_fields> sql = {
        "update bookshop_book set title = ?2 where id = ?1",
        "update bookshop_book set author = ?2 where id = ?1",
        "update bookshop_book set book_type = ?2 where id = ?1",
        "update bookshop_book set isbn = ?2 where id = ?1",
        "update bookshop_book set year_published = ?2 where id = ?1",
        "update bookshop_book set price_cents = ?2 where id = ?1",
        "update bookshop_book set no_of_pages = ?2 where id = ?1",
        "update bookshop_book set quantity = ?2 where id = ?1",
        "update bookshop_book set description = ?2 where id = ?1"};
    const auto type = type_of(tx, id);
    if (!type) return false;
    const auto set = [&](Field field, const auto& value) {
        const auto i = static_cast<std::size_t>(field);
        if (fields[i]) tx.execute(sql[i], id, value);
    };
    set(Field::title, book.title);
    set(Field::author, book.author);
    set(Field::book_type, book.book_type);
    set(Field::isbn, book.isbn);
    set(Field::year_published, book.year_published);
    set(Field::price, book.price_cents);
    set(Field::no_of_pages, book.no_of_pages);
    set(Field::quantity, book.quantity);
    set(Field::description, book.description);
    Counts moved{};
    if (fields[static_cast<std::size_t>(Field::book_type)]) {
        --moved[place_of(*type)];
        ++moved[place_of(book.book_type)];
    }
    count(tx, moved);
    return true;
}

bool delete_book(stores::Transaction& tx, std::int64_t id) {
    return change_books(tx, {}, {&id, 1}, {.remove = true, .book_type = {}}) == 1;
}

std::int64_t books_version(stores::Session& session) {
    stores::Rows rows = session.query("select version from bookshop_book_version");
    rows.next();
    return rows.integer(0);
}

std::int64_t highest_book(stores::Session& session) {
    stores::Rows rows = session.query("select coalesce(max(id), 0) from bookshop_book");
    rows.next();
    return rows.integer(0);
}

std::vector<std::int64_t> book_ids_after(stores::Session& session, const BookFilter& filter,
                                         std::int64_t after, std::int64_t highest, std::int64_t most) {
    const int first = static_cast<int>(filter.terms.size()) + 2;
    stores::Statement& statement =
        session.prepare("select id from bookshop_book" +
                        where(filter, "id > " + parameter(first) + " and id <= " + parameter(first + 1)) +
                        " order by id limit " + parameter(first + 2));
    stores::Rows rows(statement);
    std::vector<std::string> patterns;
    bind(statement, filter, patterns);
    statement.bind(first, after);
    statement.bind(first + 1, highest);
    statement.bind(first + 2, most);
    std::vector<std::int64_t> ids;
    while (rows.next()) ids.push_back(rows.integer(0));
    return ids;
}

std::int64_t change_books(stores::Transaction& tx, const BookFilter& filter,
                          std::span<const std::int64_t> ids, const BookChange& change) {
    const int place = static_cast<int>(filter.terms.size()) + 2;
    const std::string find =
        "select book_type from bookshop_book" + where(filter, "id = " + parameter(place));
    Counts moved{};
    std::int64_t changed = 0;
    for (const std::int64_t id : ids) {
        std::size_t type = 0;
        {
            stores::Statement& statement = tx.prepare(find);
            stores::Rows rows(statement);
            std::vector<std::string> patterns;
            bind(statement, filter, patterns);
            statement.bind(place, id);
            if (!rows.next()) continue;
            type = place_of(rows.text(0));
        }
        if (change.remove) {
            tx.execute("delete from bookshop_book where id = ?1", id);
        } else {
            if (book_types[type] == change.book_type) continue;
            tx.execute("update bookshop_book set book_type = ?2 where id = ?1", id, change.book_type);
            ++moved[place_of(change.book_type)];
        }
        --moved[type];
        ++changed;
    }
    if (changed > 0) count(tx, moved);
    return changed;
}

std::vector<std::string> parse_search(std::string_view text) {
    std::vector<std::string> terms;
    std::string term;
    const auto end = [&] {
        if (!term.empty()) terms.push_back(std::move(term));
        term.clear();
    };
    for (char c : text) {
        if (c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r')
            end();
        else
            term += c;
    }
    end();
    return terms;
}

std::vector<OrderColumn> parse_ordering(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> names = {{
        {"id", "id"},
        {"title", "title"},
        {"author", "author"},
        {"book_type", "book_type"},
        {"ISBN", "isbn"},
        {"year_published", "year_published"},
        {"price", "price_cents"},
        {"no_of_pages", "no_of_pages"},
        {"quantity", "quantity"},
        {"description", "description"},
    }};
    std::vector<OrderColumn> order;
    bool by_id = false;
    while (!text.empty() && order.size() < max_orderings && !by_id) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view name = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
        while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
        const bool down = name.starts_with('-');
        if (down) name.remove_prefix(1);
        const auto known =
            std::ranges::find(names, name, &std::pair<std::string_view, std::string_view>::first);
        if (known == names.end()) continue;
        order.push_back({known->second, down});
        by_id = name == "id";
    }
    if (!by_id) order.push_back({"id"});
    return order;
}

std::int64_t count_books(stores::Session& session, std::string_view book_type) {
    stores::Rows rows = session.query(
        "select coalesce(sum(books), 0) from bookshop_book_count where ?1 = '' or book_type = ?1", book_type);
    rows.next();
    return rows.integer(0);
}

std::vector<std::int64_t> book_ids(stores::Session& session, const BookFilter& filter, std::int64_t offset,
                                   std::int64_t limit) {
    const int first = static_cast<int>(filter.terms.size()) + 2;
    stores::Statement& statement =
        session.prepare("select id from bookshop_book" + where(filter) + order_by(filter.order) + " limit ?" +
                        std::to_string(first) + " offset ?" + std::to_string(first + 1));
    stores::Rows rows(statement);
    std::vector<std::string> patterns;
    bind(statement, filter, patterns);
    statement.bind(first, limit);
    statement.bind(first + 1, offset);
    std::vector<std::int64_t> ids;
    while (rows.next()) ids.push_back(rows.integer(0));
    return ids;
}

bool append_book(stores::Session& session, std::int64_t id, std::string& out) {
    static const std::string sql = "select " + std::string(columns) + " from bookshop_book where id = ?1";
    stores::Rows row = session.query(sql, id);
    if (!row.next()) return false;
    const auto text = [&](std::string_view name, int column) {
        out += name;
        if (row.is_null(column))
            out += "null";
        else
            append_json(out, row.text(column));
    };
    out += "{\"id\": " + std::to_string(id);
    text(", \"title\": ", 0);
    text(", \"author\": ", 1);
    text(", \"book_type\": ", 2);
    text(", \"ISBN\": ", 3);
    text(", \"year_published\": ", 4);
    out += ", \"price\": \"" + price_text(row.integer(5)) + "\"";
    out += ", \"no_of_pages\": " + (row.is_null(6) ? std::string("null") : std::to_string(row.integer(6)));
    out += ", \"quantity\": " + std::to_string(row.integer(7));
    text(", \"description\": ", 8);
    out += "}";
    return true;
}

std::string price_text(std::int64_t cents) {
    const std::int64_t size = cents < 0 ? -cents : cents;
    const std::int64_t places = size % 100;
    return (cents < 0 ? "-" : "") + std::to_string(size / 100) + (places < 10 ? ".0" : ".") +
           std::to_string(places);
}

} // namespace bookshop
