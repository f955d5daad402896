#include "offstage/web/jobs_api/description.hpp"

#include <algorithm>

namespace offstage::web::jobs_api {
namespace {

namespace bj = boost::json;

bool is_of_type(const bj::value& value, std::string_view type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_bool();
    return type == "null" && value.is_null();
}

bool is_of_types(const bj::value& value, const bj::value& types) {
    if (types.is_string()) return is_of_type(value, types.get_string());
    return std::ranges::any_of(types.get_array(),
                               [&](const bj::value& type) { return is_of_type(value, type.get_string()); });
}

} // namespace

Description::Description(std::string_view json)
    : json_(bj::parse(bj::string_view(json.data(), json.size()))) {}

const bj::object& Description::paths() const {
    return json_.at("paths").as_object();
}

const bj::object* Description::operation(std::string_view method, std::string_view pattern) const {
    const bj::value* const path = paths().if_contains(pattern);
    if (!path) return nullptr;
    const bj::value* const found = path->as_object().if_contains(method);
    return found ? &found->as_object() : nullptr;
}

std::optional<std::string> Description::fault(const bj::object& operation, const Response& response,
                                              std::string_view body) const {
    const std::string status = std::to_string(response.status);
    const bj::value* const described = operation.at("responses").as_object().if_contains(status);
    if (!described) return "status " + status + " is not described";
    const bj::value* const content = described->as_object().if_contains("content");
    if (!content)
        return body.empty() ? std::nullopt : std::optional<std::string>(status + " should have no body");
    const auto& [type, media] = *content->as_object().begin();
    const std::string_view wanted(type.data(), type.size());
    const auto given = response.headers.get("Content-Type");
    if (!given || !given->starts_with(wanted))
        return status + " is of type " + std::string(given.value_or("none"));
    if (!wanted.ends_with("json")) return std::nullopt;
    return misfit(media.at("schema"), bj::parse(bj::string_view(body.data(), body.size())), "$");
}

const bj::value& Description::resolve(const bj::value& schema) const {
    const bj::value* const ref = schema.as_object().if_contains("$ref");
    if (!ref) return schema; // NOLINT(bugprone-return-const-ref-from-parameter): a part of json_
    const std::string name(ref->as_string().subview(std::string_view("#/components/schemas/").size()));
    return json_.at("components").at("schemas").at(name);
}

std::optional<std::string> Description::misfit(const bj::value& unresolved, const bj::value& value,
                                               const std::string& path) const {
    const bj::object& schema = resolve(unresolved).as_object();
    if (const auto* any = schema.if_contains("anyOf")) {
        std::string why;
        for (const bj::value& one : any->as_array()) {
            const auto wrong = misfit(one, value, path);
            if (!wrong) return std::nullopt;
            why += (why.empty() ? "" : "; or ") + *wrong;
        }
        return why;
    }
    if (const auto* type = schema.if_contains("type"))
        if (!is_of_types(value, *type))
            return path + " is " + bj::serialize(value) + ", not " + bj::serialize(*type);
    if (const auto* words = schema.if_contains("enum"))
        if (std::ranges::find(words->as_array(), value) == words->as_array().end())
            return path + " is " + bj::serialize(value) + ", none of " + bj::serialize(*words);
    if (const auto* items = schema.if_contains("items"); items && value.is_array())
        for (std::size_t i = 0; i < value.get_array().size(); ++i)
            if (auto wrong = misfit(*items, value.get_array()[i], path + "[" + std::to_string(i) + "]"))
                return wrong;
    const auto* properties = schema.if_contains("properties");
    if (!properties || !value.is_object()) return std::nullopt;
    for (const bj::value& name : schema.at("required").as_array())
        if (!value.get_object().contains(name.get_string())) return path + " has no " + bj::serialize(name);
    for (const auto& [name, field] : value.get_object()) {
        const bj::value* const known = properties->as_object().if_contains(name);
        if (!known) return path + " has \"" + std::string(name) + "\", which is not described";
        if (auto wrong = misfit(*known, field, path + "." + std::string(name))) return wrong;
    }
    return std::nullopt;
}

} // namespace offstage::web::jobs_api
