#include "offstage/web/router.hpp"

#include "offstage/base/error.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

namespace {

Handler say(std::string what) {
    return [what](const Request&) { return Response::text(200, what); };
}

Response ask(const Router& router, Method method, std::string_view target, std::string body = {}) {
    return router.handle(Request::make(method, target, std::move(body)));
}

std::string text(const Router& router, std::string_view target) {
    return std::string(ask(router, Method::get, target).text());
}

struct Counter final : BodySink {
    std::optional<Response> write(std::span<const char> chunk) override {
        if (chunk.size() > 10) return Response::text(413, "too much");
        seen += chunk.size();
        return std::nullopt;
    }
    Response finish() override { return Response::text(201, std::to_string(seen)); }
    void abandoned() noexcept override {}
    std::size_t seen = 0;
};

} // namespace

TEST(Router, TextGoesBeforeNameAndNameBeforeRest) {
    Router router;
    router.get("/books/{id}", [](const Request& r) { return Response::text(200, "id " + r.param("id")); });
    router.get("/books/export", say("export"));
    router.get("/books/{path...}",
               [](const Request& r) { return Response::text(200, "rest " + r.param("path")); });
    router.get("/", say("home"));
    EXPECT_EQ(text(router, "/"), "home");
    EXPECT_EQ(text(router, "/books/export"), "export");
    EXPECT_EQ(text(router, "/books/12"), "id 12");
    EXPECT_EQ(text(router, "/books/a/b%20c"), "rest a/b c");
}

TEST(Router, ATrailingSlashIsNoDifference) {
    Router router;
    router.get("/imports", say("all")).get("/done/", say("done"));
    EXPECT_EQ(text(router, "/imports/?page=2"), "all");
    EXPECT_EQ(text(router, "/done"), "done");
    EXPECT_EQ(ask(router, Method::get, "/imports//").status, 404);
    EXPECT_EQ(ask(router, Method::get, "//imports").status, 404);
}

TEST(Router, AnEscapedSlashStaysInItsSegment) {
    Router router;
    router.get("/file/{name}", [](const Request& r) { return Response::text(200, r.param("name")); });
    EXPECT_EQ(text(router, "/file/a%2Fb"), "a/b");
    EXPECT_EQ(text(router, "/%66ile/x"), "x");
    EXPECT_EQ(ask(router, Method::get, "/file/a/b").status, 404);
}

TEST(Router, AnotherMethodIs405WithAllow) {
    Router router;
    router.get("/books/{id}", say("get")).del("/books/{id}", say("del")).post("/books/bulk", say("bulk"));
    const Response response = ask(router, Method::put, "/books/1");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers.get("Allow"), "GET, HEAD, DELETE, OPTIONS");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(text(router, "/books/bulk"), "get") << "a path may be another pattern's with this method";
    const Response options = ask(router, Method::options, "/books/1");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.headers.get("Allow"), "GET, HEAD, DELETE, OPTIONS");
}

TEST(Router, HeadIsAnsweredByGet) {
    Router router;
    router.get("/x", say("x")).post("/y", say("y"));
    EXPECT_EQ(ask(router, Method::head, "/x").status, 200);
    EXPECT_EQ(ask(router, Method::head, "/y").status, 405);
}

TEST(Router, AThrowBecomesAProblem) {
    Router router;
    router.get("/full", [](const Request&) -> Response { throw Error(Errc::full, "the disk is full"); });
    router.get("/odd", [](const Request&) -> Response { throw 7; });
    EXPECT_EQ(ask(router, Method::get, "/full").status, 507);
    EXPECT_EQ(ask(router, Method::get, "/odd").status, 500);
}

TEST(Router, AGuardAnswersBeforeTheRoute) {
    Router router;
    router.get("/open", say("open"));
    Router inner;
    inner.get("/", say("inner")).get("/x", say("x"));
    inner.guard([](const Request& head) -> std::optional<Response> {
        if (head.headers.contains("Key")) return std::nullopt;
        return Response::empty(401);
    });
    router.mount("/in/", std::move(inner));
    EXPECT_EQ(text(router, "/open"), "open");
    EXPECT_EQ(ask(router, Method::get, "/in").status, 401);
    Request request = Request::make(Method::get, "/in/x");
    request.headers.set("Key", "1");
    EXPECT_EQ(router.handle(std::move(request)).text(), "x");
}

TEST(Router, AStreamingRouteFeedsItsSinkOrRefuses) {
    Router router;
    router.stream_post("/upload", [](const Request& head) -> Intake {
        if (head.query.contains("full")) return Response::empty(507);
        return std::make_unique<Counter>();
    });
    EXPECT_EQ(ask(router, Method::post, "/upload", "12345").text(), "5");
    EXPECT_EQ(ask(router, Method::post, "/upload", "12345678901").status, 413);
    EXPECT_EQ(ask(router, Method::post, "/upload?full", "1").status, 507);
}

TEST(RouterDeathTest, ARouteAddedTwiceIsAProgrammersError) {
    Router router;
    router.get("/a/{x}", say("1"));
    EXPECT_DEATH(router.get("/a/{y}/", say("2")), "added twice");
    EXPECT_DEATH(router.get("/a/{x...}/b", say("2")), "last segment");
}

} // namespace offstage::web
