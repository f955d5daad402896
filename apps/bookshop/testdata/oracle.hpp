// Asks one of this folder's Python judges. For tests only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

/// The path of a file of apps/bookshop/testdata.
std::string testdata(std::string_view name);

/// A whole file. Throws Error(io).
std::string read_file(const std::string& path);

/// Runs Debian's Python on a script of this folder with one argument, a file that holds `input`, and returns
/// the lines that it prints. Throws Error(io) when it does not end well: the judges' packages must be
/// installed.
std::vector<std::string> ask_python(std::string_view script, std::string_view input);

/// Bytes as hexadecimal digits.
std::string to_hex(std::string_view bytes);

} // namespace bookshop
