#include "apps/bookshop/json_text.hpp"

namespace bookshop {

namespace {

bool is_plain(unsigned char c) {
    return c >= 0x20 && c != '"' && c != '\\' && c != 0xED; // every surrogate begins with ED
}

void append_escaped(std::string& out, unsigned char c) {
    static constexpr char digits[] = "0123456789abcdef";
    switch (c) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        out += "\\u00";
        out += digits[c >> 4];
        out += digits[c & 15];
    }
}

} // namespace

void append_json(std::string& out, std::string_view text) {
    out += '"';
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (is_plain(c)) {
            ++i;
            continue;
        }
        const bool starts_three = c == 0xED && i + 2 < text.size();
        if (starts_three && static_cast<unsigned char>(text[i + 1]) < 0xA0) { // U+D000 to U+D7FF: a character
            i += 3;
            continue;
        }
        out.append(text, begin, i - begin);
        if (c == 0xED) {
            out += "\xEF\xBF\xBD";
            i += starts_three ? 3 : text.size() - i;
        } else {
            append_escaped(out, c);
            ++i;
        }
        begin = i;
    }
    out.append(text, begin);
    out += '"';
}

} // namespace bookshop
