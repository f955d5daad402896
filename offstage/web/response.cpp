#include "offstage/web/response.hpp"

#include "offstage/base/error.hpp"
#include "offstage/web/stream.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace offstage::web {

namespace {

class FileSource final : public BodySource {
public:
    explicit FileSource(const std::string& path) : path_(path) {
        fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd_ < 0) {
            if (errno == ENOENT || errno == ENOTDIR) throw Error(Errc::not_found, "there is no such file");
            fail("opened");
        }
        struct stat status{};
        if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
            ::close(fd_);
            throw Error(Errc::not_found, "there is no such file");
        }
        size_ = static_cast<std::uint64_t>(status.st_size);
    }
    ~FileSource() override { ::close(fd_); }
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;

    std::size_t read(std::span<char> into) override {
        for (;;) {
            const ssize_t got = ::read(fd_, into.data(), into.size());
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR) fail("read");
        }
    }
    std::optional<std::uint64_t> size() const override { return size_; }

private:
    [[noreturn]] void fail(const char* what) const {
        throw Error(Errc::io, path_ + " cannot be " + what + ": " + std::strerror(errno));
    }

    const std::string path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

} // namespace

Response Response::empty(int status) {
    Response response;
    response.status = status;
    return response;
}

Response Response::text(int status, std::string text, std::string_view type) {
    Response response;
    response.status = status;
    response.headers.set("Content-Type", std::string(type));
    response.body = std::move(text);
    return response;
}

Response Response::json(int status, std::string json) {
    return text(status, std::move(json), "application/json");
}

Response Response::redirect(std::string_view location, int status) {
    return empty(status).with("Location", std::string(location));
}

Response Response::file(const std::string& path, std::string_view type) {
    return produced(std::make_unique<FileSource>(path), type);
}

Response Response::produced(std::unique_ptr<BodySource> source, std::string_view type) {
    Response response;
    response.headers.set("Content-Type", std::string(type));
    response.body = std::move(source);
    return response;
}

Response Response::streamed(std::shared_ptr<BodyStream> stream, std::string_view type) {
    Response response;
    response.headers.set("Content-Type", std::string(type));
    response.body = std::move(stream);
    return response;
}

Response Response::deferred(std::shared_ptr<Deferred> later) {
    Response response;
    response.body = std::move(later);
    return response;
}

Response Response::with(std::string name, std::string value) && {
    headers.set(std::move(name), std::move(value));
    return std::move(*this);
}

std::string_view Response::text() const noexcept {
    const auto* text = std::get_if<std::string>(&body);
    return text ? std::string_view(*text) : std::string_view();
}

std::string Response::read_all() {
    if (const auto* text = std::get_if<std::string>(&body)) return *text;
    std::string all;
    if (auto* stream = std::get_if<std::shared_ptr<BodyStream>>(&body)) {
        std::string piece;
        while ((*stream)->take(piece) && !piece.empty()) all += piece;
        return all;
    }
    if (std::holds_alternative<std::shared_ptr<Deferred>>(body)) return {};
    auto& source = *std::get<std::unique_ptr<BodySource>>(body);
    std::array<char, 16 * 1024> chunk;
    while (const std::size_t got = source.read(chunk)) all.append(chunk.data(), got);
    return all;
}

std::string_view reason_phrase(int status) noexcept {
    static constexpr std::pair<int, std::string_view> phrases[] = {
        {100, "Continue"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (const auto& [code, phrase] : phrases)
        if (code == status) return phrase;
    return {};
}

} // namespace offstage::web
