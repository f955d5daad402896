// What can be done to jobs: to one, to several, to all that a filter finds.
//
// By a filter, one request looks at no more than 1,000 jobs and says where to go on ("next"), so that none
// takes long and whoever asked can stop or show how far it is.
#include "offstage/web/jobs_api/filter.hpp"
#include "offstage/web/jobs_api/job_json.hpp"
#include "offstage/web/jobs_api/parts.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace offstage::web::jobs_api {
namespace {

using stores::CancelResult;
using stores::ChangeResult;
using stores::JobId;

/// What came of one job, of whichever action.
enum class Result : std::uint8_t { changed, requested, refused, not_found, kept };

Result result(ChangeResult of) {
    switch (of) {
    case ChangeResult::changed:
        return Result::changed;
    case ChangeResult::refused:
        return Result::refused;
    case ChangeResult::not_found:
        break;
    }
    return Result::not_found;
}

Result result(CancelResult of) {
    switch (of) {
    case CancelResult::cancelled:
        return Result::changed;
    case CancelResult::requested:
        return Result::requested;
    case CancelResult::ended:
        return Result::refused;
    case CancelResult::not_found:
        break;
    }
    return Result::not_found;
}

template <class T>
std::vector<Result> results(const std::vector<T>& of) {
    std::vector<Result> all;
    for (const T one : of) all.push_back(result(one));
    return all;
}

constexpr std::size_t max_ids = 1000;
constexpr std::size_t looked_at_once = 20; // whole records, of up to 4 MiB each
constexpr std::string_view why_cancelled = "cancelled by request";

/// One of the things that can be done. Results stand in the order of the ids.
struct Action {
    std::string_view name;
    std::string_view refusal; ///< completes "Job 7 ..."
    std::vector<Result> (*run)(Parts&, std::span<const JobId>);
};

/// Deletes those that no program looks up. A job's kind never changes, so looking first is safe.
std::vector<Result> remove(Parts& parts, std::span<const JobId> ids) {
    stores::validate(ids);
    std::set<JobId> kept;
    for (auto rest = ids; !rest.empty(); rest = rest.subspan(std::min(rest.size(), looked_at_once)))
        for (const auto& job : parts.store.find(rest.first(std::min(rest.size(), looked_at_once))))
            if (is_kept(job.kind, parts.registry)) kept.insert(job.id);
    std::vector<JobId> others;
    std::ranges::copy_if(ids, std::back_inserter(others), [&](JobId id) { return !kept.contains(id); });
    const auto changed = others.empty() ? std::vector<ChangeResult>() : parts.store.remove(others);
    std::vector<Result> all;
    auto next = changed.begin();
    for (const JobId id : ids) all.push_back(kept.contains(id) ? Result::kept : result(*next++));
    return all;
}

constexpr Action actions[] = {
    {"cancel", "has ended already",
     [](Parts& parts, std::span<const JobId> ids) {
         return results(parts.store.cancel(ids, why_cancelled, parts.registry.longest_keep_failed()));
     }},
    {"retry", "has not ended, or another job holds its unique key",
     [](Parts& parts, std::span<const JobId> ids) { return results(parts.store.retry(ids)); }},
    {"run", "is not scheduled",
     [](Parts& parts, std::span<const JobId> ids) { return results(parts.store.run_now(ids)); }},
    {"delete", "is running; cancel it first", remove},
};

struct ActionBody {
    std::optional<std::vector<std::int64_t>> ids;
    std::optional<boost::json::value> filter;
    std::int64_t before = 0;
};
BOOST_DESCRIBE_STRUCT(ActionBody, (), (ids, filter, before))

struct OneChangedView {
    std::int64_t id = 0;
    std::string result;
};
BOOST_DESCRIBE_STRUCT(OneChangedView, (), (id, result))

struct ManyChangedView {
    std::int64_t changed = 0;
    std::int64_t requested = 0; ///< running jobs that were asked to end
    std::int64_t refused = 0;   ///< whose state does not allow it, or which are kept
    std::int64_t not_found = 0;
    std::optional<std::int64_t> next; ///< by a filter: go on before this job; null: that was all
};
BOOST_DESCRIBE_STRUCT(ManyChangedView, (), (changed, requested, refused, not_found, next))

Response act_on_one(Parts& parts, const Action& action, const Request& request) {
    const JobId id = read_id(request.param("id"));
    const std::string job = "Job " + std::to_string(id.value) + " ";
    switch (action.run(parts, {&id, 1}).front()) {
    case Result::changed:
        return json_response(200, OneChangedView{id.value, "changed"});
    case Result::requested:
        return json_response(202, OneChangedView{id.value, "requested"});
    case Result::refused:
        throw Error(Errc::conflict, job + std::string(action.refusal));
    case Result::kept:
        throw Error(Errc::conflict, job + "is kept: its program looks it up (kind " +
                                        parts.store.find(id).value().kind + ")");
    case Result::not_found:
        break;
    }
    throw Error(Errc::not_found, job + "is not there");
}

/// The jobs that a body names, and where a filter's next ones are.
std::vector<JobId> named_jobs(Parts& parts, const ActionBody& body, std::optional<std::int64_t>& next) {
    if (body.ids.has_value() == body.filter.has_value())
        throw Error(Errc::invalid_argument, "Name the jobs by \"ids\" or by a \"filter\"");
    std::vector<JobId> ids;
    if (body.ids) {
        if (body.ids->size() > max_ids)
            throw Error(Errc::too_large,
                        "At most 1,000 ids are taken at once, not " + std::to_string(body.ids->size()));
        for (const std::int64_t id : *body.ids) ids.push_back({id});
        return ids;
    }
    const auto conditions = read_object<FilterBody>(*body.filter);
    stores::JobFilter filter = to_filter(conditions);
    if (!filter.state && filter.kind.empty() && filter.queue.empty() && filter.tag.empty() &&
        filter.text.empty())
        throw Error(Errc::invalid_argument,
                    "A \"filter\" should have a condition, so that not all jobs are meant by mistake");
    filter.before = {body.before};
    filter.limit = max_ids;
    filter.payload_bytes = 0;
    const stores::JobPage page = parts.store.list(filter);
    for (const auto& job : page.jobs) ids.push_back(job.id);
    if (page.next) next = page.next->value;
    return ids;
}

Response act_on_many(Parts& parts, const Action& action, const Request& request) {
    ManyChangedView view;
    const std::vector<JobId> ids = named_jobs(parts, read_body<ActionBody>(request), view.next);
    if (!ids.empty())
        for (const Result one : action.run(parts, ids)) {
            std::int64_t* const counts[] = {&view.changed, &view.requested, &view.refused, &view.not_found,
                                            &view.refused};
            ++*counts[static_cast<std::size_t>(one)];
        }
    return json_response(200, view);
}

} // namespace

void add_action_routes(Router& router, const std::shared_ptr<Parts>& parts) {
    for (const Action& action : actions) {
        const std::string name(action.name);
        router.post("/v1/jobs/{id}/" + name,
                    [parts, &action](const Request& request) { return act_on_one(*parts, action, request); });
        router.post("/v1/jobs/" + name, [parts, &action](const Request& request) {
            return act_on_many(*parts, action, request);
        });
    }
}

} // namespace offstage::web::jobs_api
