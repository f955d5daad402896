// Workbooks as bytes, for tests: right ones, and those that an attacker would send.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

/// Names and contents of an archive.
using Parts = std::map<std::string, std::string>;

/// A ZIP archive; with a password, its parts are encrypted.
std::string archive_of(const Parts& parts, const char* password = nullptr);

/// A workbook with the sheet "A" that holds these rows (XML).
Parts workbook_parts(const std::string& rows);

/// A row of cells that are texts.
std::string sheet_row(const std::vector<std::string_view>& cells);

/// Replaces each.
void replace_all(std::string& text, std::string_view from, std::string_view to);

/// A number as four bytes, the lowest first.
std::string little(std::size_t number);

} // namespace bookshop
