#include "offstage/web/assets.hpp"

#include "offstage/base/check.hpp"
#include "offstage/web/gzip.hpp"
#include "offstage/web/problem.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace offstage::web {

namespace {

constexpr int small = 9;

/// FNV-1a of 64 bits (Fowler, Noll, Vo): enough to tell a program's own files' versions apart.
std::string content_hash(std::string_view content) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    std::array<char, 17> text;
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
    return text.data();
}

/// True when an If-None-Match has this hash, whatever the encoding that the client has.
bool has(std::string_view known, std::string_view hash) {
    return known == "*" || known.find("\"" + std::string(hash)) != std::string_view::npos;
}

} // namespace

std::string_view media_type(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".csv", "text/csv; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".LICENSE", "text/plain; charset=utf-8"},
        {".webmanifest", "application/manifest+json"},
        {".yaml", "text/yaml; charset=utf-8"},
    };
    for (const auto& [ending, type] : types)
        if (name.ends_with(ending)) return type;
    return "application/octet-stream";
}

void Assets::add(std::string_view name, std::string_view content) {
    Entry entry{.name = name,
                .content = content,
                .type = std::string(media_type(name)),
                .hash = content_hash(content),
                .compressed = {}};
    if (is_compressible(entry.type)) entry.compressed = gzip(content, small);
    if (entry.compressed.size() >= content.size()) entry.compressed.clear();
    entries_->push_back(std::move(entry));
}

const Assets::Entry* Assets::find(std::string_view name) const {
    const auto found = std::ranges::find(*entries_, name, &Entry::name);
    return found == entries_->end() ? nullptr : &*found;
}

Response Assets::serve(const Request& request, std::string_view name) const {
    const Entry* entry = find(name);
    if (!entry) return problem(Errc::not_found, "There is no file " + std::string(name.substr(0, 200)));
    const bool compressed = !entry->compressed.empty() && accepts_gzip(request.headers);
    Response response =
        has(request.headers.get("If-None-Match").value_or(""), entry->hash)
            ? Response::empty(304)
            : Response::text(200, std::string(compressed ? entry->compressed : entry->content), entry->type);
    if (compressed && response.status == 200) response.headers.set("Content-Encoding", "gzip");
    if (!entry->compressed.empty()) response.headers.set("Vary", "Accept-Encoding");
    response.headers.set("ETag", "\"" + entry->hash + (compressed ? "-gzip\"" : "\""));
    response.headers.set("Cache-Control", "no-cache"); // to be asked for each time, not to be forgotten
    return response;
}

Handler Assets::file(std::string name) const {
    OFFSTAGE_CHECK(find(name), "a route serves a file that the program does not have");
    return [assets = *this, name = std::move(name)](const Request& request) {
        return assets.serve(request, name);
    };
}

Handler Assets::files(std::string parameter) const {
    return [assets = *this, parameter = std::move(parameter)](const Request& request) {
        return assets.serve(request, request.param(parameter));
    };
}

} // namespace offstage::web
