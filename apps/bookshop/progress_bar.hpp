// How far an import is, for a terminal: a bar that is drawn over itself, or a line now and then where the
// output is no terminal. One thread at a time.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace bookshop {

struct ImportNumbers {
    std::string state;
    std::int64_t rows_read = 0;
    std::int64_t rows_refused = 0;
    std::int64_t rows_per_second = 0;
    std::int64_t bytes_read = 0;
    std::int64_t bytes_total = 0;
};

/// "12,345"
std::string with_commas(std::int64_t number);

/// "[#####.....]  50 %  1,000 rows, 3 refused, 400,000 rows/s": at most `width` columns of it.
std::string progress_line(const ImportNumbers& numbers, std::size_t width);

class ProgressBar {
public:
    explicit ProgressBar(std::FILE* out);
    /// Ends the line.
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(const ImportNumbers& numbers);
    /// A line of its own, before the bar goes on; whatever is in it, it stays one (terminal_text.hpp).
    void say(const std::string& line);

private:
    void clear();
    void write(const std::string& text);

    std::FILE* const out_;
    const bool terminal_;
    std::string shown_;     // on the terminal's present line
    std::int64_t told_ = 0; // tenths of the file, where there is no terminal
};

} // namespace bookshop
