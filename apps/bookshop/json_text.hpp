// Writes JSON straight into a string: for rows, of which there are many; everything else uses Boost.JSON.
// Thread-safe: functions of their arguments.
#pragma once

#include <string>
#include <string_view>

namespace bookshop {

/// Appends `text` (UTF-8) as a JSON string, quotes included. Half a surrogate pair, which a spreadsheet can
/// hold and JSON cannot, becomes U+FFFD.
void append_json(std::string& out, std::string_view text);

} // namespace bookshop
