// SQLite's errors turned into ours: the one place that knows both.
#pragma once

#include "offstage/base/error.hpp"

#include <string_view>

struct sqlite3;

namespace offstage::stores::sqlite {

/// Throws the Error for what the connection's last call answered. `doing` is what was tried, for people:
/// "committing". `result` is the call's result code; the connection is asked for its words.
[[noreturn]] void throw_error(sqlite3* database, int result, std::string_view doing);

/// Which of ours a result code of SQLite is.
Errc to_errc(int result) noexcept;

} // namespace offstage::stores::sqlite
