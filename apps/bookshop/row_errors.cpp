#include "apps/bookshop/row_errors.hpp"

#include "apps/bookshop/json_text.hpp"
#include "apps/bookshop/reading/guard.hpp"
#include "apps/bookshop/reading/header.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>

namespace bookshop {

namespace json = boost::json;
namespace stores = offstage::stores;

namespace {

std::string_view text_of(const json::value& value) {
    return value.as_string();
}

/// The enumerator whose name it is.
template <class E>
std::optional<E> named(std::string_view name, E last) {
    for (int i = 0; i <= static_cast<int>(last); ++i)
        if (to_string(static_cast<E>(i)) == name) return static_cast<E>(i);
    return std::nullopt;
}

/// {"title": ["This field may not be blank."]}
void append_messages(std::string& out, const json::object& errors, const json::object& values) {
    out += "{";
    for (bool first = true; const auto& [name, codes] : errors) {
        if (!first) out += ", ";
        first = false;
        append_json(out, name);
        out += ": [";
        const json::value* value = values.if_contains(name);
        const std::string_view given =
            value != nullptr && value->is_string() ? text_of(*value) : std::string_view();
        for (bool first_code = true; const json::value& code : codes.as_array()) {
            if (!first_code) out += ", ";
            first_code = false;
            append_json(out, fault_message(name, text_of(code), given));
        }
        out += "]";
    }
    out += "}";
}

} // namespace

void append_faults(std::string& out, const Faults& faults) {
    out += '{';
    std::optional<Field> field;
    for (const Fault& fault : faults) {
        if (field == fault.field) {
            out += ", ";
        } else {
            out += field ? "], \"" : "\"";
            out += to_string(fault.field);
            out += "\": [";
        }
        field = fault.field;
        out += '"';
        out += to_string(fault.code);
        out += '"';
    }
    out += field ? "]}" : "}";
}

void append_cells(std::string& out, const Row& row) {
    out += '[';
    for (bool first = true; std::string_view cell : row.cells) {
        if (!first) out += ", ";
        first = false;
        append_json(out, cell);
    }
    out += ']';
}

void insert_row_errors(stores::Transaction& tx, std::int64_t import, std::span<const RowError> errors) {
    for (const RowError& error : errors)
        tx.execute("insert into bookshop_row_error (import, row, errors, cells) values (?1, ?2, ?3, ?4)",
                   import, error.row, error.errors, error.cells);
}

std::string fault_message(std::string_view field, std::string_view code, std::string_view given) {
    const auto of = named(field, Field::row);
    const auto known = named(code, Code::error_cell);
    return of && known ? message({*of, *known}, given) : std::string(code);
}

std::vector<std::string> columns_of(std::string_view list) {
    std::vector<std::string> columns;
    const json::value names = json::parse(list);
    for (const json::value& name : names.as_array()) columns.emplace_back(text_of(name));
    return columns;
}

std::vector<std::int64_t> refused_rows(stores::Session& session, std::int64_t import, std::int64_t offset,
                                       std::int64_t limit) {
    std::vector<std::int64_t> numbers;
    stores::Rows rows =
        session.query("select row from bookshop_row_error where import = ?1 order by row limit ?2 offset ?3",
                      import, limit, offset);
    while (rows.next()) numbers.push_back(rows.integer(0));
    return numbers;
}

RowErrorTeller::RowErrorTeller(std::int64_t import, std::string_view columns)
    : import_(import), names_(columns_of(columns)) {
    const std::vector<std::string> copy = names_;
    const std::vector<std::string_view> given(copy.begin(), copy.end());
    Row row;
    row.cells = given;
    const Header header(row, book_columns());
    for (std::size_t i = 0; i < book_fields; ++i)
        if (const auto place = header.place(i)) names_[*place] = to_string(static_cast<Field>(i));
}

void RowErrorTeller::append(stores::Session& session, std::int64_t row, std::string& out) const {
    stores::Rows rows = session.query(
        "select errors, cells from bookshop_row_error where import = ?1 and row = ?2", import_, row);
    if (!rows.next()) return;
    const json::value errors = json::parse(rows.text(0));
    const json::value cells = json::parse(rows.text(1));

    json::object values;
    json::array beyond;
    for (std::size_t i = 0; i < cells.as_array().size(); ++i) {
        const json::value& cell = cells.as_array()[i];
        if (i >= names_.size())
            beyond.push_back(cell);
        else if (!is_column(names_[i], error_column))
            values[names_[i]] = cell;
    }
    for (std::size_t i = cells.as_array().size(); i < names_.size(); ++i)
        if (!is_column(names_[i], error_column)) values[names_[i]] = "";
    if (!beyond.empty()) values[to_string(Field::row)] = std::move(beyond);

    out += "{\"row\": " + std::to_string(row) + ", \"errors\": ";
    out += rows.text(0);
    out += ", \"messages\": ";
    append_messages(out, errors.as_object(), values);
    out += ", \"values\": " + json::serialize(values) + "}";
}

} // namespace bookshop
