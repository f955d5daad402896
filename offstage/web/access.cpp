#include "offstage/web/access.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/problem.hpp"
#include "offstage/web/router.hpp"
#include "offstage_web_login_assets.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace offstage::web {

namespace {

constexpr std::size_t least_secret = 20;
constexpr std::size_t most_tokens = 1000;
constexpr std::size_t login_form = 8192; // bytes
constexpr std::size_t port_digits = 5;

std::optional<Role> parse_role(std::string_view text) {
    for (const Role role : {Role::read, Role::work, Role::admin})
        if (text == to_string(role)) return role;
    return std::nullopt;
}

/// Letters, digits and a few marks: what neither a header nor a cookie has to quote (RFC 6750's b64token).
bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-._~+/=").find(c) != std::string_view::npos;
    });
}

bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// HMAC-SHA256 in hexadecimal.
std::string sign(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
    const bool signed_it =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data(), &size);
    OFFSTAGE_CHECK(signed_it, "OpenSSL has HMAC-SHA256");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (unsigned i = 0; i < size; ++i) hex.append({digits[bytes[i] >> 4U], digits[bytes[i] & 15U]});
    return hex;
}

std::int64_t seconds_of(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

/// "alice.1732180000", which is what a cookie's signature is of.
std::string claim(std::string_view name, std::int64_t expires) {
    return std::string(name) + "." + std::to_string(expires);
}

/// The value of our cookie among those that came; the first, where there are several.
std::string_view login_cookie(const Request& request) {
    const std::string start = Access::cookie_name(request) + "=";
    std::string_view rest = request.headers.get("Cookie").value_or("");
    while (!rest.empty()) {
        std::string_view pair = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.starts_with(start)) return pair.substr(start.size());
    }
    return {};
}

std::optional<std::string_view> bearer(const Request& request) {
    constexpr std::string_view scheme = "Bearer ";
    const auto value = request.headers.get("Authorization");
    if (!value || !same_name(value->substr(0, scheme.size()), scheme)) return std::nullopt;
    return value->substr(scheme.size());
}

bool is_visit(const Request& request) {
    return (request.method == Method::get || request.method == Method::head) &&
           request.headers.get("Accept").value_or("").find("text/html") != std::string_view::npos;
}

/// Where to go after the login: an address here, never one of another site ("//evil", "/\evil", and
/// "/\t/evil", for a browser leaves control characters out).
std::string safe_next(std::string_view next) {
    const auto misleads = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127 || c == '\\'; };
    const bool here =
        next.starts_with('/') && !next.starts_with("//") && std::ranges::none_of(next, misleads);
    return std::string(here ? next : "/");
}

std::string set_cookie(const Request& request, std::string_view value, std::chrono::seconds age) {
    return Access::cookie_name(request) + "=" + std::string(value) +
           "; Path=/; Max-Age=" + std::to_string(age.count()) + "; HttpOnly; SameSite=Strict";
}

std::string escape_html(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '&')
            result += "&amp;";
        else if (c == '<')
            result += "&lt;";
        else if (c == '"')
            result += "&quot;";
        else
            result += c;
    }
    return result;
}

std::string_view asset(std::string_view name) {
    for (const auto& each : login::assets())
        if (each.name == name) return each.content;
    check_failed("has the asset", "a part of the login page is missing", std::source_location::current());
}

Response login_page(int status, std::string_view next, std::string_view message) {
    std::string page(asset("login/login.html"));
    const auto fill = [&](std::string_view place, const std::string& with) {
        page.replace(page.find(place), place.size(), with);
    };
    fill("@next@", escape_html(next));
    fill("@message@", escape_html(message));
    return Response::text(status, std::move(page), "text/html; charset=utf-8");
}

} // namespace

Access::Access(std::vector<Token> tokens) {
    const auto refuse = [](const std::string& what) { throw Error(Errc::invalid_argument, what); };
    if (tokens.empty()) refuse("there is no token: nobody could come in");
    if (tokens.size() > most_tokens) refuse("there are more than " + std::to_string(most_tokens) + " tokens");
    for (const Token& token : tokens) {
        if (!is_plain(token.name)) refuse("a token's name should be of letters, digits and -._~+/=");
        if (!is_plain(token.secret) || token.secret.size() < least_secret)
            refuse("the secret of " + token.name + " should be at least " + std::to_string(least_secret) +
                   " letters, digits and -._~+/= (make one by: openssl rand -hex 32)");
        const auto same = [&](const Token& other) {
            return other.name == token.name || other.secret == token.secret;
        };
        if (std::ranges::count_if(tokens, same) > 1)
            refuse("the name or the secret of " + token.name + " comes twice");
    }
    tokens_ = std::make_shared<const std::vector<Token>>(std::move(tokens));
}

