#include "apps/bookshop/testing/process.hpp"

#include "apps/bookshop/testdata/oracle.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bookshop {

namespace {

std::string words() {
    return std::generic_category().message(errno);
}

std::filesystem::path output(const std::filesystem::path& folder, std::string_view what) {
    static std::atomic<int> count{0};
    return folder / (std::string(what) + std::to_string(count++) + ".txt");
}

[[noreturn]] void become(const Process::Options& options, char* const* arguments, const char* out,
                         const char* err) {
    const int to_out = ::open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int to_err = ::open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int in = ::open("/dev/null", O_RDONLY);
    ::dup2(in, 0);
    ::dup2(to_out, 1);
    ::dup2(to_err, 2);
    if (options.max_file_bytes > 0) {
        const rlimit limit{options.max_file_bytes, options.max_file_bytes};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (::chdir(options.folder.c_str()) == 0) ::execv(arguments[0], arguments);
    ::_exit(127);
}

} // namespace

Process::Process(const Options& options)
    : out_(output(options.folder, "out")), err_(output(options.folder, "err")) {
    std::vector<std::string> copies = options.arguments;
    std::vector<char*> arguments;
    for (std::string& argument : copies) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) become(options, arguments.data(), out_.c_str(), err_.c_str());
    if (pid_ < 0) throw std::runtime_error("fork: " + words());
}

Process::~Process() {
    if (ended_) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
}

void Process::signal(int number) const {
    if (!ended_) ::kill(pid_, number);
}

int Process::wait(std::chrono::seconds at_most) {
    if (ended_) return code_;
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (fd < 0) throw std::runtime_error("pidfd_open: " + words());
    pollfd exit{fd, POLLIN, 0};
    int ready = 0;
    while ((ready = ::poll(&exit, 1, static_cast<int>(std::chrono::milliseconds(at_most).count()))) < 0 &&
           errno == EINTR) {
    }
    ::close(fd);
    if (ready == 0) throw std::runtime_error("the program has not ended; it wrote:\n" + out() + err());
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ended_ = true;
    code_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    return code_;
}

bool Process::is_running() {
    if (ended_) return false;
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == 0;
}

std::string Process::out() const {
    return std::filesystem::exists(out_) ? read_file(out_) : std::string();
}

std::string Process::err() const {
    return std::filesystem::exists(err_) ? read_file(err_) : std::string();
}

std::string Process::wait_for_out(const std::function<bool(std::string_view)>& found) {
    std::string text;
    wait_until("words of the program", [&] {
        const bool runs = is_running();
        text = out();
        if (found(text)) return true;
        if (!runs) throw std::runtime_error("the program has ended; it wrote:\n" + out() + err());
        return false;
    });
    return text;
}

std::uint64_t Process::peak_bytes() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string word; status >> word;) {
        if (word != "VmHWM:") continue;
        std::uint64_t kib = 0;
        status >> kib;
        return kib * 1024;
    }
    return 0;
}

void wait_until(std::string_view what, const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!done()) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("a minute was not enough for: " + std::string(what));
        ::usleep(1000);
    }
}

} // namespace bookshop
