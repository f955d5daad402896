// The driver's SQL by name, from the files in sql/, which are part of the binary.
//
// A statement begins after a line "--- name" and ends at the next such line. Thread-safe: read once, never
// changed.
#pragma once

#include <string_view>

namespace offstage::stores::sqlite {

/// The SQL of that name; valid for ever. REQUIRES: there is one (checked).
std::string_view sql_named(std::string_view name);

} // namespace offstage::stores::sqlite
