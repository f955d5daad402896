#include "offstage/web/response.hpp"

#include "offstage/base/error.hpp"
#include "offstage/web/request.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace offstage::web {

TEST(Response, CarriesStatusTypeAndText) {
    const Response response = Response::json(201, R"({"id":1})").with("Location", "/imports/1");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.text(), R"({"id":1})");
    EXPECT_EQ(response.headers.get("content-type"), "application/json");
    EXPECT_EQ(response.headers.get("location"), "/imports/1");
}

TEST(Response, AFileIsReadAsItIsTaken) {
    const std::string path = testing::TempDir() + "offstage_response_test.txt";
    std::ofstream(path) << std::string(100'000, 'x');
    Response response = Response::file(path, "text/plain");
    EXPECT_EQ(std::get<std::unique_ptr<BodySource>>(response.body)->size(), 100'000U);
    EXPECT_EQ(response.read_all(), std::string(100'000, 'x'));
    std::remove(path.c_str());
}

TEST(Response, AFileThatIsNoneIsNotFound) {
    for (const char* path : {"/nowhere/at/all", "/tmp"}) {
        try {
            Response::file(path, "text/plain");
            ADD_FAILURE() << path;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::not_found);
        }
    }
}

TEST(Request, IsMadeOfATarget) {
    const Request request =
        Request::make(Method::post, "/a%20b/?x=1&y=%C3%BC", "{}", "Application/JSON; charset=utf-8");
    EXPECT_EQ(request.path, "/a b");
    EXPECT_EQ(request.query.get("y"), "ü");
    EXPECT_EQ(request.content_type(), "application/json");
    EXPECT_EQ(Request::make(Method::get, "/").path, "/");
    EXPECT_THROW(Request::make(Method::get, "a"), Error);
    EXPECT_THROW(Request::make(Method::get, "/%"), Error);
}

TEST(Request, KnowsItsContentLengthWhereItIsANumber) {
    Request request;
    EXPECT_FALSE(request.content_length());
    request.headers.set("Content-Length", "314572800");
    EXPECT_EQ(request.content_length(), 314572800U);
    request.headers.set("Content-Length", "12x");
    EXPECT_FALSE(request.content_length());
}

} // namespace offstage::web
