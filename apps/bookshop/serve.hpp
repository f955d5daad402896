// `bookshop serve`: the shop behind a web server, until it is told to stop.
#pragma once

#include "apps/bookshop/options.hpp"
#include "offstage/executor/stop_signals.hpp"
#include "offstage/stores/store.hpp"

namespace bookshop {

/// Opens the shop, says where, and runs until a signal; then stops within ten seconds and says what it did.
/// Gives the exit code: 0, or 1 where something had to be left running. Throws what cannot be opened.
int serve(const Options& options, offstage::stores::Store& store, offstage::StopSignals& signals);

} // namespace bookshop
