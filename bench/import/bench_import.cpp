// Imports the same file by turns with `bookshop import` and with the sqlite3 shell's own `.import`, and
// prints medians.
//
// usage: bench_import GEN_BOOKS BOOKSHOP [ROWS [RUNS]]
//
// Ours is the whole program: it opens the database (WAL, synchronous=FULL), copies the file into its spool
// with its SHA-256 and fsync, judges and checks every row, and commits batches with their checkpoints. The
// shell reads and inserts into a table without a key, unchecked, in one transaction with a rollback journal.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Run {
    double seconds = 0;
    double cpu_seconds = 0;
    double peak_mb = 0;
};

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// Runs a program to its end, its output to a file.
Run run(std::vector<std::string> arguments, const std::string& output) {
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(out, 1);
        ::execvp(raw[0], raw.data());
        ::_exit(127);
    }
    int status = 0;
    rusage used{};
    if (child < 0 || ::wait4(child, &status, 0, &used) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0)
        throw std::runtime_error(arguments[0] + " did not end well");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return {took.count(), seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
            static_cast<double>(used.ru_maxrss) / 1024};
}

struct Median {
    double middle = 0, least = 0, most = 0;
};

Median median(std::vector<double> values) {
    std::ranges::sort(values);
    return {values[values.size() / 2], values.front(), values.back()};
}

/// Prints what the runs took; gives the median time.
double print(const char* name, const std::vector<Run>& runs, double rows) {
    std::vector<double> seconds, cpu, peak;
    for (const Run& one : runs) {
        seconds.push_back(one.seconds);
        cpu.push_back(one.cpu_seconds);
        peak.push_back(one.peak_mb);
    }
    const Median time = median(seconds);
    std::printf("%-18s %7.2f s [%.2f..%.2f] %10.0f rows/s %7.2f s CPU %7.1f MB peak\n", name, time.middle,
                time.least, time.most, rows / time.middle, median(cpu).middle, median(peak).most);
    return time.middle;
}

std::string last_line(const std::filesystem::path& file) {
    std::FILE* const in = std::fopen(file.c_str(), "r");
    std::string line;
    char text[4096];
    while (in != nullptr && std::fgets(text, sizeof text, in) != nullptr) line = text;
    if (in != nullptr) std::fclose(in);
    return line;
}

void bench(const std::string& gen_books, const std::string& bookshop, const std::string& rows, int runs,
           const std::filesystem::path& folder) {
    const std::string csv = folder / "books.csv";
    const std::string output = folder / "out.txt";
    run({gen_books, rows}, csv);
    std::printf("%s rows, %.1f MB, %d runs of each by turns after a warm-up\n", rows.c_str(),
                static_cast<double>(std::filesystem::file_size(csv)) / 1e6, runs);
    const auto shell = [&] {
        std::filesystem::remove(folder / "shell.db");
        return run({"sqlite3", folder / "shell.db",
                    "create table book (title text not null, author text not null, book_type text not null, "
                    "isbn text not null, "
                    "year_published text not null, price numeric not null, no_of_pages integer, quantity "
                    "integer not null, "
                    "description text)",
                    ".mode csv", ".import --skip 1 " + csv + " book"},
                   output);
    };
    const auto ours = [&] {
        std::filesystem::remove_all(folder / "shop");
        const Run one = run({bookshop, "import", csv, "--data-dir", folder / "shop"}, output);
        if (last_line(output).find(" 0 refused") == std::string::npos)
            throw std::runtime_error("not every row was imported: " + last_line(output));
        return one;
    };
    std::vector<Run> of_shell, of_ours;
    for (int i = 0; i <= runs; ++i) {
        const Run theirs = shell();
        const Run own = ours();
        if (i == 0) continue;
        of_shell.push_back(theirs);
        of_ours.push_back(own);
    }
    const double count = std::strtod(rows.c_str(), nullptr);
    const double theirs = print("sqlite3 .import", of_shell, count);
    const double own = print("bookshop import", of_ours, count);
    std::printf("ratio %.2f (goal: at most 1.5, and under 100 MB)\n", own / theirs);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("usage: bench_import GEN_BOOKS BOOKSHOP [ROWS [RUNS]]\n", stderr);
        return 2;
    }
    std::string folder = (std::filesystem::temp_directory_path() / "bench-import-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        std::perror("bench_import: no folder to work in");
        return 1;
    }
    int code = 0;
    try {
        bench(argv[1], argv[2], argc > 3 ? argv[3] : "1000000",
              argc > 4 ? std::max(1, std::atoi(argv[4])) : 5, folder);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_import: %s\n", error.what());
        code = 1;
    }
    std::filesystem::remove_all(folder);
    return code;
}
