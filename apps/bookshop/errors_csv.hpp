// `errors.csv` of an import: its refused rows, for people who mend them in a spreadsheet and send them back.
//
//   title,price,…,offstage_error            the file's columns as it gave them, then what is wrong
//   Emma,'-9.99.1,…,price: A valid number is required.
//
// Cells that a spreadsheet would run are guarded (reading/guard.hpp). Cells beyond the header stand behind
// the last column, so such a row is too long until it is mended. UTF-8 with a byte order mark, without which
// spreadsheets would read, and save, another encoding.
#pragma once

#include "apps/bookshop/import_record.hpp"
#include "offstage/stores/store.hpp"
#include "offstage/web/response.hpp"

namespace bookshop {

/// The file, made row by row as the client takes it, from what is refused by then. The store must outlive the
/// server.
offstage::web::Response errors_csv(offstage::stores::Store& store, const ImportRecord& import);

} // namespace bookshop
