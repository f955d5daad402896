#include "apps/bookshop/page.hpp"

#include "bookshop_page_assets.hpp"
#include "offstage/web/assets.hpp"

#include <string>
#include <string_view>

namespace bookshop {

namespace web = offstage::web;

void add_page_routes(web::Router& router) {
    const web::Assets files(page::assets());
    for (const page::Asset& asset : page::assets()) {
        const std::string_view path =
            asset.name.substr(asset.name.find('/')); // "page/app.js" is at "/app.js"
        router.get(path == "/index.html" ? "/" : std::string(path), files.file(std::string(asset.name)));
    }
}

} // namespace bookshop
