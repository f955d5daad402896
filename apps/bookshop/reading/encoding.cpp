#include "apps/bookshop/reading/encoding.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <uchardet/uchardet.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace bookshop {
namespace {

constexpr std::size_t sample_size = 256 << 10; // about 60 ms of uchardet
constexpr std::size_t block_size = 1024;
constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

unsigned char byte_at(const char* at) {
    return static_cast<unsigned char>(*at);
}

const char* skip_ascii(const char* at, const char* end) {
    constexpr std::uint64_t highs = 0x8080808080808080;
    for (std::uint64_t words[4]; end - at >= 32; at += 32) {
        std::memcpy(words, at, 32);
        if (((words[0] | words[1] | words[2] | words[3]) & highs) != 0) break;
    }
    while (at != end && byte_at(at) < 0x80) ++at;
    return at;
}

/// How many bytes the sequence that begins here has, 0 when it is not UTF-8, -1 when the text ends within it.
/// REQUIRES: it is no ASCII character.
int sequence(const char* at, const char* end) {
    unsigned char first = byte_at(at);
    int size = first >= 0xF5 ? 0 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (size == 0) return 0;
    // What the second byte may be keeps out overlong forms, surrogates and what is beyond U+10FFFF.
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    for (int i = 1; i < size; ++i) {
        if (at + i == end) return -1;
        if (byte_at(at + i) < low || byte_at(at + i) > high) return 0;
        low = 0x80;
        high = 0xBF;
    }
    return size;
}

/// Where the text stops being UTF-8: its end, or the begin of a sequence that is wrong or (`cut`) goes past
/// it.
const char* skip_utf8(const char* at, const char* end, bool& cut) {
    cut = false;
    for (;;) {
        at = skip_ascii(at, end);
        if (at == end) return at;
        while (at != end && byte_at(at) >= 0x80) {
            int size = sequence(at, end);
            cut = size < 0;
            if (size <= 0) return at;
            at += size;
        }
    }
}

/// Whether most of what is beyond ASCII in a text is right UTF-8.
bool mostly_utf8(std::string_view text) {
    std::size_t right = 0;
    std::size_t wrong = 0;
    const char* end = text.data() + text.size();
    for (const char* at = skip_ascii(text.data(), end); at != end; at = skip_ascii(at, end)) {
        int size = sequence(at, end);
        if (size < 0) break;
        ++(size == 0 ? wrong : right);
        at += std::max(size, 1);
    }
    return right > 10 * wrong;
}

/// Whether nearly all beyond ASCII in a text are, read as Windows-1252, the letters and signs that Western
/// languages use most. Texts of the other Latin alphabets have a tenth and more of others there: Czech ů ě ž
/// as ù ì ž, Polish ł ą ż as ³ ¹ ¿, Hungarian ő as õ.
bool mostly_western(std::string_view text) {
    constexpr std::string_view usual =
        "\xE9\xE8\xE0\xE2\xEA\xEB\xEE\xEF\xF4\xF6\xFC\xFB\xF9\xE4\xE7\xF1\xF3\xED\xE1\xFA"
        "\xE5\xE6\xF8\xF2\xEC\xDF\xC9\xC8\xC0\xC1\xD3\xCD\xDA\xD1\xC7\xD6\xDC\xC4\xC5\xC6\xD8"
        "\x91\x92\x93\x94\x95\x96\x97\x85\x80\xA0\xAB\xBB\xA3\xA9\xAE\xB0\xB7\xBF\xA1\x9C\x99";
    std::size_t high = 0;
    std::size_t others = 0;
    for (const char c : text) {
        if (byte_at(&c) < 0x80) continue;
        ++high;
        if (usual.find(c) == usual.npos) ++others;
    }
    return others * (high < 40 ? 8 : 20) <= high;
}

/// Whether uchardet's name is a Latin alphabet of one byte a letter, which it tells apart by few letters
/// only.
bool is_one_of_the_latin_ones(std::string_view name) {
    constexpr std::string_view names[] = {"ISO-8859-1",   "ISO-8859-2",   "ISO-8859-3",       "ISO-8859-4",
                                          "ISO-8859-9",   "ISO-8859-10",  "ISO-8859-13",      "ISO-8859-14",
                                          "ISO-8859-15",  "ISO-8859-16",  "WINDOWS-1250",     "WINDOWS-1252",
                                          "WINDOWS-1254", "WINDOWS-1257", "WINDOWS-1258",     "IBM852",
                                          "IBM865",       "VISCII",       "MAC-CENTRALEUROPE"};
    return std::ranges::find(names, name) != std::ranges::end(names);
}

std::string ask_uchardet(std::string_view sample) {
    std::unique_ptr<uchardet, decltype(&uchardet_delete)> detector(uchardet_new(), uchardet_delete);
    uchardet_handle_data(detector.get(), sample.data(), sample.size());
    uchardet_data_end(detector.get());
    return uchardet_get_charset(detector.get());
}

/// The name of an ASCII text's encoding. In ISO-2022, ESC $ begins what is not Latin; a terminal's ESC ( and
/// ESC [ prove nothing.
std::string name_of_ascii(std::string_view start) {
    if (start.find("\x1B$") == start.npos) return "UTF-8";
    std::string name = ask_uchardet(start);
    return name.starts_with("ISO-2022-") ? name : "UTF-8";
}

std::string guess(std::string_view sample) {
    std::string name = ask_uchardet(sample);
    // No guess: what Western programs write. Latin-1 has control characters where that has letters and
    // quotes.
    if (name.empty() || name == "ASCII" || name == "ISO-8859-1") return "WINDOWS-1252";
    if (is_one_of_the_latin_ones(name) && mostly_western(sample)) return "WINDOWS-1252";
    return name;
}

} // namespace

