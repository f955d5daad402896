// Who may do what: roles, tokens for programs, a login with a cookie for people.
//
//   web::Server server(router, {.address = "0.0.0.0", .access = web::Access::from_file("tokens")});
//
// A token file has a line for each who may come: a name, a role and a secret, parted by blanks; # begins a
// remark. Make a secret by `openssl rand -hex 32`.
//
//   alice    admin  3f1c...
//   indexer  work   90ab...
//
// A program sends its secret as `Authorization: Bearer SECRET`. A person gives it to the login page, and gets
// a cookie (HttpOnly, SameSite=Strict) that holds for 12 hours and is signed by that secret: nothing is kept
// here, a restart logs nobody out, and taking a line out of the file ends its cookies too. A browser gives a
// host's cookies to each port of it, so the cookie's name says the port: programs on one host have a login
// each.
//
// Thread-safe: never changed once it is made. Copies share it.
#pragma once

#include "offstage/base/time.hpp"
#include "offstage/web/request.hpp"
#include "offstage/web/response.hpp"
#include "offstage/web/role.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::web {

class Router;

class Access {
public:
    static constexpr std::chrono::hours login_time{12};

    struct Token {
        std::string name;
        Role role;
        std::string secret;
    };

    /// Everybody may do everything: for a server that only its own machine can reach.
    Access() = default;
    /// Throws Error(invalid_argument) where there is none, or a name comes twice, or a secret is shorter than
    /// 20 characters or has one that no header can carry.
    explicit Access(std::vector<Token> tokens);
    /// Throws Error: io where the file cannot be read, invalid_argument with the line that is wrong.
    static Access from_file(const std::string& path);

    /// The secret of the first who has at least that role: for a program that shows it elsewhere. Nothing
    /// where nobody has.
    std::optional<std::string> secret_for(Role needed) const;

    bool is_open() const noexcept { return tokens_ == nullptr; }

    /// Nothing where who asks has at least the role that is needed; then request.user is
    /// their name and request.role what they may do. Else 401
    /// or 403, or for a browser's visit the way to the login page.
    std::optional<Response> check(Request& request, Role needed, WallTime now) const;

    /// The routes of the login page: GET and POST /login, POST /logout. A wrong secret is 401.
    Router login_routes() const;
    /// What the cookie is called where the request went: "offstage_login_8000" by the port in its Host, and
    /// "offstage_login" where that has none.
    static std::string cookie_name(const Request& request);
    /// The cookie's value for who has that secret; nothing where nobody has.
    std::optional<std::string> log_in(std::string_view secret, WallTime now) const;

private:
    const Token* by_secret(std::string_view secret) const;
    const Token* by_cookie(std::string_view cookie, WallTime now) const;

    std::shared_ptr<const std::vector<Token>> tokens_; // none: open
};

} // namespace offstage::web
