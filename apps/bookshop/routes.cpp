#include "apps/bookshop/routes.hpp"

#include "apps/bookshop/api.hpp"
#include "apps/bookshop/book_api.hpp"
#include "apps/bookshop/bulk.hpp"
#include "apps/bookshop/page.hpp"
#include "offstage/web/page/mount.hpp"

namespace bookshop {

offstage::web::Router shop_routes(Shop& shop, Uploads& uploads) {
    offstage::web::Router router;
    uploads.add_routes(router);
    add_import_routes(router, shop.client());
    add_book_routes(router, shop.store(), shop.lists());
    add_bulk_routes(router, shop.client(), shop.lists());
    add_page_routes(router);
    offstage::web::mount(router, shop.store(), shop.kinds(), {.program = "Bookshop", .home = "/"});
    return router;
}

} // namespace bookshop
