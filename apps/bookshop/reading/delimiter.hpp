// Guesses which of `, ; tab |` parts the cells of a CSV, from its first rows.
//
// Each candidate reads the sample as the CSV reader does, so quoted delimiters do not mislead it. The best
// has the most of the required columns in its header; of those that have as many, the most columns, weighed
// by the square of the share of rows that are as wide.
// Thread-safe: a function.
#pragma once

#include "apps/bookshop/reading/header.hpp"

#include <span>
#include <string_view>

namespace bookshop {

/// `sample` is how the text begins, in UTF-8; `whole` when it is all of it. A comma when nothing speaks for
/// another.
char sniff_delimiter(std::string_view sample, bool whole, std::span<const ColumnSpec> wanted);

/// What people call a delimiter: `,`, `;`, `|` or `tab`.
std::string_view delimiter_name(char delimiter);

} // namespace bookshop
