#include "offstage/web/page/mount.hpp"

#include "offstage/base/json.hpp"
#include "offstage/web/assets.hpp"

#include "offstage_web_page_assets.hpp"

#include <string_view>
#include <utility>

namespace offstage::web {
namespace {

/// What the page is told of the program that it is part of, and of who looks.
struct ProgramView {
    std::string program;
    std::string home;
    std::string user; ///< who has logged in; empty where nobody needs to
    std::string role; ///< what they may do: read, work or admin
};
BOOST_DESCRIBE_STRUCT(ProgramView, (), (program, home, user, role))

/// The page loads what is beside it: its address has to end in "/".
Response index(const Assets& files, const Request& request) {
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
    if (!path.ends_with('/')) return Response::redirect(std::string(path.substr(path.rfind('/') + 1)) + "/");
    return files.serve(request, "index.html");
}

} // namespace

void mount(Router& router, stores::Store& store, const jobs::Registry& registry, MountOptions options) {
    Router all = make_jobs_api(store, registry, std::move(options.api));
    const Assets files(page::assets());
    for (const page::Asset& asset : page::assets())
        if (asset.name != "index.html")
            all.get("/" + std::string(asset.name), files.file(std::string(asset.name)));
    all.get("/", [files](const Request& request) { return index(files, request); });
    all.get("/program.json", [program = options.program, home = options.home](const Request& request) {
        const ProgramView view{program, home, request.user, std::string(to_string(request.role))};
        return Response::json(200, to_json(view));
    });
    router.mount(options.at, std::move(all));
}

} // namespace offstage::web
