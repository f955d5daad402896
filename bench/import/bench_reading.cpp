// How fast tables are read and books judged, without a database: each step's rate over a file's bytes.
//
// usage: bench_reading BOOKS.csv [RUNS]       medians of RUNS (5) after a warm-up, with min and max
#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/csv_reader.hpp"
#include "apps/bookshop/reading/encoding.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/table.hpp"
#include "apps/bookshop/rules/book.hpp"
#include "apps/bookshop/rules/book_rules.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace bookshop {
namespace {

/// What reading a file costs that does nothing but find its line ends.
std::uint64_t count_lines(int fd) {
    FileBytes file(fd);
    auto chunk = std::make_unique<char[]>(256 << 10);
    std::uint64_t lines = 0;
    while (std::size_t got = file.read({chunk.get(), 256 << 10})) {
        const char* end = chunk.get() + got;
        for (const char* at = chunk.get(); at != end; ++lines) {
            const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
            if (!found) break;
            at = static_cast<const char*>(found) + 1;
        }
    }
    return lines;
}

std::uint64_t detect(int fd) {
    FileBytes file(fd);
    detect_encoding(file);
    return 0;
}

std::uint64_t read_rows(int fd) {
    CsvReader reader(std::make_unique<FileBytes>(fd), ',');
    std::uint64_t rows = 0;
    for (Row row; reader.next(row);) ++rows;
    return rows;
}

std::uint64_t judge_rows(int fd) {
    Table table = open_table(fd, book_columns());
    std::uint64_t accepted = 0;
    Book book;
    Faults faults;
    for (Row row; table.rows->next(row);) accepted += judge(table.header, row, book, faults);
    return accepted;
}

void measure(const char* name, int fd, int runs, const std::function<std::uint64_t(int)>& step) {
    using Clock = std::chrono::steady_clock;
    std::uint64_t rows = step(fd);
    std::vector<double> times;
    for (int i = 0; i < runs; ++i) {
        auto start = Clock::now();
        step(fd);
        times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    double median = times[times.size() / 2];
    auto size = static_cast<double>(::lseek(fd, 0, SEEK_END));
    std::printf("%-32s %8.3f s  %8.3f..%.3f  %7.0f MB/s", name, median, times.front(), times.back(),
                size / median / 1e6);
    std::printf(rows > 0 ? "  %10.0f rows/s\n" : "\n", static_cast<double>(rows) / median);
}

} // namespace
} // namespace bookshop

int main(int argc, char** argv) {
    int fd = argc < 2 ? -1 : ::open(argv[1], O_RDONLY | O_CLOEXEC);
    int runs = argc > 2 ? std::atoi(argv[2]) : 5;
    if (fd < 0 || runs < 1) {
        std::fputs("usage: bench_reading BOOKS.csv [RUNS]\n", stderr);
        return 2;
    }
    bookshop::measure("memchr for line ends", fd, runs, bookshop::count_lines);
    bookshop::measure("encoding of the whole file", fd, runs, bookshop::detect);
    bookshop::measure("rows", fd, runs, bookshop::read_rows);
    bookshop::measure("encoding, rows, judged", fd, runs, bookshop::judge_rows);
}
