#include "offstage/web/gzip.hpp"

#include "offstage/base/check.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <zlib.h>

namespace offstage::web {

namespace {

constexpr std::size_t worth_it = 1400; // what fits one packet goes no faster when smaller
constexpr int quick = 1;
constexpr int gzip_format = 15 + 16; // window bits, plus 16 for gzip's header (zlib.h, deflateInit2)

} // namespace

std::string gzip(std::string_view text, int level) {
    z_stream stream{};
    OFFSTAGE_CHECK(deflateInit2(&stream, level, Z_DEFLATED, gzip_format, 8, Z_DEFAULT_STRATEGY) == Z_OK,
                   "zlib refused its settings");
    std::string result(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // zlib does not write there
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.data());
    stream.avail_out = static_cast<uInt>(result.size());
    const int ended = deflate(&stream, Z_FINISH);
    result.resize(stream.total_out);
    deflateEnd(&stream);
    OFFSTAGE_CHECK(ended == Z_STREAM_END, "zlib did not finish within its own bound");
    return result;
}

bool accepts_gzip(const Headers& headers) {
    std::string_view rest = headers.get("Accept-Encoding").value_or("");
    bool others = false; // what "*" says of each coding that is not named (RFC 9110, 12.5.3)
    while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        const HeaderValue coding = parse_header_value(item);
        if (coding.type != "gzip" && coding.type != "*") continue;
        const std::string quality(coding.parameter("q").value_or("1"));
        const bool taken = std::strtod(quality.c_str(), nullptr) > 0;
        if (coding.type == "gzip") return taken;
        others = taken;
    }
    return others;
}

bool is_compressible(std::string_view type) {
    const std::string plain = parse_header_value(type).type;
    return plain.starts_with("text/") || plain.ends_with("json") || plain.ends_with("javascript") ||
           plain.ends_with("xml");
}

void compress(const Request& request, Response& response) {
    auto* text = std::get_if<std::string>(&response.body);
    if (!text || text->size() < worth_it || response.headers.contains("Content-Encoding")) return;
    if (!is_compressible(response.headers.get("Content-Type").value_or(""))) return;
    const auto is_said = [](const Headers::Field& field) {
        return same_name(field.name, "Vary") && same_name(field.value, "Accept-Encoding");
    };
    if (std::ranges::none_of(response.headers, is_said)) response.headers.add("Vary", "Accept-Encoding");
    if (!accepts_gzip(request.headers)) return;
    std::string smaller = gzip(*text, quick);
    if (smaller.size() >= text->size()) return;
    *text = std::move(smaller);
    response.headers.set("Content-Encoding", "gzip");
}

} // namespace offstage::web