Access Access::from_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw Error(Errc::io, "the token file " + path + " cannot be read");
    std::vector<Token> tokens;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        std::istringstream words(line.substr(0, line.find('#')));
        std::string name;
        std::string role;
        std::string secret;
        std::string more;
        if (!(words >> name)) continue;
        words >> role >> secret;
        const auto known = parse_role(role);
        if (!known || secret.empty() || words >> more)
            throw Error(Errc::invalid_argument,
                        path + " line " + std::to_string(number) +
                            ": should be a name, a role (read, work or admin) and a secret");
        tokens.push_back({name, *known, secret});
    }
    try {
        return Access(std::move(tokens));
    } catch (const Error& error) {
        throw Error(error.code(), path + ": " + error.what());
    }
}

std::optional<Response> Access::check(Request& request, Role needed, WallTime now) const {
    if (is_open()) return std::nullopt;
    request.role = Role::anyone;
    if (needed == Role::anyone) return std::nullopt;
    const auto secret = bearer(request);
    const Token* const token = secret ? by_secret(*secret) : by_cookie(login_cookie(request), now);
    if (!token && !secret && is_visit(request))
        return Response::redirect("/login?next=" + percent_encode(request.target));
    if (!token)
        return problem(401, "unauthorized",
                       secret ? "This token is not known here"
                              : "This needs a token: Authorization: Bearer SECRET")
            .with("WWW-Authenticate", "Bearer");
    if (token->role < needed)
        return problem(403, "forbidden",
                       token->name + " has the role " + std::string(to_string(token->role)) +
                           "; this needs " + std::string(to_string(needed)));
    request.user = token->name;
    request.role = token->role;
    return std::nullopt;
}

const Access::Token* Access::by_secret(std::string_view secret) const {
    const Token* found = nullptr;
    for (const Token& token : *tokens_) // all of them: how long it takes tells nothing
        if (same_secret(token.secret, secret)) found = &token;
    return found;
}

const Access::Token* Access::by_cookie(std::string_view cookie, WallTime now) const {
    const auto dot = cookie.rfind('.');
    if (dot == std::string_view::npos) return nullptr;
    const std::string_view signed_text = cookie.substr(0, dot);
    const auto before = signed_text.rfind('.');
    if (before == std::string_view::npos) return nullptr;
    std::int64_t expires = 0;
    const std::string_view digits = signed_text.substr(before + 1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), expires).ec != std::errc{})
        return nullptr;
    const auto token = std::ranges::find(*tokens_, signed_text.substr(0, before), &Token::name);
    if (token == tokens_->end() || expires <= seconds_of(now)) return nullptr;
    return same_secret(sign(token->secret, signed_text), cookie.substr(dot + 1)) ? &*token : nullptr;
}

std::string Access::cookie_name(const Request& request) {
    std::string name = "offstage_login";
    const std::string_view host = request.headers.get("Host").value_or("");
    const auto colon = host.rfind(':'); // in "[::1]" one of the address, which no port follows
    const std::string_view port = colon == std::string_view::npos ? "" : host.substr(colon + 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!port.empty() && port.size() <= port_digits && std::ranges::all_of(port, is_digit))
        name.append("_").append(port);
    return name;
}

std::optional<std::string> Access::log_in(std::string_view secret, WallTime now) const {
    const Token* const token = is_open() ? nullptr : by_secret(secret);
    if (!token) return std::nullopt;
    const std::string text = claim(token->name, seconds_of(now + login_time));
    return text + "." + sign(token->secret, text);
}

std::optional<std::string> Access::secret_for(Role needed) const {
    if (tokens_)
        for (const Token& token : *tokens_)
            if (token.role >= needed) return token.secret;
    return std::nullopt;
}

Router Access::login_routes() const {
    Router router;
    const RouteOptions open{.max_body = login_form, .role = Role::anyone};
    router.get(
        "/login",
        [](const Request& request) {
            return login_page(200, safe_next(request.query.get("next").value_or("/")), "");
        },
        open);
    router.get(
        "/login/login.css",
        [](const Request&) {
            return Response::text(200, std::string(asset("login/login.css")), "text/css; charset=utf-8");
        },
        open);
    router.post(
        "/login",
        [access = *this](const Request& request) {
            const Query form(request.body);
            const std::string next = safe_next(form.get("next").value_or("/"));
            const auto cookie = access.log_in(form.get("token").value_or(""), sys::wall_now());
            if (!cookie) return login_page(401, next, "This token is not known here.");
            return Response::redirect(next).with("Set-Cookie", set_cookie(request, *cookie, login_time));
        },
        open);
    router.post(
        "/logout",
        [](const Request& request) {
            return Response::redirect("/login").with("Set-Cookie",
                                                     set_cookie(request, "", std::chrono::seconds(0)));
        },
        open);
    return router;
}

} // namespace offstage::web
