#include "offstage/web/same_origin.hpp"

#include "offstage/web/problem.hpp"

#include <algorithm>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace offstage::web {

namespace {

bool is_address(const std::string& name) {
    in6_addr address{};
    return ::inet_pton(AF_INET, name.c_str(), &address) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), &address) == 1;
}

bool is_loopback(const std::string& name) {
    if (name == "localhost" || name.ends_with(".localhost") || name == "::1") return true;
    return name.starts_with("127.") && is_address(name);
}

bool is_ours(const OriginPolicy& policy, const std::string& host) {
    if (is_loopback(host) || (policy.any_address && is_address(host))) return true;
    return std::ranges::any_of(policy.hosts, [&](const std::string& name) { return same_name(name, host); });
}

bool changes_nothing(Method method) {
    return method == Method::get || method == Method::head || method == Method::options;
}

/// True when the page that sent this is one of ours, or no page sent it.
bool from_our_pages(const OriginPolicy& policy, const Request& head) {
    const auto origin = head.headers.get("Origin");
    if (origin &&
        std::ranges::any_of(policy.origins, [&](const auto& each) { return same_name(each, *origin); }))
        return true;
    if (const auto site = head.headers.get("Sec-Fetch-Site"))
        return *site == "same-origin" || *site == "none";
    if (!origin) return true;
    // The scheme may be a proxy's, so what is compared is host and port.
    const auto scheme = origin->find("://");
    const auto host = head.headers.get("Host").value_or("");
    return scheme != std::string_view::npos && same_name(origin->substr(scheme + 3), host);
}

} // namespace

std::string host_name(std::string_view authority) {
    std::string_view name = authority;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return {};
        name = authority.substr(1, end - 1);
        authority.remove_prefix(end + 1);
    } else {
        name = authority.substr(0, authority.find(':'));
        authority.remove_prefix(name.size());
    }
    const bool port =
        authority.empty() || (authority.starts_with(':') &&
                              authority.find_first_not_of("0123456789", 1) == std::string_view::npos);
    std::string result(port ? name : std::string_view());
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (result.ends_with('.')) result.pop_back();
    return result;
}

Guard same_origin(OriginPolicy policy) {
    return [policy = std::move(policy)](const Request& head) -> std::optional<Response> {
        const auto host = head.headers.get("Host");
        if (host && !is_ours(policy, host_name(*host)))
            return problem(421, "foreign_host",
                           "This server does not go by the name \"" + std::string(host->substr(0, 200)) +
                               "\"; names that it should go by are set where it is started");
        if (!changes_nothing(head.method) && !from_our_pages(policy, head))
            return problem(403, "foreign_origin", "A page of another site may not change anything here");
        return std::nullopt;
    };
}

} // namespace offstage::web
