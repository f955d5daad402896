#include "offstage/web/problem.hpp"

#include "offstage/base/json.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

TEST(Problem, TellsStatusCodeAndSentence) {
    const Response response = problem(Errc::not_found, "There is no import 12");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
    const auto document = parse_json(response.text()).as_object();
    EXPECT_EQ(document.at("status"), 404);
    EXPECT_EQ(document.at("title"), "Not Found");
    EXPECT_EQ(document.at("code"), "not_found");
    EXPECT_EQ(document.at("detail"), "There is no import 12");
}

TEST(Problem, AFaultOfOursIsNotToldToTheClient) {
    const auto detail = [](auto error) {
        const Response response = problem(std::make_exception_ptr(error));
        EXPECT_EQ(response.status, 500);
        return std::string(response.text());
    };
    EXPECT_EQ(detail(Error(Errc::io, "cannot read /etc/secret")).find("secret"), std::string::npos);
    EXPECT_EQ(detail(std::runtime_error("secret")).find("secret"), std::string::npos);
    EXPECT_EQ(problem(std::make_exception_ptr(Error(Errc::too_large, "x"))).status, 413);
}

} // namespace offstage::web
