#include "offstage/web/router.hpp"

#include "offstage/base/check.hpp"
#include "offstage/web/problem.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace offstage::web {

namespace {

constexpr std::size_t max_segments = 64;

/// "/a/b/" as {"a", "b"}; nothing where a segment is empty or there are too many.
std::optional<std::vector<std::string_view>> split(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);
    while (!path.empty()) {
        const std::string_view segment = path.substr(0, path.find('/'));
        if (segment.empty() || segments.size() == max_segments) return std::nullopt;
        segments.push_back(segment);
        path.remove_prefix(std::min(segment.size() + 1, path.size()));
    }
    return segments;
}

bool is_capture(std::string_view segment) {
    return segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}');
}

bool is_rest(std::string_view segment) {
    return is_capture(segment) && segment.ends_with("...}");
}

std::string_view capture_name(std::string_view segment) {
    return segment.substr(1, segment.size() - (is_rest(segment) ? 5 : 2));
}

std::optional<Response> ask(const std::vector<Guard>& guards, const Request& head) {
    for (const Guard& guard : guards)
        if (auto answer = guard(head)) return answer;
    return std::nullopt;
}

Response run(const Route& route, const Request& request) {
    if (const auto* handler = std::get_if<Handler>(&route.handler)) return (*handler)(request);
    Intake intake = std::get<StreamHandler>(route.handler)(request);
    if (auto* refusal = std::get_if<Response>(&intake)) return std::move(*refusal);
    const auto sink = std::get<std::unique_ptr<BodySink>>(std::move(intake));
    if (!request.body.empty())
        if (auto refusal = sink->write(request.body)) return std::move(*refusal);
    return sink->finish();
}

} // namespace

/// One segment of the patterns: where each next segment leads, and the routes that end here.
struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> texts;
    std::unique_ptr<Node> capture;
    std::map<Method, const Route*> here;
    std::map<Method, const Route*> rest;

    /// The routes that could answer a path, best first: `visit` is called with each set until it says true.
    template <class Visit>
    bool walk(const std::vector<std::string>& segments, std::size_t at, Visit&& visit) const {
        if (at == segments.size()) return visit(here);
        if (const auto text = texts.find(segments[at]); text != texts.end())
            if (text->second->walk(segments, at + 1, visit)) return true;
        if (capture && capture->walk(segments, at + 1, visit)) return true;
        return visit(rest);
    }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Router& Router::get(std::string_view pattern, Handler handler, RouteOptions options) {
    return add(Method::get, pattern, std::move(handler), options);
}
Router& Router::post(std::string_view pattern, Handler handler, RouteOptions options) {
    return add(Method::post, pattern, std::move(handler), options);
}
Router& Router::put(std::string_view pattern, Handler handler, RouteOptions options) {
    return add(Method::put, pattern, std::move(handler), options);
}
Router& Router::patch(std::string_view pattern, Handler handler, RouteOptions options) {
    return add(Method::patch, pattern, std::move(handler), options);
}
Router& Router::del(std::string_view pattern, Handler handler, RouteOptions options) {
    return add(Method::del, pattern, std::move(handler), options);
}
Router& Router::stream_post(std::string_view pattern, StreamHandler handler, RouteOptions options) {
    return add(Method::post, pattern, std::move(handler), options);
}
Router& Router::stream_put(std::string_view pattern, StreamHandler handler, RouteOptions options) {
    return add(Method::put, pattern, std::move(handler), options);
}

Router& Router::guard(Guard guard) {
    guards_.push_back(std::move(guard));
    return *this;
}

Router& Router::mount(std::string_view prefix, Router other) {
    if (prefix.ends_with('/')) prefix.remove_suffix(1);
    for (auto& route : other.routes_) {
        route->pattern = std::string(prefix) + (route->pattern == "/" ? "" : route->pattern);
        if (route->pattern.empty()) route->pattern = "/";
        route->guards.insert(route->guards.begin(), other.guards_.begin(), other.guards_.end());
        insert(std::move(route));
    }
    return *this;
}

