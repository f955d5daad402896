// A program that a test starts, talks to line by line, and kills.
//
//   Child child({program, "hold", path});
//   child.read_line();          // what it prints on stdout; stderr is the test's own
//   child.kill();               // kill -9, and waited for
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace offstage::testing {

class Child {
public:
    /// Starts it. Throws std::system_error.
    explicit Child(const std::vector<std::string>& command);
    /// Kills it, when it still runs.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t id() const noexcept { return id_; }
    /// The next line without its end; none when it has closed its output.
    std::optional<std::string> read_line();
    /// Closes its input: what a well-behaved child ends on.
    void close_input();
    void kill();
    /// Waits for its end; gives its exit code, or minus the signal that ended it.
    int wait();

private:
    pid_t id_ = 0;
    int input_ = -1;
    int output_ = -1;
    std::string unread_;
    std::optional<int> ended_;
};

} // namespace offstage::testing
