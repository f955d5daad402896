// Which jobs a request speaks of: by conditions, or by number. The same words in a list's query and in the
// body of an action. Functions of their arguments; thread-safe.
#pragma once

#include "offstage/base/json.hpp"
#include "offstage/stores/job_list.hpp"
#include "offstage/web/target.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace offstage::web::jobs_api {

struct FilterBody {
    std::string state;
    std::string kind;
    std::string queue;
    std::string tag;
    std::string text; ///< found in arguments or error
};
BOOST_DESCRIBE_STRUCT(FilterBody, (), (state, kind, queue, tag, text))

/// Throws Error(invalid_argument) for a state that there is not.
stores::JobFilter to_filter(const FilterBody& body);
stores::JobFilter read_filter(const Query& query);

/// Throws Error(invalid_argument) for a parameter that is none of `known`, or that comes twice: a misspelt
/// condition that is passed over would be worse than an error.
void refuse_unknown(const Query& query, std::initializer_list<std::string_view> known = {});

/// A job's number. Throws Error(invalid_argument).
stores::JobId read_id(std::string_view text);

} // namespace offstage::web::jobs_api
