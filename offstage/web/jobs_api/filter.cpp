#include "offstage/web/jobs_api/filter.hpp"

#include "offstage/base/error.hpp"

#include <algorithm>
#include <charconv>

namespace offstage::web::jobs_api {

stores::JobFilter to_filter(const FilterBody& body) {
    stores::JobFilter filter{.queue = body.queue, .kind = body.kind, .tag = body.tag, .text = body.text};
    if (!body.state.empty()) {
        filter.state = stores::parse_job_state(body.state);
        if (!filter.state)
            throw Error(Errc::invalid_argument,
                        "state should be one of scheduled, ready, running, waiting, done, failed, cancelled");
    }
    if (body.text.size() > 200) throw Error(Errc::invalid_argument, "text should have at most 200 bytes");
    return filter;
}

stores::JobFilter read_filter(const Query& query) {
    const auto given = [&](std::string_view name) { return std::string(query.get(name).value_or("")); };
    return to_filter({given("state"), given("kind"), given("queue"), given("tag"), given("text")});
}

void refuse_unknown(const Query& query, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : query) {
        const std::string shown = "\"" + name.substr(0, 40) + "\"";
        if (std::ranges::find(known, name) == known.end())
            throw Error(Errc::invalid_argument, "There is no parameter " + shown + " here");
        if (query.all(name).size() > 1)
            throw Error(Errc::invalid_argument, "The parameter " + shown + " comes more than once");
    }
}

stores::JobId read_id(std::string_view text) {
    stores::JobId id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (error != std::errc() || end != text.data() + text.size() || id.value <= 0)
        throw Error(Errc::invalid_argument,
                    "A job is named by its number, not by \"" + std::string(text.substr(0, 40)) + "\"");
    return id;
}

} // namespace offstage::web::jobs_api
