// The rows of an import that were refused: what is wrong with each, and the row as it was given.
//
// Kept as it is needed to give the row back: its cells in the file's order. Told by names: each column's
// cell, the columns of a book under the book's own names, and cells beyond the header under "row", as their
// fault is. Functions of a session or transaction, which must be at hand for the call only.
#pragma once

#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/rules/book.hpp"
#include "offstage/stores/session.hpp"
#include "offstage/stores/store.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

struct RowError {
    std::int64_t row = 0;    ///< from 1, the first after the header
    std::string_view errors; ///< faults_json()
    std::string_view cells;  ///< cells_json()
};

/// Appends {"title": ["blank"], "price": ["invalid"]}.
void append_faults(std::string& out, const Faults& faults);
/// Appends the row's cells as a JSON list.
void append_cells(std::string& out, const Row& row);

/// What a field's code says to people; the code itself where it is none of ours. `given` as message().
std::string fault_message(std::string_view field, std::string_view code, std::string_view given);
/// The names of a header that was kept as a JSON list.
std::vector<std::string> columns_of(std::string_view list);

void insert_row_errors(offstage::stores::Transaction& tx, std::int64_t import,
                       std::span<const RowError> errors);

/// The numbers of some refused rows, in the file's order.
std::vector<std::int64_t> refused_rows(offstage::stores::Session& session, std::int64_t import,
                                       std::int64_t offset, std::int64_t limit);

/// Tells the refused rows of one import. For one thread at a time.
class RowErrorTeller {
public:
    /// `columns` is the import's: a JSON list of the header's names.
    RowErrorTeller(std::int64_t import, std::string_view columns);

    /// Appends {"row": 7, "errors": {...}, "messages": {...}, "values": {...}}; nothing where the row was not
    /// refused.
    void append(offstage::stores::Session& session, std::int64_t row, std::string& out) const;

private:
    std::int64_t import_;
    std::vector<std::string> names_; // of the columns, as values are told
};

} // namespace bookshop
