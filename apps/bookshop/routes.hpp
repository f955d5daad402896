// All that the shop answers over HTTP, put together.
#pragma once

#include "apps/bookshop/shop.hpp"
#include "apps/bookshop/upload.hpp"
#include "offstage/web/router.hpp"

namespace bookshop {

/// Shop and uploads outlive the router.
offstage::web::Router shop_routes(Shop& shop, Uploads& uploads);

} // namespace bookshop
