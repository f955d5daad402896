#include "apps/bookshop/serve.hpp"

#include "apps/bookshop/log.hpp"
#include "apps/bookshop/routes.hpp"
#include "apps/bookshop/upload.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/server.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace web = offstage::web;

namespace {

constexpr std::chrono::seconds imports_stop_within{5}; // they stop at their next batch
constexpr std::chrono::seconds uploads_end_within{5};  // what is not sent by then is cut

void say(const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
}

void say_open(const Options& options, const std::string& url) {
    const std::string sample = options.sample.empty() ? "FILE.csv" : options.sample;
    say("The bookshop is open at " + url + "\n" +
        (options.sample.empty() ? "" : "A sample to import:  " + options.sample + "\n") +
        "From a terminal:     curl -F books=@" + sample + " " + url + "/api/v1/upload\n" +
        "Ctrl-C closes it; what is under way goes on at the next start.\n");
}

/// "2 requests were answered, 1 import goes on at the next start".
std::string told(const web::StopReport& web, const jobs::StopReport& jobs, std::chrono::nanoseconds took) {
    const auto many = [](std::size_t n, const char* one, const char* more) {
        return std::to_string(n) + " " + (n == 1 ? one : more);
    };
    std::string text = "Closed in " + offstage::to_text(took);
    if (web.finished > 0)
        text += "; " + many(web.finished, "request was", "requests were") + " still answered";
    if (web.cut > 0) text += "; " + many(web.cut, "connection was", "connections were") + " cut";
    const auto released = static_cast<std::size_t>(jobs.released);
    if (released > 0) text += "; " + many(released, "import goes", "imports go") + " on at the next start";
    for (const std::string& name : jobs.still_running) text += "; still running: " + name;
    return text + ".\n";
}

} // namespace

int serve(const Options& options, offstage::stores::Store& store, offstage::StopSignals& signals) {
    offstage::Runtime runtime({.name = "shop", .on_error = log_task_error});
    Shop shop(store, runtime,
              {.data_dir = options.data_dir,
               .workers = options.workers,
               .max_spool = options.max_spool,
               .on_event = log_event});
    Uploads uploads(shop.intake(), shop.spool(), options.max_upload);
    web::Server server(
        shop_routes(shop, uploads),
        {.address = options.listen_address,
         .port = options.listen_port,
         .hosts = options.hostnames,
         .access = options.token_file.empty() ? web::Access() : web::Access::from_file(options.token_file),
         .on_error = log_web_error});
    server.start();
    store.announce(server.url());
    shop.start();
    say_open(options, server.url());

    signals.wait();
    const auto began = offstage::sys::steady_now();
    say("Closing…\n");
    const jobs::StopReport jobs = shop.stop(offstage::Deadline::after(began, imports_stop_within));
    const web::StopReport web = server.stop(offstage::sys::deadline_after(uploads_end_within));
    say(told(web, jobs, offstage::sys::steady_now() - began));
    if (jobs.still_running.empty()) return 0;
    // Destructors would wait for what does not stop. All that was answered is on disk: nothing is lost by
    // leaving.
    std::_Exit(1);
}

} // namespace bookshop