std::optional<Encoding> utf16(std::string_view start) {
    if (start.starts_with("\xFF\xFE")) return Encoding{"UTF-16LE", 2};
    if (start.starts_with("\xFE\xFF")) return Encoding{"UTF-16BE", 2};
    if (start.size() < 4) return std::nullopt;
    const auto is_text = [&](std::size_t at) {
        return byte_at(&start[at]) >= ' ' && byte_at(&start[at]) < 0x7F;
    };
    if (is_text(0) && start[1] == 0 && is_text(2) && start[3] == 0) return Encoding{"UTF-16LE", 0};
    if (start[0] == 0 && is_text(1) && start[2] == 0 && is_text(3)) return Encoding{"UTF-16BE", 0};
    return std::nullopt;
}

void Utf8Check::feed(std::string_view piece) {
    if (!valid_) return;
    bool cut = false;
    while (!pending_.empty() && !piece.empty()) { // one byte at a time to the end of that sequence
        pending_ += piece.front();
        piece.remove_prefix(1);
        const char* begin = pending_.data();
        const char* stop = skip_utf8(begin, begin + pending_.size(), cut);
        if (stop != begin) {
            offset_ += pending_.size();
            pending_.clear();
        } else if (!cut) {
            valid_ = false;
            return;
        }
    }
    const char* end = piece.data() + piece.size();
    const char* stop = skip_utf8(piece.data(), end, cut);
    offset_ += static_cast<std::uint64_t>(stop - piece.data());
    if (stop == end) return;
    if (cut)
        pending_.assign(stop, end);
    else
        valid_ = false;
}

void EncodingDetector::feed(std::string_view piece) {
    start_ += piece.substr(0, sample_size - start_.size());
    utf8_.feed(piece);
    while (!piece.empty() && sample_.size() < sample_size) {
        if (block_.empty()) { // whole blocks of ASCII are no help
            const char* other = skip_ascii(piece.data(), piece.data() + piece.size());
            piece.remove_prefix(static_cast<std::size_t>(other - piece.data()) / block_size * block_size);
        }
        std::string_view part = piece.substr(0, block_size - block_.size());
        block_ += part;
        piece.remove_prefix(part.size());
        if (block_.size() == block_size) take_block();
    }
}

void EncodingDetector::take_block() {
    const char* end = block_.data() + block_.size();
    if (skip_ascii(block_.data(), end) != end) sample_ += block_;
    block_.clear();
}

Encoding EncodingDetector::finish() {
    if (auto wide = utf16(start_)) return *wide;
    bool marked = start_.starts_with(utf8_mark);
    take_block();
    if (utf8_.complete()) {
        const bool ascii = sample_.empty();
        return {ascii ? name_of_ascii(start_) : "UTF-8", marked ? utf8_mark.size() : 0};
    }
    std::string name = marked || mostly_utf8(sample_) ? "UTF-8" : guess(sample_);
    if (name == "UTF-8") refuse_encoding(name, utf8_.offset());
    return {name, 0};
}

Encoding detect_encoding(ByteReader& file) {
    EncodingDetector detector;
    auto chunk = std::make_unique_for_overwrite<char[]>(64 << 10);
    while (std::size_t got = file.read({chunk.get(), 64 << 10})) detector.feed({chunk.get(), got});
    return detector.finish();
}

void refuse_encoding(std::string_view name, std::uint64_t offset) {
    throw BadFile("bad_encoding", "byte " + std::to_string(offset) + " is no " + std::string(name) +
                                      " text, though the file looks like it; save the file as UTF-8 again");
}

} // namespace bookshop
