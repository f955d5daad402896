// What is asked over HTTP about imports; uploads have upload.hpp.
//
//   GET  /api/v1/imports                 newest first
//   GET  /api/v1/imports/{id}
//   GET  /api/v1/imports/{id}/errors     refused rows
//   GET  /api/v1/imports/{id}/errors.csv the same to mend and send back, see errors_csv.hpp
//   POST /api/v1/imports/{id}/cancel     the import as it is then
//
// Lists are pages as paging.hpp says; what is wrong with a question is {"detail": …} or {"field": […]}, as
// Django REST framework tells it. Routes may run at once; the store outlives the server.
#pragma once

#include "offstage/jobs/client.hpp"
#include "offstage/web/router.hpp"

namespace bookshop {

void add_import_routes(offstage::web::Router& router, offstage::jobs::Client& client);

} // namespace bookshop
