#include "apps/bookshop/progress_bar.hpp"

#include "apps/bookshop/terminal_text.hpp"

#include <algorithm>

#include <sys/ioctl.h>
#include <unistd.h>

namespace bookshop {

namespace {

constexpr std::size_t bar_width = 24;

std::int64_t share(const ImportNumbers& numbers, std::int64_t of) {
    if (numbers.bytes_total <= 0) return numbers.state == "done" ? of : 0;
    return std::min(of, numbers.bytes_read * of / numbers.bytes_total);
}

std::size_t columns(std::FILE* out) {
    winsize size{};
    if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

} // namespace

std::string with_commas(std::int64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3 + (number < 0 ? 1u : 0u);) text.insert(at -= 3, ",");
    return text;
}

std::string progress_line(const ImportNumbers& numbers, std::size_t width) {
    const auto filled = static_cast<std::size_t>(share(numbers, bar_width));
    const std::string percent = std::to_string(share(numbers, 100));
    std::string line = "[" + std::string(filled, '#') + std::string(bar_width - filled, '.') + "] " +
                       std::string(3 - std::min<std::size_t>(3, percent.size()), ' ') + percent + " %  ";
    if (numbers.state == "queued")
        line += "waits for its turn";
    else
        line += with_commas(numbers.rows_read) + (numbers.rows_read == 1 ? " row, " : " rows, ") +
                with_commas(numbers.rows_refused) + " refused";
    if (numbers.state == "running" && numbers.rows_per_second > 0)
        line += ", " + with_commas(numbers.rows_per_second) + " rows/s";
    if (numbers.state == "retrying") line += ", waits to be tried again";
    return line.substr(0, width);
}

ProgressBar::ProgressBar(std::FILE* out) : out_(out), terminal_(::isatty(::fileno(out)) == 1) {}

ProgressBar::~ProgressBar() {
    if (!shown_.empty()) write("\n");
}

void ProgressBar::show(const ImportNumbers& numbers) {
    if (!terminal_) {
        const std::int64_t tenths = share(numbers, 10);
        if (tenths == told_) return;
        told_ = tenths;
        write(progress_line(numbers, std::string::npos) + "\n");
        return;
    }
    const std::string line = progress_line(numbers, columns(out_) - 1);
    if (line == shown_) return;
    clear();
    write(line);
    shown_ = line;
}

void ProgressBar::say(const std::string& line) {
    clear();
    write(for_terminal(line) + "\n");
}

void ProgressBar::clear() {
    if (shown_.empty()) return;
    write("\r\033[K");
    shown_.clear();
}

void ProgressBar::write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), out_);
    std::fflush(out_);
}

} // namespace bookshop
