#include "offstage/web/access.hpp"

#include "offstage/base/error.hpp"
#include "offstage/web/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <utility>

#include <unistd.h>

namespace offstage::web {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

namespace {

const std::string reads = "rrrrrrrrrrrrrrrrrrrrrrrr";
const std::string works = "wwwwwwwwwwwwwwwwwwwwwwww";
const std::string rules = "aaaaaaaaaaaaaaaaaaaaaaaa";
const WallTime now = *parse_iso8601("2026-11-21T09:30:00Z");

Access three() {
    return Access(
        {{"reader", Role::read, reads}, {"worker.1", Role::work, works}, {"alice", Role::admin, rules}});
}

int status(const Access& access, Role needed, std::vector<Headers::Field> fields, WallTime at = now) {
    Request request = Request::make(Method::get, "/x");
    for (auto& field : fields) request.headers.set(field.name, field.value);
    const auto refusal = access.check(request, needed, at);
    EXPECT_EQ(refusal.has_value(), request.user.empty());
    EXPECT_TRUE(refusal || request.role >= needed);
    return refusal ? refusal->status : 200;
}

std::string cookie(const std::string& value) {
    return "other=1; offstage_login=" + value;
}

Request at_host(Method method, std::string_view target, const std::string& host, std::string body = {}) {
    Request request = Request::make(method, target, std::move(body));
    request.headers.set("Host", host);
    return request;
}

/// The cookie that comes of it, as a browser sends it back.
std::string given_cookie(const Response& response) {
    const std::string all(response.headers.get("Set-Cookie").value_or(""));
    return all.substr(0, all.find(';'));
}

std::string refused(std::string_view text) {
    const std::string path = testing::TempDir() + "offstage_tokens_test_" + std::to_string(::getpid());
    std::ofstream(path) << text;
    std::string said;
    try {
        Access::from_file(path);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid_argument);
        said = error.what();
    }
    std::remove(path.c_str());
    return said;
}

} // namespace

TEST(Access, OpenAccessLetsEverybodyIn) {
    Request request = Request::make(Method::del, "/x");
    EXPECT_FALSE(Access().check(request, Role::admin, now));
    EXPECT_TRUE(Access().is_open());
}

TEST(Access, ARoleMayDoWhatThoseBeforeItMay) {
    const Access access = three();
    const auto with = [&](const std::string& secret, Role needed) {
        return status(access, needed, {{"Authorization", "bearer " + secret}});
    };
    EXPECT_EQ(with(reads, Role::read), 200);
    EXPECT_EQ(with(reads, Role::work), 403);
    EXPECT_EQ(with(works, Role::read), 200);
    EXPECT_EQ(with(works, Role::work), 200);
    EXPECT_EQ(with(works, Role::admin), 403);
    EXPECT_EQ(with(rules, Role::admin), 200);
    EXPECT_EQ(with(rules + "x", Role::read), 401);
    EXPECT_EQ(with("", Role::read), 401);
    EXPECT_EQ(status(access, Role::read, {}), 401);
    EXPECT_EQ(status(access, Role::read, {{"Authorization", "Basic " + rules}}), 401);
}

TEST(Access, ALoginHoldsTwelveHoursAndOnlyAsItWasGiven) {
    const Access access = three();
    const std::string given = *access.log_in(works, now);
    const auto with = [&](const std::string& value, WallTime at) {
        return status(access, Role::work, {{"Cookie", cookie(value)}}, at);
    };
    EXPECT_EQ(with(given, now), 200);
    EXPECT_EQ(with(given, now + 12h - 1s), 200);
    EXPECT_EQ(with(given, now + 12h), 401);
    EXPECT_FALSE(access.log_in("guessed", now));
    EXPECT_EQ(three().log_in(works, now), given) << "a restart logs nobody out";
    for (std::size_t i = 0; i < given.size(); ++i) {
        std::string forged = given;
        forged[i] = forged[i] == '1' ? '2' : '1';
        EXPECT_EQ(with(forged, now), 401) << forged;
        EXPECT_EQ(with(given.substr(0, i), now), 401);
    }
    const Access changed({{"worker.1", Role::work, works + "2"}});
    EXPECT_EQ(status(changed, Role::work, {{"Cookie", cookie(given)}}), 401)
        << "a new secret ends its cookies";
}

TEST(Access, ABrowsersVisitIsLedToTheLogin) {
    Request request = Request::make(Method::get, "/jobs?state=failed");
    request.headers.set("Accept", "text/html,application/xhtml+xml");
    EXPECT_EQ(three().check(request, Role::read, now)->headers.get("Location"),
              "/login?next=%2Fjobs%3Fstate%3Dfailed");
    request.headers.set("Accept", "application/json");
    EXPECT_EQ(three().check(request, Role::read, now)->headers.get("WWW-Authenticate"), "Bearer");
}

