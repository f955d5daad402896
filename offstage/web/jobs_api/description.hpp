// For tests: openapi.json read, and answers held against it.
//
// Knows of JSON Schema what that file uses: $ref, type (one or several), properties, required,
// additionalProperties, items, enum, anyOf. One thread.
#pragma once

#include "offstage/web/response.hpp"

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace offstage::web::jobs_api {

class Description {
public:
    explicit Description(std::string_view json);

    const boost::json::object& paths() const;
    /// The operation of a method and pattern; null where there is none.
    const boost::json::object* operation(std::string_view method, std::string_view pattern) const;
    /// What is wrong with an answer, by its status, type and body; nothing where all is as described.
    std::optional<std::string> fault(const boost::json::object& operation, const Response& response,
                                     std::string_view body) const;

private:
    std::optional<std::string> misfit(const boost::json::value& schema, const boost::json::value& value,
                                      const std::string& path) const;
    const boost::json::value& resolve(const boost::json::value& schema) const;

    boost::json::value json_;
};

} // namespace offstage::web::jobs_api
