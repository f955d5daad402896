#include "apps/bookshop/rules/book_rules.hpp"

#include "apps/bookshop/reading/header.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/unicode.hpp"
#include "apps/bookshop/rules/book.hpp"
#include "apps/bookshop/rules/limits.hpp"
#include "apps/bookshop/rules/numbers.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace bookshop {
namespace {

/// Whether a text has neither NUL nor anything beyond ASCII, so that it needs no closer look.
bool is_plain(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    std::size_t at = 0;
    std::uint64_t found = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, text.data() + at, 8);
        found |= eight | (eight - ones); // a high bit: of a byte beyond ASCII, or of a NUL's borrow
    }
    for (; at < text.size(); ++at) {
        auto byte = static_cast<unsigned char>(text[at]);
        found |= std::uint64_t{byte} | (std::uint64_t{byte} - 1);
    }
    return (found & highs) == 0;
}

bool may_need_strip(char edge) {
    return static_cast<signed char>(edge) <= ' ';
} // also a byte beyond ASCII

std::string_view stripped(std::string_view text) {
    if (text.empty() || (!may_need_strip(text.front()) && !may_need_strip(text.back()))) return text;
    return strip(text);
}

void judge_characters(Field field, std::string_view text, Faults& faults) {
    if (is_plain(text)) return;
    if (text.find('\0') != text.npos) faults.add(field, Code::null_characters_not_allowed);
    if (find_surrogate(text) != text.npos) faults.add(field, Code::surrogate_characters_not_allowed);
}

/// One book's texts on their way to their fields.
class Judge {
public:
    Judge(const BookTexts& texts, Faults& faults) : texts_(texts), faults_(faults) {}

    void text(Field field, std::string_view& to) {
        const auto& given = at(field);
        if (!given) return faults_.add(field, Code::required);
        to = stripped(*given);
        if (to.empty()) return faults_.add(field, Code::blank);
        std::size_t most = max_length(field);
        if (to.size() > most && count_characters(to) > most) faults_.add(field, Code::max_length);
        judge_characters(field, to, faults_);
    }

    void optional_text(Field field, std::optional<std::string_view>& to) {
        to.reset();
        const auto& given = at(field);
        if (!given) return;
        const std::string_view kept = to.emplace(stripped(*given));
        judge_characters(field, kept, faults_);
    }

    void choice(Field field, std::string_view& to) {
        const auto& given = at(field);
        if (!given) return faults_.add(field, Code::required);
        to = *given;
        if (std::find(book_types.begin(), book_types.end(), to) == book_types.end())
            faults_.add(field, Code::invalid_choice);
    }

    template <class Number>
    void number(Field field, std::optional<Code> (*read)(std::string_view, Number&), Number& to) {
        const auto& given = at(field);
        if (!given) return faults_.add(field, Code::required);
        if (std::optional<Code> wrong = read(*given, to)) faults_.add(field, *wrong);
    }

    /// A blank means that there is no number; blanks do not.
    void optional_number(Field field, std::optional<std::int32_t>& to) {
        to.reset();
        const auto& given = at(field);
        if (given && !given->empty()) number(field, read_integer, to.emplace());
    }

private:
    const std::optional<std::string_view>& at(Field field) const {
        return texts_[static_cast<std::size_t>(field)];
    }

    const BookTexts& texts_;
    Faults& faults_;
};

} // namespace

BookTexts book_texts(const Header& header, const Row& row) noexcept {
    BookTexts texts;
    for (std::size_t i = 0; i < book_fields; ++i) texts[i] = header.cell(row, i);
    return texts;
}

bool judge(const BookTexts& texts, Book& book, Faults& faults) {
    faults.clear();
    Judge judge(texts, faults);
    judge.text(Field::title, book.title);
    judge.text(Field::author, book.author);
    judge.choice(Field::book_type, book.book_type);
    judge.text(Field::isbn, book.isbn);
    judge.text(Field::year_published, book.year_published);
    judge.number(Field::price, read_price, book.price_cents);
    judge.optional_number(Field::no_of_pages, book.no_of_pages);
    judge.number(Field::quantity, read_integer, book.quantity);
    judge.optional_text(Field::description, book.description);
    return faults.empty();
}

bool judge(const Header& header, const Row& row, Book& book, Faults& faults) {
    faults.clear();
    if (row.too_many_cells || row.cells.size() > header.width()) {
        faults.add(Field::row, Code::too_many_fields);
        return false;
    }
    if (row.error_cells.empty()) return judge(book_texts(header, row), book, faults);

    // A cell that holds an error is refused for that alone; the others are judged as ever.
    judge(book_texts(header, row), book, faults);
    Faults with_errors;
    const Fault* next = faults.begin();
    for (std::size_t i = 0; i < book_fields; ++i) {
        auto field = static_cast<Field>(i);
        auto place = header.place(i);
        bool error = place && std::binary_search(row.error_cells.begin(), row.error_cells.end(), *place);
        if (error) with_errors.add(field, Code::error_cell);
        for (; next != faults.end() && next->field == field; ++next)
            if (!error) with_errors.add(next->field, next->code);
    }
    faults = with_errors;
    return faults.empty();
}

} // namespace bookshop
