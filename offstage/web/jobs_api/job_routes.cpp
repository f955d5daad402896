// Jobs: put in, listed, shown, waited for.
#include "offstage/sys/clock.hpp"
#include "offstage/web/jobs_api/filter.hpp"
#include "offstage/web/jobs_api/job_json.hpp"
#include "offstage/web/jobs_api/parts.hpp"
#include "offstage/web/problem.hpp"

#include <algorithm>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

namespace offstage::web::jobs_api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_new_jobs = 1000;
constexpr std::size_t max_enqueue_body = std::size_t{8} << 20;
constexpr auto idempotency_period = 24h;
constexpr auto max_wait = 60s;

struct EnqueuedView {
    std::int64_t id = 0;
    bool existed = false;
};
BOOST_DESCRIBE_STRUCT(EnqueuedView, (), (id, existed))

struct EnqueuedManyView {
    std::vector<EnqueuedView> jobs;
};
BOOST_DESCRIBE_STRUCT(EnqueuedManyView, (), (jobs))

struct JobListView {
    std::vector<JobSummary> jobs;
    std::optional<std::int64_t> next;
};
BOOST_DESCRIBE_STRUCT(JobListView, (), (jobs, next))

struct ManyBody {
    std::vector<boost::json::value> jobs;
};
BOOST_DESCRIBE_STRUCT(ManyBody, (), (jobs))

bool is_many(const boost::json::value& body) {
    return body.is_object() && body.get_object().contains("jobs");
}

std::vector<NewJobBody> read_jobs(const boost::json::value& body) {
    if (!is_many(body)) return {read_object<NewJobBody>(body)};
    const auto many = read_object<ManyBody>(body);
    if (many.jobs.empty()) throw Error(Errc::invalid_argument, "\"jobs\" is an empty list");
    if (many.jobs.size() > max_new_jobs)
        throw Error(Errc::too_large,
                    "At most 1,000 jobs are taken at once, not " + std::to_string(many.jobs.size()));
    std::vector<NewJobBody> jobs;
    for (const auto& job : many.jobs) jobs.push_back(read_object<NewJobBody>(job));
    return jobs;
}

/// The same key gives the same jobs of these kinds for a day, whatever became of them.
void make_idempotent(std::vector<stores::NewJob>& jobs, std::string_view key) {
    if (key.empty() || key.size() > 255)
        throw Error(Errc::invalid_argument, "Idempotency-Key should have 1 to 255 characters");
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (jobs[i].unique)
            throw Error(Errc::invalid_argument, "Give Idempotency-Key or \"unique\", not both");
        jobs[i].unique = stores::Unique{.key = "idempotency:" + std::string(key) + "#" + std::to_string(i),
                                        .whatever_became = true,
                                        .period = idempotency_period};
    }
}

/// A job that an Idempotency-Key names already, and that is another than the one that is asked for.
struct KeyReused {
    stores::JobId id;
};

/// All of them or none. Throws KeyReused.
std::vector<stores::Enqueued> enqueue_once(stores::Store& store, std::span<const stores::NewJob> jobs,
                                           const std::stop_token& stop) {
    std::vector<stores::Enqueued> enqueued;
    store.transact(
        [&](stores::Transaction& tx) {
            enqueued = tx.enqueue(jobs);
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                if (!enqueued[i].existed) continue;
                const auto first = tx.find(enqueued[i].id);
                if (first &&
                    (first->queue != jobs[i].queue || kept_json(first->args) != kept_json(jobs[i].args)))
                    throw KeyReused{enqueued[i].id};
            }
        },
        stop);
    return enqueued;
}

Response enqueue(Parts& parts, const Request& request) {
    const boost::json::value body = json_of(request);
    std::vector<stores::NewJob> jobs;
    for (const NewJobBody& job : read_jobs(body)) {
        const std::string where = is_many(body) ? "job " + std::to_string(jobs.size()) + ": " : "";
        const jobs::Kind* const kind = parts.registry.find(job.kind);
        if (kind && !kind->options.over_http)
            return problem(403, "kind_not_open",
                           where + "Kind \"" + job.kind +
                               "\" is not open to HTTP: its registration does not say over_http");
        jobs.push_back(new_job(job, parts.registry, where));
    }
    const auto key = request.headers.get("Idempotency-Key");
    if (key) make_idempotent(jobs, *key);

    std::vector<stores::Enqueued> enqueued;
    try {
        enqueued =
            key ? enqueue_once(parts.store, jobs, request.stop) : parts.store.enqueue(jobs, request.stop);
    } catch (const KeyReused& reused) {
        return problem(422, "idempotency_key_reused",
                       "This Idempotency-Key was used for job " + std::to_string(reused.id.value) +
                           ", which has another queue or other arguments; nothing was put in");
    }
    EnqueuedManyView view;
    bool any_new = false;
    for (std::size_t i = 0; i < enqueued.size(); ++i) {
        view.jobs.push_back({enqueued[i].id.value, enqueued[i].existed});
        any_new |= !enqueued[i].existed;
    }
    const int status = any_new ? 201 : 200;
    if (is_many(body)) return json_response(status, view);
    return json_response(status, view.jobs.front())
        .with("Location", request.path + "/" + std::to_string(view.jobs.front().id));
}

Response list(Parts& parts, const Request& request) {
    refuse_unknown(request.query, {"state", "kind", "queue", "tag", "text", "before", "limit"});
    stores::JobFilter filter = read_filter(request.query);
    filter.before = {request.query.number("before", 0, 0, std::numeric_limits<std::int64_t>::max())};
    filter.limit = static_cast<int>(request.query.number("limit", 50, 1, 500));
    filter.payload_bytes = preview_bytes + 4; // a character more, so that a cut shows
    const stores::JobPage page = parts.store.list(filter);
    JobListView view;
    view.jobs.reserve(page.jobs.size());
    for (const auto& job : page.jobs) view.jobs.push_back(summary(job, parts.registry));
    if (page.next) view.next = page.next->value;
    return json_response(200, view);
}

Response show(Parts& parts, const Request& request) {
    refuse_unknown(request.query, {"wait"});
    const stores::JobId id = read_id(request.param("id"));
    const auto wait = request.query.get("wait");
    const auto most = wait ? read_duration("wait", *wait, max_wait) : 0ms;
    const auto job = parts.store.find(id);
    if (!job) throw Error(Errc::not_found, "There is no job " + std::to_string(id.value));
    if (most > 0ms && !stores::has_ended(job->state))
        return Response::deferred(parts.waits.wait(id, sys::steady_now() + most));
    return json_response(200, view(*job, parts.store.notes(id), parts.registry));
}

} // namespace

void add_job_routes(Router& router, const std::shared_ptr<Parts>& parts) {
    router.post("/v1/jobs", [parts](const Request& request) { return enqueue(*parts, request); },
                {.max_body = max_enqueue_body, .role = Role::work});
    router.get("/v1/jobs", [parts](const Request& request) { return list(*parts, request); });
    router.get("/v1/jobs/{id}", [parts](const Request& request) { return show(*parts, request); });
}

} // namespace offstage::web::jobs_api