TEST(Access, TheLoginLeadsNowhereElse) {
    const Router router = three().login_routes();
    const auto next = [&](const std::string& to) {
        return std::string(*router
                                .handle(Request::make(Method::post, "/login",
                                                      "token=" + rules + "&next=" + percent_encode(to)))
                                .headers.get("Location"));
    };
    EXPECT_EQ(next("/jobs?x=1"), "/jobs?x=1");
    for (const char* elsewhere :
         {"//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "",
          "/\t/evil.example", "/\n/evil.example", "/\x7f/evil.example", "\t//evil.example"})
        EXPECT_EQ(next(elsewhere), "/") << elsewhere;
    const Response wrong =
        router.handle(Request::make(Method::post, "/login", "token=x&next=/%22%3E%3Cscript%3E"));
    EXPECT_EQ(wrong.status, 401);
    EXPECT_THAT(std::string(wrong.text()), HasSubstr("This token is not known here"));
    EXPECT_THAT(std::string(wrong.text()), Not(HasSubstr("<script>")));
    const Response in = router.handle(Request::make(Method::post, "/login", "token=" + rules));
    EXPECT_THAT(std::string(*in.headers.get("Set-Cookie")),
                HasSubstr("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"));
    const Response out = router.handle(Request::make(Method::post, "/logout"));
    EXPECT_THAT(std::string(*out.headers.get("Set-Cookie")), HasSubstr("Max-Age=0"));
    EXPECT_EQ(router.handle(Request::make(Method::get, "/login/login.css")).status, 200);
}

TEST(Access, TwoProgramsOnOneHostHaveALoginEach) {
    const std::string other_secret(24, 'b');
    const Access one = three();
    const Access other({{"bob", Role::admin, other_secret}});
    const auto log_in = [](const Access& access, const std::string& host, const std::string& secret) {
        return given_cookie(
            access.login_routes().handle(at_host(Method::post, "/login", host, "token=" + secret)));
    };
    const std::string first = log_in(one, "localhost:8000", rules);
    const std::string second = log_in(other, "localhost:8001", other_secret);
    EXPECT_THAT(first, StartsWith("offstage_login_8000="));
    EXPECT_THAT(second, StartsWith("offstage_login_8001="));
    const std::string both = first + "; " + second; // a browser keeps both, and gives both to each
    EXPECT_EQ(status(one, Role::admin, {{"Host", "localhost:8000"}, {"Cookie", both}}), 200);
    EXPECT_EQ(status(other, Role::admin, {{"Host", "localhost:8001"}, {"Cookie", both}}), 200);

    const Response out = one.login_routes().handle(at_host(Method::post, "/logout", "localhost:8000"));
    EXPECT_EQ(given_cookie(out), "offstage_login_8000=") << "the other one goes on";
}

TEST(Access, TheCookieIsNamedByThePortThatTheClientUsed) {
    const auto name = [](const std::string& host) {
        return Access::cookie_name(at_host(Method::get, "/", host));
    };
    EXPECT_EQ(name("localhost:8000"), "offstage_login_8000");
    EXPECT_EQ(name("[::1]:65535"), "offstage_login_65535");
    for (const char* none : {"shop.example", "127.0.0.1", "[::1]", "[fe80::1]", "",
                             "shop.example:", "shop.example:123456", "a:1=2", "a:8;x", "a: 8", "a:-1"})
        EXPECT_EQ(name(none), "offstage_login") << none;
    EXPECT_EQ(Access::cookie_name(Request::make(Method::get, "/")), "offstage_login");
}

TEST(Access, ATokenFileIsReadOrItsFaultIsNamed) {
    EXPECT_EQ(refused("# who may come\n\nalice admin " + rules + " # me\n  bob\tread\t" + reads + "\n"), "");
    EXPECT_THAT(refused("alice admin " + rules + "\nbob " + reads + "\n"), HasSubstr("line 2"));
    EXPECT_THAT(refused("alice root " + rules), HasSubstr("line 1"));
    EXPECT_THAT(refused("alice admin " + rules + " more"), HasSubstr("line 1"));
    EXPECT_THAT(refused("alice admin short"), HasSubstr("openssl rand"));
    EXPECT_THAT(refused("alice admin " + rules + "\nalice read " + reads), HasSubstr("twice"));
    EXPECT_THAT(refused("alice admin " + rules + "\nbob read " + rules), HasSubstr("twice"));
    EXPECT_THAT(refused("alice;x admin " + rules), HasSubstr("name"));
    EXPECT_THAT(refused("# nobody\n"), HasSubstr("no token"));
    EXPECT_THROW(Access::from_file("/nowhere/at/all"), Error);
}

} // namespace offstage::web
