// Serving files, and offstage_embed (cmake/OffstageTargets.cmake), which puts them into the program.
#include "offstage/web/assets.hpp"

#include "offstage_web_testdata_assets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace offstage::web {

namespace {

std::string_view embedded(std::string_view name) {
    for (const auto& asset : testdata::assets())
        if (asset.name == name) return asset.content;
    ADD_FAILURE() << name;
    return {};
}

Response get(const Assets& assets, std::string_view name, std::vector<Headers::Field> fields = {}) {
    Request request = Request::make(Method::get, "/");
    for (auto& field : fields) request.headers.set(field.name, field.value);
    return assets.serve(request, name);
}

} // namespace

TEST(Embed, AFileIsInTheProgramByteForByte) {
    EXPECT_EQ(testdata::assets().size(), 3U);
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(embedded("testdata/bytes.bin"), all);
    EXPECT_EQ(embedded("testdata/empty.txt"), "");
    EXPECT_TRUE(embedded("testdata/page.html").starts_with("<!doctype html>\n"));
    EXPECT_TRUE(embedded("testdata/page.html").ends_with("</p>\n"));
}

TEST(Assets, HaveTheirTypeAndAreAskedForEachTime) {
    const Assets assets(testdata::assets());
    const Response page = get(assets, "testdata/page.html");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.text(), embedded("testdata/page.html"));
    EXPECT_EQ(page.headers.get("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.headers.get("Cache-Control"), "no-cache");
    EXPECT_EQ(page.headers.get("Vary"), "Accept-Encoding");
    EXPECT_EQ(get(assets, "testdata/bytes.bin").headers.get("Content-Type"), "application/octet-stream");
    EXPECT_EQ(get(assets, "testdata/none").status, 404);
    EXPECT_EQ(get(assets, "../assets_test.cpp").status, 404);
}

TEST(Assets, WhatTheClientHasIsNotSentAgain) {
    const Assets assets(testdata::assets());
    const std::string tag(*get(assets, "testdata/page.html").headers.get("ETag"));
    for (const std::string& known : {tag, "\"other\", W/" + tag, std::string("*")}) {
        const Response again = get(assets, "testdata/page.html", {{"If-None-Match", known}});
        EXPECT_EQ(again.status, 304) << known;
        EXPECT_EQ(again.text(), "");
        EXPECT_EQ(again.headers.get("ETag"), tag);
    }
    EXPECT_EQ(get(assets, "testdata/bytes.bin", {{"If-None-Match", tag}}).status, 200);
}

TEST(Assets, AreCompressedWhereThatIsAGain) {
    const Assets assets(testdata::assets());
    const Response page = get(assets, "testdata/page.html", {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(page.headers.get("Content-Encoding"), "gzip");
    EXPECT_LT(page.text().size(), embedded("testdata/page.html").size());
    EXPECT_NE(page.headers.get("ETag"), get(assets, "testdata/page.html").headers.get("ETag"));
    EXPECT_EQ(
        get(assets, "testdata/page.html", {{"If-None-Match", std::string(*page.headers.get("ETag"))}}).status,
        304);
    EXPECT_FALSE(get(assets, "testdata/bytes.bin", {{"Accept-Encoding", "gzip"}})
                     .headers.contains("Content-Encoding"));
    EXPECT_FALSE(get(assets, "testdata/empty.txt", {{"Accept-Encoding", "gzip"}})
                     .headers.contains("Content-Encoding"));
}

TEST(Assets, AreRoutesOfTheirOwn) {
    const Assets assets(testdata::assets());
    Router router;
    router.get("/", assets.file("testdata/page.html")).get("/static/{file...}", assets.files("file"));
    EXPECT_EQ(router.handle(Request::make(Method::get, "/")).text(), embedded("testdata/page.html"));
    EXPECT_EQ(router.handle(Request::make(Method::get, "/static/testdata/bytes.bin")).text().size(), 256U);
    EXPECT_EQ(router.handle(Request::make(Method::get, "/static/testdata/%2e%2e/x")).status, 404);
}

} // namespace offstage::web
