#include "apps/bookshop/page.hpp"

#include "apps/bookshop/sha256.hpp"
#include "bookshop_page_assets.hpp"

#include <string>
#include <string_view>

namespace bookshop {

namespace web = offstage::web;

namespace {

constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

std::string_view type_of(std::string_view name) {
    if (name.ends_with(".html")) return "text/html; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    return "image/svg+xml";
}

/// "page/app.js" is at "/app.js", the page itself at "/".
std::string path_of(std::string_view name) {
    name.remove_prefix(name.find('/'));
    return name == "/index.html" ? "/" : std::string(name);
}

std::string tag_of(std::string_view content) {
    Sha256 sha256;
    sha256.update(content);
    return '"' + sha256.finish().substr(0, 32) + '"';
}

} // namespace

void add_page_routes(web::Router& router) {
    for (const page::Asset& asset : page::assets()) {
        router.get(path_of(asset.name), [asset, tag = tag_of(asset.content)](const web::Request& request) {
            const bool known = request.headers.get("If-None-Match") == tag;
            return (known ? web::Response::empty(304)
                          : web::Response::text(200, std::string(asset.content), type_of(asset.name)))
                .with("ETag", tag)
                .with("Cache-Control", "no-cache")
                .with("Content-Security-Policy", std::string(policy));
        });
    }
}

} // namespace bookshop
