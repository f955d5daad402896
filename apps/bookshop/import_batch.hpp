// Some rows of an import, judged and waiting to be written: books, refused rows, and the texts of both.
//
// The reader's texts last until its next row, so they are copied into one block, which is used again after
// clear(). For one thread at a time.
#pragma once

#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/row_errors.hpp"
#include "apps/bookshop/rules/book.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

/// Copies of texts that all go at once.
class TextBlock {
public:
    /// Valid until clear().
    std::string_view copy(std::string_view text);
    std::size_t size() const noexcept { return used_ + spilled_; }
    void clear() noexcept;

private:
    static constexpr std::size_t room = std::size_t{2} << 20;
    std::unique_ptr<char[]> block_;
    std::size_t used_ = 0;                       // of the block
    std::vector<std::unique_ptr<char[]>> spill_; // what did not fit it
    std::size_t spilled_ = 0;
};

class ImportBatch {
public:
    /// As many rows and bytes as one transaction takes: enough to pay for its commit, few enough to hold back
    /// neither the store nor a cancel.
    static constexpr std::size_t max_rows = 16000;
    static constexpr std::size_t max_bytes = std::size_t{2} << 20;

    void add(const Book& book);
    void refuse(const Row& row, const Faults& faults);
    void clear() noexcept;

    bool full() const noexcept { return rows() >= max_rows || texts_.size() >= max_bytes; }
    std::size_t rows() const noexcept { return books_.size() + errors_.size(); }
    std::span<const Book> books() const noexcept { return books_; }
    std::span<const RowError> errors() const noexcept { return errors_; }

private:
    TextBlock texts_;
    std::vector<Book> books_;
    std::vector<RowError> errors_;
    std::string scratch_;
};

} // namespace bookshop
