#include "offstage/web/gzip.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <zlib.h>

namespace offstage::web {

namespace {

std::string unzip(std::string_view text) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string result(1'000'000, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.data());
    stream.avail_out = static_cast<uInt>(result.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    result.resize(stream.total_out);
    inflateEnd(&stream);
    return result;
}

Request asking(std::string encodings) {
    Request request = Request::make(Method::get, "/");
    request.headers.set("Accept-Encoding", std::move(encodings));
    return request;
}

bool accepts(std::string encodings) {
    return accepts_gzip(asking(std::move(encodings)).headers);
}

} // namespace

TEST(Gzip, IsUndoneByInflate) {
    for (const std::string& text : {std::string(), std::string("a"), std::string(500'000, 'x')})
        for (const int level : {1, 9}) EXPECT_EQ(unzip(gzip(text, level)), text);
}

TEST(Gzip, IsForClientsThatTakeIt) {
    EXPECT_TRUE(accepts("gzip"));
    EXPECT_TRUE(accepts("deflate, GZIP;q=0.5, br"));
    EXPECT_TRUE(accepts("*"));
    EXPECT_FALSE(accepts("gzip;q=0"));
    EXPECT_FALSE(accepts("identity, br"));
    EXPECT_FALSE(accepts_gzip(Headers()));
}

TEST(Gzip, IsJudgedByItsOwnNameBeforeTheStar) {
    EXPECT_FALSE(accepts("*, gzip;q=0"));
    EXPECT_FALSE(accepts("gzip;q=0, *"));
    EXPECT_TRUE(accepts("*;q=0, gzip"));
    EXPECT_TRUE(accepts("br, *;q=0.1, identity;q=0"));
    EXPECT_FALSE(accepts("br, *;q=0"));
}

TEST(Gzip, CompressesTextsThatAreLargeEnough) {
    const std::string large(5000, 'x');
    Response json = Response::json(200, large);
    compress(asking("gzip"), json);
    EXPECT_EQ(json.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(json.headers.get("Vary"), "Accept-Encoding");
    EXPECT_EQ(unzip(json.text()), large);

    Response plain = Response::json(200, large);
    compress(asking("br"), plain);
    EXPECT_EQ(plain.text(), large);
    EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding") << "another client may get another body";

    compress(asking("br"), plain);
    EXPECT_EQ(std::ranges::count(plain.headers, "Vary", &Headers::Field::name), 1) << "it was said already";

    Response small = Response::json(200, "{}");
    Response image = Response::text(200, large, "image/png");
    compress(asking("gzip"), small);
    compress(asking("gzip"), image);
    EXPECT_FALSE(small.headers.contains("Content-Encoding"));
    EXPECT_FALSE(image.headers.contains("Content-Encoding"));
}

} // namespace offstage::web
