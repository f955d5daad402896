#include "apps/bookshop/errors_csv.hpp"

#include "apps/bookshop/reading/guard.hpp"
#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/row_errors.hpp"
#include "offstage/web/target.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bookshop {

namespace json = boost::json;
namespace stores = offstage::stores;
namespace web = offstage::web;

namespace {

/// A cell with its guard and quotes; `bare` leaves the guard out.
void append_cell(std::string& out, std::string_view cell, bool bare = false) {
    const bool guard = !bare && needs_guard(cell);
    if (cell.find_first_of(",;|\t\"\r\n") == std::string_view::npos) {
        out.append(guard ? "'" : "").append(cell);
        return;
    }
    out += guard ? "\"'" : "\"";
    for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
    out += '"';
}

/// Writes the refused rows of one import.
class ErrorsCsv final : public web::BodySource {
public:
    ErrorsCsv(stores::Store& store, const ImportRecord& import)
        : store_(store), import_(import.id), columns_(columns_of(import.columns)) {
        text_ = "\xEF\xBB\xBF";
        for (const std::string& name : columns_)
            if (!is_column(name, error_column)) append_cell(text_, name), text_ += ',';
        text_ += std::string(error_column) + "\r\n";
    }

    std::size_t read(std::span<char> into) override {
        if (taken_ == text_.size()) {
            text_.clear();
            taken_ = 0;
            fill();
        }
        const std::size_t size = text_.copy(into.data(), into.size(), taken_);
        taken_ += size;
        return size;
    }

private:
    static constexpr std::size_t enough = 64 * 1024; // bytes made at a time, the last row's aside

    void fill() {
        store_.read([&](stores::Session& session) {
            stores::Rows rows = session.query("select row, errors, cells from bookshop_row_error "
                                              "where import = ?1 and row > ?2 order by row",
                                              import_, last_);
            while (text_.size() < enough && rows.next()) {
                last_ = rows.integer(0);
                append(json::parse(rows.text(1)).as_object(), json::parse(rows.text(2)).as_array());
            }
        });
    }

    void append(const json::object& errors, const json::array& cells) {
        std::string wrong;
        std::size_t place = 0;
        const auto text_at = [&](std::size_t i) {
            return i < cells.size() ? std::string_view(cells[i].as_string()) : std::string_view();
        };
        for (; place < columns_.size(); ++place) {
            const std::string& name = columns_[place];
            if (is_column(name, error_column)) continue;
            append_given(errors, name, text_at(place));
            text_ += ',';
        }
        for (const auto& [field, codes] : errors) {
            const auto column = std::ranges::find_if(
                columns_, [&wanted = field](const std::string& name) { return is_column(name, wanted); });
            const std::string_view given =
                column == columns_.end() ? "" : text_at(static_cast<std::size_t>(column - columns_.begin()));
            for (const json::value& code : codes.as_array()) {
                if (!wrong.empty()) wrong += ' ';
                wrong += std::string(field) + ": " + fault_message(field, code.as_string(), given);
            }
        }
        append_cell(text_, wrong);
        for (; place < cells.size(); ++place) text_ += ',', append_cell(text_, text_at(place));
        text_ += "\r\n";
    }

    /// Adds what is given back of a cell. An error cell is one again when it comes back: bare, and #N/A where
    /// it says nothing (nobody had computed it) or something else. Of a row that is too long nobody knows
    /// which are errors: what reads as one is.
    void append_given(const json::object& errors, std::string_view name, std::string_view cell) {
        bool is_error = is_error_text(cell) && errors.contains(to_string(Field::row));
        for (const auto& [field, codes] : errors)
            if (is_column(name, field) && codes.as_array().front().as_string() == to_string(Code::error_cell))
                is_error = true;
        append_cell(text_, is_error && !is_error_text(cell) ? "#N/A" : cell, is_error);
    }

    stores::Store& store_;
    const std::int64_t import_;
    const std::vector<std::string> columns_;
    std::int64_t last_ = 0; // the row that was written last
    std::string text_;      // made, of which taken_ bytes are read
    std::size_t taken_ = 0;
};

/// "books.csv" of what a client called "books.xlsx".
std::string name_of(const ImportRecord& import) {
    return import.file.substr(0, import.file.rfind('.')) + "-errors.csv";
}

} // namespace

web::Response errors_csv(stores::Store& store, const ImportRecord& import) {
    return web::Response::produced(std::make_unique<ErrorsCsv>(store, import), "text/csv; charset=utf-8")
        .with("Content-Disposition",
              "attachment; filename=\"errors.csv\"; filename*=UTF-8''" + web::percent_encode(name_of(import)))
        .with("Cache-Control", "no-store");
}

} // namespace bookshop
