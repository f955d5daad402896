// `bookshop import FILE`: one file from a terminal, with a progress bar.
//
// By itself where nobody has the database; where a server has it, by sending the file there. The exit code is
// 0 for a done import (refused rows are told, and no failure), 1 for one that failed or was cancelled, 2 for
// a file that is no table of books, 130 where Ctrl-C ended the watching: the import then goes on, at the
// server or at the next start.
#pragma once

#include "apps/bookshop/options.hpp"
#include "offstage/stores/holder.hpp"
#include "offstage/stores/store.hpp"

#include <stop_token>

namespace bookshop {

int import_here(const Options& options, offstage::stores::Store& store, const std::stop_token& stop);
int import_through_server(const Options& options, const offstage::stores::Holder& holder,
                          const std::stop_token& stop);

} // namespace bookshop
