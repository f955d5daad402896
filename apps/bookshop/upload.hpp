// The way in: a file over HTTP, streamed into the spool and answered when file and job are on disk.
//
//   POST /api/v1/upload           multipart/form-data, the file in the field `books`
//                                 application/json {"message": "healthcheck"}: {"response": "It works!"}
//   PUT  /api/v1/upload/{name}    the raw file                                        both: ?again=1
//                                                                                  and ?sheet=NAME of XLSX
//
//   201 {"response": "Upload Initiated, Check Book Table", "import": {…}, "job": {…}}, Location: the import,
//       which is a new one, or one of the same content that failed or was cancelled and goes on
//   200 the same content came within the hour: the first import, "Already Uploaded, Check Book Table"
//   4xx, 503, 507 {"response": sentence, "code": code}: bad_file.hpp, refusal.hpp and below
//
//   no_file         no field `books` with a file in it
//   several_files   more than one
//   bad_form        the form cannot be read
//   too_large       more than max_bytes: 413, before the body is read where its length is told
//   busy            other workbooks are looked into, and this one's turn did not come: 503, Retry-After
//   spool_full, disk_full
//
// Routes of one Uploads may run at once; it outlives the server.
#pragma once

#include "apps/bookshop/intake.hpp"
#include "apps/bookshop/spool.hpp"
#include "offstage/web/router.hpp"

#include <cstdint>

namespace bookshop {

class Uploads {
public:
    Uploads(Intake& intake, Spool& spool, std::uint64_t max_bytes)
        : intake_(intake), spool_(spool), max_bytes_(max_bytes) {}

    void add_routes(offstage::web::Router& router);

private:
    offstage::web::Intake post(const offstage::web::Request& head);
    offstage::web::Intake put(const offstage::web::Request& head);

    Intake& intake_;
    Spool& spool_;
    const std::uint64_t max_bytes_;
};

} // namespace bookshop
