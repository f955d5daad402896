// What the program is told on its command line and in its TOML file, checked whole at the start.
//
//   bookshop [serve] [OPTIONS]        bookshop import FILE [--sheet NAME] [--again] [OPTIONS]
//
// The file named by --config takes the same options by the same names (`max-upload = "2GiB"`,
// `hostname = ["a", "b"]`); the command line goes before it. Values, thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace bookshop {

struct Options {
    enum class Command { serve, import_file };
    Command command = Command::serve;

    std::string listen_address = "127.0.0.1"; ///< from --listen HOST:PORT
    std::uint16_t listen_port = 8000;         ///< 0: the kernel picks one
    std::string token_file;                   ///< who may come, see web/access.hpp; needed beyond loopback
    std::vector<std::string> hostnames;       ///< names that clients call the shop by, beside its addresses
    std::string database;                     ///< "sqlite:FILE"; books.db in data_dir where nothing is said
    std::filesystem::path data_dir = "data";  ///< the spool is in it
    int workers = 2;                          ///< imports at once; 1 to 64
    std::uint64_t max_upload = std::uint64_t{2} << 30; ///< bytes of one file
    std::uint64_t max_spool = std::uint64_t{10} << 30; ///< bytes of all files that wait for their import
    std::string sample;                                ///< a file that the start's words tell people to try

    std::string file;   ///< of `import`
    std::string sheet;  ///< of a workbook; empty: its first that is not hidden
    bool again = false; ///< import it even where the same content was imported within the hour
};

/// The options, or the exit code where there is nothing to run: help was asked for (0) or something is wrong
/// (2), and it was said.
std::variant<Options, int> read_options(int argc, const char* const* argv);

} // namespace bookshop
