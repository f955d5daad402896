#include "apps/bookshop/import_batch.hpp"

#include <cstring>

namespace bookshop {

std::string_view TextBlock::copy(std::string_view text) {
    if (!block_) block_ = std::make_unique_for_overwrite<char[]>(room);
    char* to = block_.get() + used_;
    if (text.size() <= room - used_) {
        used_ += text.size();
    } else {
        to = spill_.emplace_back(std::make_unique_for_overwrite<char[]>(text.size())).get();
        spilled_ += text.size();
    }
    if (!text.empty()) std::memcpy(to, text.data(), text.size()); // an empty one may point nowhere
    return {to, text.size()};
}

void TextBlock::clear() noexcept {
    used_ = 0;
    spill_.clear();
    spilled_ = 0;
}

void ImportBatch::add(const Book& book) {
    Book& kept = books_.emplace_back(book);
    kept.title = texts_.copy(book.title);
    kept.author = texts_.copy(book.author);
    kept.book_type = texts_.copy(book.book_type);
    kept.isbn = texts_.copy(book.isbn);
    kept.year_published = texts_.copy(book.year_published);
    if (book.description) kept.description = texts_.copy(*book.description);
}

void ImportBatch::refuse(const Row& row, const Faults& faults) {
    RowError& error = errors_.emplace_back();
    error.row = static_cast<std::int64_t>(row.number);
    scratch_.clear();
    append_faults(scratch_, faults);
    error.errors = texts_.copy(scratch_);
    scratch_.clear();
    append_cells(scratch_, row);
    error.cells = texts_.copy(scratch_);
}

void ImportBatch::clear() noexcept {
    texts_.clear();
    books_.clear();
    errors_.clear();
}

} // namespace bookshop
