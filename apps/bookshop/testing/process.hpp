// A program that a test starts, talks to and kills.
//
// What it writes to stdout and stderr goes to two files, so that it never waits for its reader. Throws
// std::runtime_error for what a test cannot go on after. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace bookshop {

class Process {
public:
    struct Options {
        std::vector<std::string> arguments; ///< the program's path first
        std::filesystem::path folder;       ///< its working folder, where its output goes too
        std::uint64_t max_file_bytes = 0;   ///< RLIMIT_FSIZE; 0: none
    };
    explicit Process(const Options& options);
    /// Kills it where it still runs.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void signal(int number) const;
    /// Waits until it has ended; its exit code, or -N for death by signal N.
    int wait(std::chrono::seconds at_most = std::chrono::seconds(60));
    bool is_running();

    std::string out() const;
    std::string err() const;
    /// Waits until `found` says yes to what it has written to stdout, and gives that. Throws where it ends
    /// before.
    std::string wait_for_out(const std::function<bool(std::string_view)>& found);

    /// The largest memory it ever had resident.
    std::uint64_t peak_bytes() const;
    pid_t pid() const noexcept { return pid_; }

private:
    const std::filesystem::path out_;
    const std::filesystem::path err_;
    pid_t pid_ = -1;
    bool ended_ = false;
    int code_ = 0;
};

/// Looks again and again until `done` says yes. Throws after a minute, naming what was waited for. For what
/// gives no signal: the files and the answers of another process.
void wait_until(std::string_view what, const std::function<bool()>& done);

} // namespace bookshop
