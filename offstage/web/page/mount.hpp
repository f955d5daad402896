// The jobs page and the jobs API (jobs_api/api.hpp), mounted into a program's own server.
//
//   web::Router router;
//   web::mount(router, *store, kinds, {.at = "/offstage"});
//   web::Server server(std::move(router));
//
// Below the mount point: the page, the files that it loads, which are part of the program, and the API under
// v1/. The page speaks to the API beside it and to nothing else; its Content-Security-Policy is strict. Who
// may do what is the server's to say (access.hpp): each route has a role, looking takes `read`, enqueueing
// and leasing `work`, the rest `admin`.
#pragma once

#include "offstage/web/jobs_api/api.hpp"

#include <string>

namespace offstage::web {

struct MountOptions {
    std::string at = "/offstage"; ///< where; "/" is possible
    std::string program = {};     ///< the program's name, for the page's title; empty: none
    std::string home = {};        ///< the address of the program's own page, linked from ours; empty: none
    JobsApiOptions api = {};
};

/// Throws what the store does.
/// REQUIRES: `at` begins with "/" and nothing else is there; `store` and `registry` outlive the router.
void mount(Router& router, stores::Store& store, const jobs::Registry& registry, MountOptions options = {});

} // namespace offstage::web
