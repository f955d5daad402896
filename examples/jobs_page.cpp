// The jobs page and the jobs API in a program of your own. Its jobs of kind "shout" are done by worker.py.
//
//   jobs_page [PORT]        then open http://127.0.0.1:8000/offstage/; Ctrl-D ends it
#include "offstage/jobs/client.hpp"
#include "offstage/jobs/worker.hpp"
#include "offstage/stores/open.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/page/mount.hpp"
#include "offstage/web/server.hpp"

#include <cstdlib>
#include <iostream>

using namespace offstage;
using namespace std::chrono_literals;

struct Greet {
    static constexpr std::string_view kind = "greet";
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Greet, (), (name))

std::string greet(const Greet& job, jobs::Context& context) {
    context.log("looking for " + job.name);
    return "Good day, " + job.name;
}

int main(int argc, char** argv) {
    const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8000);
    const auto store = stores::open("sqlite:page.db");
    jobs::Registry kinds;
    kinds.add<Greet>(greet, {.over_http = true}); // else only this program could put them in
    kinds.add_external("shout", {.timeout = 1min, .over_http = true}, {.queue = "python", .max_attempts = 2});
    Runtime runtime;
    jobs::Worker worker{*store, kinds, runtime, {.queues = {{"default", 2}}}};

    web::Router router;
    web::mount(router, *store, kinds, {.at = "/offstage", .program = "Example"});
    web::Server server{std::move(router), {.port = port}};
    server.start();
    std::cout << server.url() << "/offstage/" << std::endl;

    for (std::string line; std::getline(std::cin, line);) {
    }
    server.stop(sys::deadline_after(5s));
}
