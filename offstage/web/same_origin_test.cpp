#include "offstage/web/same_origin.hpp"

#include <gtest/gtest.h>

namespace offstage::web {

namespace {

int status(const OriginPolicy& policy, Method method, std::vector<Headers::Field> fields) {
    Request request = Request::make(method, "/");
    for (auto& field : fields) request.headers.set(field.name, field.value);
    const auto answer = same_origin(policy)(request);
    return answer ? answer->status : 200;
}

int host(std::string name, const OriginPolicy& policy = {}) {
    return status(policy, Method::get, {{"Host", std::move(name)}});
}

} // namespace

TEST(SameOrigin, OnlyLoopbackAndNamedHostsAreOurs) {
    for (const char* ours : {"localhost", "LocalHost:8000", "shop.localhost", "127.0.0.1:8000", "127.1.2.3",
                             "[::1]:8000", "localhost."})
        EXPECT_EQ(host(ours), 200) << ours;
    for (const char* foreign : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                                "10.0.0.1", "", "[::1", "localhost:80x", "127.evil"})
        EXPECT_EQ(host(foreign), 421) << foreign;
    EXPECT_EQ(host("shop.example:443", {.hosts = {"Shop.Example"}}), 200);
    EXPECT_EQ(host("192.168.1.5:8000", {.any_address = true}), 200);
    EXPECT_EQ(host("evil.example", {.any_address = true}), 421);
}

TEST(SameOrigin, AForeignPageMayNotChangeAnything) {
    using Fields = std::vector<Headers::Field>;
    const OriginPolicy policy{.origins = {"https://shop.example"}};
    const auto post = [&](Fields fields) {
        fields.push_back({"Host", "localhost:8000"});
        return status(policy, Method::post, fields);
    };
    EXPECT_EQ(post({}), 200) << "curl sends neither";
    EXPECT_EQ(post({{"Origin", "http://localhost:8000"}}), 200);
    EXPECT_EQ(post({{"Origin", "http://localhost:8000"}, {"Sec-Fetch-Site", "same-origin"}}), 200);
    EXPECT_EQ(post({{"Origin", "https://shop.example"}, {"Sec-Fetch-Site", "cross-site"}}), 200);
    EXPECT_EQ(post({{"Sec-Fetch-Site", "none"}}), 200) << "typed by the user";
    EXPECT_EQ(post({{"Origin", "http://localhost:3000"}}), 403) << "another program's page";
    EXPECT_EQ(post({{"Origin", "http://localhost:3000"}, {"Sec-Fetch-Site", "same-site"}}), 403);
    EXPECT_EQ(post({{"Origin", "http://evil.example"}}), 403);
    EXPECT_EQ(post({{"Origin", "null"}}), 403);
    EXPECT_EQ(post({{"Sec-Fetch-Site", "cross-site"}}), 403);
    EXPECT_EQ(status(policy, Method::get, {{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}}), 200)
        << "a link may lead here";
}

} // namespace offstage::web