Router& Router::add(Method method, std::string_view pattern, std::variant<Handler, StreamHandler> handler,
                    RouteOptions options) {
    auto route = std::make_unique<Route>();
    route->method = method;
    route->pattern = pattern;
    route->handler = std::move(handler);
    route->options = options;
    insert(std::move(route));
    return *this;
}

void Router::insert(std::unique_ptr<Route> route) {
    OFFSTAGE_CHECK(route->pattern.starts_with('/'), "a route's pattern should begin with /");
    const auto segments = split(route->pattern);
    OFFSTAGE_CHECK(segments, "a route's pattern has an empty segment");
    Node* node = root_.get();
    bool rest = false;
    for (const std::string_view segment : *segments) {
        OFFSTAGE_CHECK(!rest, "a route's {name...} should be its last segment");
        rest = is_rest(segment);
        if (rest) continue;
        auto& next = is_capture(segment) ? node->capture : node->texts[std::string(segment)];
        if (!next) next = std::make_unique<Node>();
        node = next.get();
    }
    auto& routes = rest ? node->rest : node->here;
    const bool added = routes.emplace(route->method, route.get()).second;
    OFFSTAGE_CHECK(added, "a route was added twice");
    routes_.push_back(std::move(route));
}

std::variant<const Route*, Response> Router::resolve(Request& head) const {
    if (auto answer = ask(guards_, head)) return std::move(*answer);

    const std::string_view target = head.target;
    const auto raw = split(target.substr(0, target.find('?')));
    std::vector<std::string> segments;
    if (raw)
        std::ranges::transform(*raw, std::back_inserter(segments), [](auto s) { return percent_decode(s); });
    const Method wanted = head.method == Method::head ? Method::get : head.method;
    const Route* found = nullptr;
    std::vector<Method> allowed;
    if (raw)
        root_->walk(segments, 0, [&](const std::map<Method, const Route*>& routes) {
            for (const auto& [method, route] : routes) {
                if (method == wanted) found = route;
                allowed.push_back(method);
            }
            return found != nullptr;
        });
    if (!found) return no_route(head, std::move(allowed));

    const auto pattern = *split(found->pattern);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (!is_capture(pattern[i])) continue;
        std::string value = segments[i];
        if (is_rest(pattern[i]))
            for (std::size_t j = i + 1; j < segments.size(); ++j) value += "/" + segments[j];
        head.params.emplace_back(capture_name(pattern[i]), std::move(value));
    }
    if (auto answer = ask(found->guards, head)) return std::move(*answer);
    return found;
}

std::vector<const Route*> Router::routes() const {
    std::vector<const Route*> all;
    for (const auto& route : routes_) all.push_back(route.get());
    return all;
}

Response Router::no_route(const Request& head, std::vector<Method> allowed) {
    if (allowed.empty()) return problem(Errc::not_found, "There is nothing at " + head.path.substr(0, 200));
    if (std::ranges::find(allowed, Method::get) != allowed.end()) allowed.push_back(Method::head);
    allowed.push_back(Method::options);
    std::ranges::sort(allowed);
    allowed.erase(std::ranges::unique(allowed).begin(), allowed.end());
    std::string names;
    for (const Method method : allowed) names.append(names.empty() ? "" : ", ").append(to_string(method));
    if (head.method == Method::options) return Response::empty().with("Allow", names);
    return problem(405, "method_not_allowed",
                   std::string(to_string(head.method)) + " is not for this address; it takes " + names)
        .with("Allow", names);
}

Response Router::handle(Request request) const {
    try {
        auto resolved = resolve(request);
        if (auto* answer = std::get_if<Response>(&resolved)) return std::move(*answer);
        return run(*std::get<const Route*>(resolved), request);
    } catch (...) {
        return problem(std::current_exception());
    }
}

} // namespace offstage::web
