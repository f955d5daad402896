#include "apps/bookshop/terminal_text.hpp"

#include "apps/bookshop/reading/unicode.hpp"
#include "offstage/base/utf8.hpp"

namespace bookshop {

std::string for_terminal(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const std::string readable = offstage::repair_utf8(text);
    std::string shown;
    for (std::string_view rest = readable; !rest.empty();) {
        const std::string_view all = rest;
        const char32_t c = take_character(rest);
        if (is_control(c))
            shown.append({'\\', 'x', digits[c >> 4U], digits[c & 15U]});
        else
            shown += all.substr(0, all.size() - rest.size());
    }
    return shown;
}

} // namespace bookshop
