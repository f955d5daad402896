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

void count(stores::Transaction& tx, std::span<const Book> books) {
    std::array<std::int64_t, book_types.size()> added{};
    for (const Book& book : books) {
        const auto type = std::ranges::find(book_types, book.book_type);
        ++added[static_cast<std::size_t>(type - book_types.begin())];
    }
    for (std::size_t type = 0; type < added.size(); ++type)
        if (added[type] != 0)
            tx.execute("insert into bookshop_book_count (book_type, books) values (?1, ?2) "
                       "on conflict (book_type) do update set books = books + excluded.books",
                       book_types[type], added[type]);
}

/// What follows FROM for a filter; `?1` is the type, the terms follow.
std::string where(const BookFilter& filter) {
    std::string sql;
    if (!filter.book_type.empty()) sql = " where book_type = ?1";
    for (std::size_t i = 0; i < filter.terms.size(); ++i) {
        const std::string term = "?" + std::to_string(i + 2);
        sql += sql.empty() ? " where " : " and ";
        sql += "(title like " + term + " escape '\\' or author like " + term + " escape '\\' or isbn like " +
               term + " escape '\\')";
    }
    return sql;
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
    count(tx, books);
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

std::vector<std::string> parse_search(std::string_view text) {
    std::vector<std::string> terms;
    std::string term;
    const auto end = [&] {
        if (!term.empty() && terms.size() < max_search_terms) terms.push_back(std::move(term));
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

std::string parse_ordering(std::string_view text) {
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
    std::string sql;
    bool by_id = false;
    for (std::size_t terms = 0; !text.empty() && terms < max_orderings && !by_id;) {
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
        if (!sql.empty()) sql += ", ";
        sql += std::string(known->second) + (down ? " desc" : "");
        by_id = name == "id";
        ++terms;
    }
    if (!by_id) sql += sql.empty() ? "id" : ", id";
    return sql;
}

std::int64_t count_books(stores::Session& session, const BookFilter& filter) {
    if (filter.terms.empty()) {
        stores::Rows rows = session.query(
            "select coalesce(sum(books), 0) from bookshop_book_count where ?1 = '' or book_type = ?1",
            filter.book_type);
        rows.next();
        return rows.integer(0);
    }
    stores::Statement& statement = session.prepare("select count(*) from bookshop_book" + where(filter));
    stores::Rows rows(statement);
    std::vector<std::string> patterns;
    bind(statement, filter, patterns);
    rows.next();
    return rows.integer(0);
}

std::vector<std::int64_t> book_ids(stores::Session& session, const BookFilter& filter, std::int64_t offset,
                                   std::int64_t limit) {
    const int first = static_cast<int>(filter.terms.size()) + 2;
    stores::Statement& statement =
        session.prepare("select id from bookshop_book" + where(filter) + " order by " + filter.order_by +
                        " limit ?" + std::to_string(first) + " offset ?" + std::to_string(first + 1));
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
