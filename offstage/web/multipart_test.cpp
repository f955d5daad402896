#include "offstage/web/multipart.hpp"

#include "offstage/base/error.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace offstage::web {

namespace {

struct Collected final : PartHandler {
    void part_begin(const Part& part) override { parts.push_back({part, {}, false}); }
    void part_data(std::span<const char> data) override {
        EXPECT_FALSE(data.empty());
        parts.back().data.append(data.data(), data.size());
    }
    void part_end() override { parts.back().ended = true; }

    struct Entry {
        Part part;
        std::string data;
        bool ended;
    };
    std::vector<Entry> parts;
};

Collected scan(std::string_view body, std::size_t chunk, MultipartLimits limits = {}) {
    Collected parts;
    MultipartScanner scanner("XX", parts, limits);
    for (std::size_t at = 0; at < body.size(); at += chunk) {
        const auto piece = body.substr(at, chunk);
        scanner.push({piece.data(), piece.size()});
    }
    scanner.finish();
    return parts;
}

std::string part(std::string_view disposition, std::string_view data) {
    return "--XX\r\nContent-Disposition: " + std::string(disposition) + "\r\n\r\n" + std::string(data) +
           "\r\n";
}

Errc refusal(std::string_view body, MultipartLimits limits = {}) {
    Errc first{};
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, body.size()}) {
        try {
            scan(body, chunk, limits);
            ADD_FAILURE() << "was taken: " << body;
        } catch (const Error& error) {
            EXPECT_TRUE(chunk == 1 || error.code() == first);
            first = error.code();
        }
    }
    return first;
}

} // namespace

TEST(Multipart, EveryCuttingGivesTheSameParts) {
    // Data that looks like a boundary in every way but the last.
    const std::string tricky = "\r\n--X\r\n--\r\r\n\r\n-XX\r\n--Xx\n--XX--\r";
    const std::string body =
        "preamble\r\n--X\r\n" + part("form-data; name=\"message\"", "hello") +
        part("form-data; name=\"books\"; filename=\"b.csv\"\r\nContent-Type: text/csv", tricky) +
        part("form-data; name=empty", "") +
        "--XX \t\r\nContent-Disposition: form-data; name=bare\r\n\r\n--XX--\r\n epilogue \r\n--XX";
    for (std::size_t chunk = 1; chunk <= body.size(); ++chunk) {
        const Collected got = scan(body, chunk);
        ASSERT_EQ(got.parts.size(), 4U) << chunk;
        EXPECT_EQ(got.parts[0].part.name, "message");
        EXPECT_FALSE(got.parts[0].part.filename);
        EXPECT_EQ(got.parts[0].data, "hello");
        EXPECT_EQ(got.parts[1].part.filename, "b.csv");
        EXPECT_EQ(got.parts[1].part.content_type, "text/csv");
        EXPECT_EQ(got.parts[1].data, tricky) << chunk;
        EXPECT_EQ(got.parts[2].data, "");
        EXPECT_EQ(got.parts[3].data, "") << chunk;
        for (const auto& entry : got.parts) EXPECT_TRUE(entry.ended);
    }
}

TEST(Multipart, AFilenameIsReadAsBrowsersAndCurlWriteIt) {
    const auto filename = [](std::string_view written) {
        return scan(part("form-data; name=\"f\"; " + std::string(written), "x") + "--XX--", 3)
            .parts.at(0)
            .part.filename;
    };
    EXPECT_EQ(filename(R"(filename="a b.csv")"), "a b.csv");
    EXPECT_EQ(filename(R"(filename="a%22b.csv")"), "a\"b.csv");
    EXPECT_EQ(filename(R"(filename="a\"b;c.csv")"), "a\"b;c.csv");
    EXPECT_EQ(filename("filename=\"книги.csv\""), "книги.csv");
    EXPECT_EQ(filename("filename=\"caf\xe9.csv\""), "caf\xEF\xBF\xBD.csv");
    EXPECT_EQ(filename("filename=\"x.csv\"; filename*=UTF-8''%e2%82%ac.csv"), "€.csv");
    EXPECT_EQ(filename("filename=\"x.csv\"; filename*=latin-9''%a4.csv"), "x.csv");
    EXPECT_EQ(filename("filename=\"\""), "");
    EXPECT_EQ(filename("filename=\"../../etc/passwd\""), "../../etc/passwd") << "data, never a path";
}

TEST(Multipart, WhatIsNoFormIsRefused) {
    EXPECT_EQ(refusal("hello"), Errc::invalid_argument);
    EXPECT_EQ(refusal("--XX\r\n"), Errc::invalid_argument);
    EXPECT_EQ(refusal(part("form-data; name=a", "cut")), Errc::invalid_argument);
    EXPECT_EQ(refusal(part("form-data; name=a", "x") + "--XXX\r\n"), Errc::invalid_argument);
    EXPECT_EQ(refusal(part("form-data; name=a", "x") + "--XX-\r\n"), Errc::invalid_argument);
    EXPECT_EQ(refusal(part("attachment; name=a", "x") + "--XX--"), Errc::invalid_argument);
    EXPECT_EQ(refusal(part("form-data", "x") + "--XX--"), Errc::invalid_argument);
    EXPECT_EQ(refusal("--XX\r\nno colon\r\n\r\nx\r\n--XX--"), Errc::invalid_argument);
    EXPECT_EQ(refusal("--XX\r\n\r\nx\r\n--XX--"), Errc::invalid_argument);
    EXPECT_EQ(refusal("--XX" + std::string(1000, ' ') + "\r\n"), Errc::invalid_argument);
}

TEST(Multipart, HasBoundsForHeadersAndParts) {
    EXPECT_EQ(refusal("--XX\r\nA: " + std::string(9000, 'a') + "\r\n\r\nx\r\n--XX--"), Errc::too_large);
    std::string many;
    for (int i = 0; i < 5; ++i) many += part("form-data; name=a", "x");
    EXPECT_EQ(refusal(many + "--XX--", {.max_parts = 4}), Errc::too_large);
    EXPECT_EQ(scan(many + "--XX--", 5, {.max_parts = 5}).parts.size(), 5U);
}

TEST(Multipart, ItsBoundaryIsTheContentTypes) {
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=----WebKitFormBoundaryA1"),
              "----WebKitFormBoundaryA1");
    EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), "a b");
    EXPECT_FALSE(multipart_boundary("application/json"));
    EXPECT_FALSE(multipart_boundary(""));
    EXPECT_THROW(multipart_boundary("multipart/form-data"), Error);
    EXPECT_THROW(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'a')), Error);
}

} // namespace offstage::web
