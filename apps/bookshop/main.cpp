// The program `bookshop`: chooses the store, turns errors into one line and an exit code.
//
//   0 done    1 failed    2 told something that cannot be    130 interrupted
//   3 another process has the database, the folder or the port
#include "apps/bookshop/import_command.hpp"
#include "apps/bookshop/log.hpp"
#include "apps/bookshop/options.hpp"
#include "apps/bookshop/serve.hpp"
#include "apps/bookshop/terminal_text.hpp"
#include "offstage/executor/stop_signals.hpp"
#include "offstage/stores/open.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include <fcntl.h>
#include <unistd.h>

namespace {

using bookshop::Options;

int exit_code(offstage::Errc code) {
    switch (code) {
    case offstage::Errc::invalid_argument:
        return 2;
    case offstage::Errc::held:
        return 3;
    case offstage::Errc::stopped:
        return 130;
    default:
        return 1;
    }
}

/// Who starts us may have closed 0, 1 and 2: the next files to be opened, the database among them, would be
/// these, and what is said would be written into them.
void open_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != fd) std::_Exit(1);
}

void make_folder(const std::filesystem::path& folder, const std::string& option) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw offstage::Error(offstage::Errc::io, "the folder " + folder.string() +
                                                      " cannot be made: " + error.message() + "; with " +
                                                      option + " give one that this user may make");
}

/// The folders of the shop and of its database's file, where they are missing.
void make_folders(const Options& options) {
    make_folder(options.data_dir, "--data-dir");
    const auto folder =
        std::filesystem::path(options.database.substr(options.database.find(':') + 1)).parent_path();
    if (!folder.empty()) make_folder(folder, "--database");
}

int run(const Options& options, offstage::StopSignals& signals) {
    make_folders(options);
    if (options.command == Options::Command::serve) {
        bookshop::open_log();
        const auto store = offstage::stores::open(options.database);
        return bookshop::serve(options, *store, signals);
    }
    // Without an address it is no open shop, and the store says whose the database is.
    if (const auto holder = offstage::stores::holder_of(options.database); holder && !holder->url.empty())
        return bookshop::import_through_server(options, *holder, signals.token());
    const auto store = offstage::stores::open(options.database);
    return bookshop::import_here(options, *store, signals.token());
}

void say(std::string_view fault) {
    std::fprintf(stderr, "bookshop: %s\n", bookshop::for_terminal(fault).c_str());
}

} // namespace

int main(int argc, char** argv) {
    open_standard_descriptors();
    // A write to a closed pipe or past a file size limit is an error of that write, not the end of the
    // process.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    offstage::StopSignals signals;
    const auto options = bookshop::read_options(argc, argv);
    if (const int* code = std::get_if<int>(&options)) return *code;
    try {
        return run(std::get<Options>(options), signals);
    } catch (const offstage::Error& error) {
        say(error.what());
        return exit_code(error.code());
    } catch (const std::exception& error) {
        say(error.what());
        return 1;
    }
}
