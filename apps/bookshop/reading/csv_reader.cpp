#include "apps/bookshop/reading/csv_reader.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/row.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bookshop {
namespace {

/// How many line breaks a text holds: LF, CR LF and CR are one each.
std::uint64_t line_breaks(std::string_view text) {
    auto breaks = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    for (auto cr = text.find('\r'); cr != text.npos; cr = text.find('\r', cr + 1))
        if (cr + 1 == text.size() || text[cr + 1] != '\n') ++breaks;
    return breaks;
}

/// What a cell says that begins with a quote, rewritten where it stands.
std::string_view unquote(char* cell, std::size_t size) {
    const char* from = cell + 1;
    const char* end = cell + size;
    char* to = cell;
    while (from < end) {
        auto* quote = static_cast<const char*>(std::memchr(from, '"', static_cast<std::size_t>(end - from)));
        const char* stop = quote ? quote : end;
        std::memmove(to, from, static_cast<std::size_t>(stop - from));
        to += stop - from;
        from = stop;
        if (!quote) break;
        ++from;
        if (from == end) break;
        if (*from != '"') { // behind the closing quote: all of it as it is
            std::memmove(to, from, static_cast<std::size_t>(end - from));
            to += end - from;
            break;
        }
        *to++ = *from++;
    }
    return {cell, static_cast<std::size_t>(to - cell)};
}

} // namespace

CsvReader::CsvReader(std::unique_ptr<ByteReader> text, char delimiter, RowLimits limits,
                     std::size_t buffer_bytes)
    : text_(std::move(text)), limits_(limits), delimiter_(delimiter), marks_(delimiter),
      capacity_(std::min(buffer_bytes, limits.row_bytes)), cells_(limits.columns) {
    buffer_ = std::make_unique<char[]>(capacity_ + CsvMarks::block);
    begin_ = end_ = buffer_.get();
    marks_.reset(begin_, end_);
}

bool CsvReader::next(Row& row) {
    for (;;) {
        switch (scan()) {
        case Scan::row:
            take_row(row);
            return true;
        case Scan::blank:
            begin_ += next_ - begin_;
            ++line_;
            break;
        case Scan::end:
            return false;
        case Scan::more:
            refill();
            break;
        }
    }
}

// Walks over one row and notes its cells, changing nothing: it may have to be walked again with more text.
CsvReader::Scan CsvReader::scan() {
    const char* at = begin_;
    cell_ = at;
    if (at == end_) return last_ ? Scan::end : Scan::more;
    count_ = 0;
    raw_.clear();
    breaks_ = 0;
    too_many_cells_ = false;
    for (;;) {
        cell_ = at;
        const char* stop;
        if (at != end_ && *at == '"') {
            stop = scan_quoted(at);
            if (!stop) return Scan::more;
        } else {
            stop = marks_.separator(at);
            if (stop == end_ && !last_) return Scan::more;
            keep(at, stop);
        }
        if (stop == end_) {
            next_ = end_;
            return Scan::row;
        }
        at = stop + 1;
        if (*stop == delimiter_) continue;
        if (*stop == '\r') {
            if (at == end_ && !last_) return Scan::more;
            if (at != end_ && *at == '\n') ++at;
        }
        next_ = at;
        return stop == begin_ ? Scan::blank : Scan::row;
    }
}

// Walks over a cell that begins with a quote. Returns the separator behind it, or the end of the text; null
// when more text must come first.
const char* CsvReader::scan_quoted(const char* open) {
    std::size_t doubled = 0;
    for (const char* from = open + 1;;) {
        const char* quote = marks_.quote(from);
        if (quote == end_) {
            if (!last_) return nullptr;
            doubled ? keep_raw(open, end_, 1 + doubled) : keep(open + 1, end_);
            return end_;
        }
        const char* after = quote + 1;
        if (after == end_ && !last_) return nullptr;
        if (after == end_ || *after == delimiter_ || *after == '\n' || *after == '\r') {
            breaks_ += line_breaks({open, static_cast<std::size_t>(quote - open)});
            doubled ? keep_raw(open, after, 2 + doubled) : keep(open + 1, quote);
            return after;
        }
        if (*after == '"') {
            ++doubled;
            from = after + 1;
            continue;
        }
        const char* stop = marks_.separator(after);
        if (stop == end_ && !last_) return nullptr;
        breaks_ += line_breaks({open, static_cast<std::size_t>(quote - open)});
        keep_raw(open, stop, 2 + doubled);
        return stop;
    }
}

void CsvReader::keep(const char* begin, const char* end) {
    auto size = static_cast<std::size_t>(end - begin);
    if (size > limits_.cell_bytes) refuse_cell();
    if (count_ == cells_.size())
        too_many_cells_ = true;
    else
        cells_[count_++] = {begin, size};
}

// A cell of which `unsaid` quotes are not its text.
void CsvReader::keep_raw(const char* open, const char* end, std::size_t unsaid) {
    auto size = static_cast<std::size_t>(end - open);
    if (size - unsaid > limits_.cell_bytes) refuse_cell();
    if (count_ == cells_.size()) {
        too_many_cells_ = true;
        return;
    }
    raw_.push_back(count_);
    cells_[count_++] = {open, size};
}

void CsvReader::take_row(Row& row) {
    for (std::size_t column : raw_) {
        std::string_view& cell = cells_[column];
        cell = unquote(begin_ + (cell.data() - begin_), cell.size());
    }
    row = Row{};
    row.number = rows_;
    row.line = line_;
    row.cells = {cells_.data(), count_};
    row.too_many_cells = too_many_cells_;
    begin_ += next_ - begin_;
    line_ += breaks_ + 1;
    ++rows_;
}

// Brings more text behind the row that begins at begin_, which is then scanned anew. The buffer is filled
// whole and doubled for a long row, so a row is not scanned much more than twice, however the text drips in.
void CsvReader::refill() {
    auto kept = static_cast<std::size_t>(end_ - begin_);
    if (static_cast<std::size_t>(end_ - cell_) > 2 * limits_.cell_bytes + 4)
        refuse_cell(); // all of it doubled quotes
    if (kept == capacity_) {
        if (capacity_ == limits_.row_bytes)
            throw BadFile("row_too_large",
                          here() + " is larger than " + std::to_string(limits_.row_bytes) + " bytes");
        std::size_t larger = std::min(2 * capacity_, limits_.row_bytes);
        auto buffer = std::make_unique<char[]>(larger + CsvMarks::block);
        std::memcpy(buffer.get(), begin_, kept);
        buffer_ = std::move(buffer);
        capacity_ = larger;
    } else {
        std::memmove(buffer_.get(), begin_, kept);
    }
    begin_ = buffer_.get();
    end_ = begin_ + kept;
    while (end_ != begin_ + capacity_) {
        std::size_t got = text_->read({end_, static_cast<std::size_t>(begin_ + capacity_ - end_)});
        if (got == 0) {
            last_ = true;
            break;
        }
        end_ += got;
    }
    marks_.reset(begin_, end_);
}

std::string CsvReader::here() const {
    return (rows_ == 0 ? "the header" : "row " + std::to_string(rows_)) + " (line " + std::to_string(line_) +
           ")";
}

void CsvReader::refuse_cell() const {
    throw BadFile("cell_too_large", here() + " has a cell of more than " +
                                        std::to_string(limits_.cell_bytes) +
                                        " bytes; a quote may have been left open there");
}

} // namespace bookshop
