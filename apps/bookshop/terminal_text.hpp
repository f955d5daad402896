// What may be shown on a terminal of texts from outside: file names, cells, what a server says. A terminal
// obeys control characters, so that a cell could write anywhere on it and rename its window.
#pragma once

#include <string>
#include <string_view>

namespace bookshop {

/// The text as one line that a terminal only shows: control characters as `\x1B`, and U+FFFD for what is not
/// UTF-8. Thread-safe.
std::string for_terminal(std::string_view text);

} // namespace bookshop
