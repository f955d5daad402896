#include "apps/bookshop/rules/limits.hpp"

#include "apps/bookshop/reading/unicode.hpp"
#include "apps/bookshop/rules/book.hpp"
#include "offstage/base/check.hpp"

#include <cstddef>
#include <string>

namespace bookshop {

std::size_t max_length(Field field) noexcept {
    switch (field) {
    case Field::title:
    case Field::isbn:
        return 255;
    case Field::author:
        return 100;
    case Field::year_published:
        return 4;
    default:
        OFFSTAGE_CHECK(false, "this field's length has no bound");
    }
}

std::size_t find_surrogate(std::string_view text) noexcept {
    for (std::size_t at = text.find('\xED'); at != text.npos; at = text.find('\xED', at + 1))
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return at;
    return text.npos;
}

std::string first_surrogate(std::string_view text) {
    std::size_t at = find_surrogate(text);
    if (at == text.npos) return {};
    text.remove_prefix(at);
    char32_t number = take_character(text);
    std::string hex;
    for (int shift = 12; shift >= 0; shift -= 4) hex += "0123456789ABCDEF"[(number >> shift) & 15];
    return hex;
}

} // namespace bookshop
