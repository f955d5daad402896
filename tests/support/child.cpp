#include "tests/support/child.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace offstage::testing {

Child::Child(const std::vector<std::string>& command) {
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int error = posix_spawn(&id_, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(input[0]);
    close(output[1]);
    input_ = input[1];
    output_ = output[0];
    if (error == 0) return;
    close(input_);
    close(output_);
    throw std::system_error(error, std::generic_category(), "posix_spawn " + command[0]);
}

Child::~Child() {
    if (!ended_) kill();
    close_input();
    close(output_);
}

std::optional<std::string> Child::read_line() {
    for (;;) {
        if (const std::size_t end = unread_.find('\n'); end != std::string::npos) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return line;
        }
        char bytes[65536];
        const ssize_t got = read(output_, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::nullopt; // what came without a line's end was cut off by a kill
        unread_.append(bytes, static_cast<std::size_t>(got));
    }
}

void Child::close_input() {
    if (input_ >= 0) close(input_);
    input_ = -1;
}

void Child::kill() {
    ::kill(id_, SIGKILL);
    wait();
}

int Child::wait() {
    if (ended_) return *ended_;
    int status = 0;
    while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return *ended_;
}

} // namespace offstage::testing
