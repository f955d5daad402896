// Which handler answers which method and path.
//
//   Router router;
//   router.get("/api/v1/imports/{id}", show_import);
//   router.stream_post("/api/v1/upload", [&](const Request& head) -> Intake { return spool.open(head); });
//   router.handle(Request::make(Method::get, "/api/v1/imports/12"));       // all of it, without a socket
//
// A pattern's segment is a text or `{name}`, which matches one segment that is not empty; a last `{name...}`
// matches the rest. Text goes before `{name}`, `{name}` before `{name...}`, whatever the order of adding.
// One trailing slash is no difference: "/x/" is "/x". HEAD is answered by GET's handler, OPTIONS by the
// router. Another method is 405 with Allow, another path 404, both before a body is read.
//
// Routes are added first; then any number of threads may resolve and handle.
#pragma once

#include "offstage/web/body.hpp"
#include "offstage/web/request.hpp"
#include "offstage/web/response.hpp"
#include "offstage/web/role.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace offstage::web {

using Handler = std::function<Response(const Request&)>;
using StreamHandler = std::function<Intake(const Request& head)>;
/// Looks at a request's head before its body is read; an answer ends it there. Runs on the server's event
/// loop: it must not block.
using Guard = std::function<std::optional<Response>(const Request& head)>;

struct RouteOptions {
    std::size_t max_body = 0;      ///< bytes of a whole body, more is 413; 0 is the server's own limit
    std::optional<Role> role = {}; ///< who may use it; none: read where nothing changes, else admin
};

struct Route {
    Method method;
    std::string pattern;
    std::variant<Handler, StreamHandler> handler;
    RouteOptions options;
    std::vector<Guard> guards;

    /// The least role that may use it.
    Role role() const noexcept {
        return options.role.value_or(method == Method::get ? Role::read : Role::admin);
    }
};

class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    Router& get(std::string_view pattern, Handler handler, RouteOptions options = {});
    Router& post(std::string_view pattern, Handler handler, RouteOptions options = {});
    Router& put(std::string_view pattern, Handler handler, RouteOptions options = {});
    Router& patch(std::string_view pattern, Handler handler, RouteOptions options = {});
    Router& del(std::string_view pattern, Handler handler, RouteOptions options = {});
    /// The body goes to the sink that `handler` gives, as it arrives. Its bound is the sink's to keep: the
    /// head has content_length(), a chunked body shows its size only while it comes.
    Router& stream_post(std::string_view pattern, StreamHandler handler, RouteOptions options = {});
    Router& stream_put(std::string_view pattern, StreamHandler handler, RouteOptions options = {});

    /// Asked before every route of this router, in the order of adding.
    Router& guard(Guard guard);
    /// All routes of `other` below `prefix`, with its guards for them alone.
    Router& mount(std::string_view prefix, Router other);

    /// The route of a request, its params filled in; or the answer of a guard, 404, 405 or OPTIONS.
    std::variant<const Route*, Response> resolve(Request& head) const;
    /// Every route, in the order of adding: for a description that is held against them.
    std::vector<const Route*> routes() const;
    /// The whole answer, as the server would give it to who may have it: errors become problem documents. A
    /// streaming route is given request.body in one chunk.
    Response handle(Request request) const;

private:
    struct Node;
    Router& add(Method method, std::string_view pattern, std::variant<Handler, StreamHandler> handler,
                RouteOptions options);
    void insert(std::unique_ptr<Route> route);
    static Response no_route(const Request& head, std::vector<Method> allowed);

    std::vector<std::unique_ptr<Route>> routes_;
    std::unique_ptr<Node> root_;
    std::vector<Guard> guards_;
};

} // namespace offstage::web
