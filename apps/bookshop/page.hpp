// The shop's page: the files of page/, carried in the program and served under the server's strict
// Content-Security-Policy.
#pragma once

#include "offstage/web/router.hpp"

namespace bookshop {

/// `/` and what it loads. A client that has a file already is answered 304.
void add_page_routes(offstage::web::Router& router);

} // namespace bookshop
