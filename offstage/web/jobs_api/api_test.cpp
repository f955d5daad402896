#include "offstage/web/jobs_api/api_test.hpp"

#include "offstage/sync/event.hpp"

#include <cctype>

namespace offstage::web::jobs_api {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

} // namespace

JobsApi::JobsApi()
    : store(stores::open_sqlite(folder.file("jobs.db"), {.clock = [this] { return clock.now(); }})) {
    registry.add<Mail>([](const Mail&, jobs::Context&) {},
                       {.timeout = std::chrono::minutes(1), .over_http = true});
    registry.add<Secret>([](const Secret&, jobs::Context&) {});
    registry.add<Record>([](const Record&, jobs::Context&) {}, {.keep_done = std::nullopt});
    registry.add_external("resize",
                          {.timeout = std::chrono::minutes(1),
                           .backoff = jobs::constant(std::chrono::seconds(10)),
                           .over_http = true},
                          {.queue = "images", .max_attempts = 2});
    parts = std::make_shared<Parts>(
        *store, registry,
        JobsApiOptions{.on_error = [this](std::exception_ptr error) { errors.push_back(error); }});
    router = routes(parts);
    description.emplace(router.handle(Request::make(Method::get, "/v1/openapi.json")).text());
}

Told JobsApi::ask(Method method, std::string_view target, std::string body, HeaderList headers) {
    Request request = Request::make(method, target, std::move(body), "application/json");
    for (const auto& [name, value] : headers) request.headers.set(std::string(name), std::string(value));
    Request head = request;
    const auto resolved = router.resolve(head);
    Response response = router.handle(request);
    Told told;
    if (const auto* const* route = std::get_if<const Route*>(&resolved)) {
        told.operation = description->operation(lower(to_string(method)), (*route)->pattern);
        EXPECT_TRUE(told.operation) << (*route)->pattern << " is not described";
    }
    take_apart(told, response);
    return told;
}

/// Takes an answer apart and holds it against its description.
void JobsApi::take_apart(Told& told, const Response& response) {
    told.status = response.status;
    told.headers = response.headers;
    told.body = response.text();
    if (const auto* stream = std::get_if<std::shared_ptr<BodyStream>>(&response.body)) told.stream = *stream;
    if (const auto* later = std::get_if<std::shared_ptr<Deferred>>(&response.body)) told.later = *later;
    if (told.stream || told.later) return;
    if (response.headers.get("Content-Type").value_or("").find("json") != std::string_view::npos)
        told.json = boost::json::parse(told.body);
    if (told.operation)
        if (const auto fault = description->fault(*told.operation, response, told.body))
            ADD_FAILURE() << *fault << "\n" << told.body;
}

Told JobsApi::come(const Told& waited) {
    Told told;
    told.operation = waited.operation;
    EXPECT_TRUE(waited.later);
    auto answer = waited.later ? waited.later->end() : std::nullopt;
    EXPECT_TRUE(answer) << "nothing has come";
    if (answer) take_apart(told, *answer);
    return told;
}

std::int64_t JobsApi::enqueue(std::string_view more) {
    const Told told = post("/v1/jobs", R"({"kind":"mail","args":{"to":"ada"})" + std::string(more) + "}");
    EXPECT_EQ(told.status, 201) << told.body;
    return told.id();
}

std::vector<stores::ClaimedJob> JobsApi::claim(std::string queue, int max) {
    const stores::WorkerId worker = store->add_worker("test");
    Event came;
    std::vector<stores::ClaimedJob> jobs;
    store->claim({.worker = worker, .shares = {{std::move(queue), max}}},
                 [&](std::vector<stores::ClaimedJob> given, const std::exception_ptr&) {
                     jobs = std::move(given);
                     came.set();
                 });
    came.wait();
    return jobs;
}

void JobsApi::acknowledge(stores::Outcome outcome) {
    Event done;
    store->acknowledge({std::move(outcome)}, [&](const auto& refused, const std::exception_ptr&) {
        EXPECT_TRUE(refused.empty());
        done.set();
    });
    done.wait();
}

std::string JobsApi::state(std::int64_t id) {
    const auto job = store->find(stores::JobId{id});
    return job ? std::string(stores::to_string(job->state)) : "none";
}

void JobsApi::advance(std::chrono::microseconds by) {
    clock.advance(by);
    for (int i = 0; i < 2; ++i) store->transact([](stores::Transaction&) {}); // the store looks at its clock
}

TEST_F(JobsApi, EveryRouteIsDescribedWithItsRoleAndEveryDescriptionHasItsRoute) {
    constexpr std::string_view roles[] = {"anyone", "read", "work", "admin"};
    std::size_t described = 0;
    for (const auto& [path, operations] : description->paths()) described += operations.as_object().size();
    EXPECT_EQ(router.routes().size(), described);
    for (const Route* const route : router.routes()) {
        const auto* operation = description->operation(lower(to_string(route->method)), route->pattern);
        ASSERT_TRUE(operation) << to_string(route->method) << " " << route->pattern;
        EXPECT_EQ(operation->at("x-role").as_string(), roles[static_cast<std::size_t>(route->role())])
            << route->pattern;
    }
}

TEST_F(JobsApi, TheDescriptionIsGivenOut) {
    const Told told = get("/v1/openapi.json");
    EXPECT_EQ(told.status, 200);
    EXPECT_EQ(told.json.at("openapi").as_string(), "3.1.0");
}

TEST_F(JobsApi, TheWholeApiHasAThreadThatEndsWithItsRouter) {
    Router whole = make_jobs_api(*store, registry, {.sample_every = std::chrono::milliseconds(1)});
    EXPECT_EQ(whole.handle(Request::make(Method::get, "/healthz")).status, 200);
}

} // namespace offstage::web::jobs_api
