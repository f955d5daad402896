// The server as curl sees it: a client that nobody here has written.
#include "offstage/web/server.hpp"

#include "offstage/base/error.hpp"
#include "offstage/web/multipart.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include <unistd.h>

namespace offstage::web {

namespace {

/// A form's parts as "name[filename]=bytes;".
class FormSink final : public BodySink, private PartHandler {
public:
    explicit FormSink(std::string_view boundary) : scanner_(boundary, *this) {}
    std::optional<Response> write(std::span<const char> chunk) override {
        scanner_.push(chunk);
        return std::nullopt;
    }
    Response finish() override {
        scanner_.finish();
        return Response::text(201, told_);
    }
    void abandoned() noexcept override {}

private:
    void part_begin(const Part& part) override {
        told_ += part.name + (part.filename ? "[" + *part.filename + "]" : "");
        bytes_ = 0;
    }
    void part_data(std::span<const char> data) override { bytes_ += data.size(); }
    void part_end() override { told_ += "=" + std::to_string(bytes_) + ";"; }

    MultipartScanner scanner_;
    std::string told_;
    std::size_t bytes_ = 0;
};

struct CountSink final : BodySink {
    std::optional<Response> write(std::span<const char> chunk) override {
        count += chunk.size();
        return std::nullopt;
    }
    Response finish() override { return Response::text(201, std::to_string(count)); }
    void abandoned() noexcept override {}
    std::size_t count = 0;
};

struct CurlTest : testing::Test {
    void SetUp() override {
        if (run("curl --version").empty()) GTEST_SKIP() << "there is no curl here";
        std::ofstream(file) << std::string(3'000'000, 'x');
        Router router;
        router.get("/large", [](const Request&) { return Response::text(200, std::string(100'000, 'x')); });
        router.stream_post("/form", [](const Request& head) -> Intake {
            const auto boundary = multipart_boundary(head.headers.get("Content-Type").value_or(""));
            if (!boundary) throw Error(Errc::invalid_argument, "this takes a form");
            return std::make_unique<FormSink>(*boundary);
        });
        router.stream_put("/raw/{name}", [](const Request& head) -> Intake {
            if (head.param("name") == "refused") throw Error(Errc::too_large, "at most 2 MB");
            return std::make_unique<CountSink>();
        });
        server = std::make_unique<Server>(std::move(router), ServerOptions{.port = 0});
        server->start();
    }
    void TearDown() override { std::remove(file.c_str()); }

    static std::string run(const std::string& command) {
        std::string output;
        FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
        std::array<char, 4096> bytes;
        while (const std::size_t got = std::fread(bytes.data(), 1, bytes.size(), pipe))
            output.append(bytes.data(), got);
        ::pclose(pipe);
        return output;
    }
    std::string curl(const std::string& arguments, const std::string& path) const {
        return run("curl -sS -m 30 " + arguments + " '" + server->url() + path + "'");
    }

    const std::string file = testing::TempDir() + "offstage_curl_test_" + std::to_string(::getpid()) + ".csv";
    std::unique_ptr<Server> server;
};

} // namespace

TEST_F(CurlTest, SendsAFileAsAForm) {
    EXPECT_EQ(curl("-F note=hello -F 'books=@" + file + ";filename=\"my \\\"books\\\".csv\"'", "/form/"),
              "note=5;books[my \"books\".csv]=3000000;");
    EXPECT_NE(curl("-d a=b", "/form").find("this takes a form"), std::string::npos);
}

TEST_F(CurlTest, SendsARawFileWithALengthOrInChunks) {
    EXPECT_EQ(curl("-T " + file, "/raw/books.csv"), "3000000");
    EXPECT_EQ(curl("-T - <" + file, "/raw/books.csv"), "3000000");
    EXPECT_EQ(curl("--http1.0 -T " + file, "/raw/books.csv"), "3000000");
}

TEST_F(CurlTest, IsRefusedBeforeItHasSentTheFile) {
    EXPECT_EQ(curl("-o /dev/null -w '%{http_code} %{size_upload}' -T " + file, "/raw/refused"), "413 0");
}

TEST_F(CurlTest, AsksForTheHeadAndForLess) {
    EXPECT_NE(curl("-I", "/large").find("Content-Length: 100000\r\n"), std::string::npos);
    const std::string less = curl("--compressed -w '%{size_download}'", "/large");
    EXPECT_TRUE(less.starts_with(std::string(100'000, 'x')));
    EXPECT_LT(std::stoul(less.substr(100'000)), 1000U);
}

} // namespace offstage::web
