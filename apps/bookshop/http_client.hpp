// Asks a bookshop over HTTP: what `bookshop import` needs when a server holds the database, and the tests.
//
// One request a connection; a server that answers before it has read the body, as one that refuses an upload
// does, is heard. For http:// addresses with an IP address or `localhost`; no proxy, no redirects. One thread
// at a time.
#pragma once

#include "offstage/base/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bookshop {

struct HttpAnswer {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers; ///< names in lower case
    std::string body;

    std::optional<std::string_view> header(std::string_view lower_case_name) const noexcept;
};

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/"; ///< percent-encoded
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    /// Instead of `body`: a file, sent from its first byte to `file_size`.
    int file = -1;
    std::uint64_t file_size = 0;
    std::function<void(std::uint64_t sent)> on_sent = {}; ///< of the body, now and then
};

class HttpClient {
public:
    /// `url` as "http://127.0.0.1:8000". Throws Error(invalid_argument) for any other. `secret`: shown with
    /// each request, where there is one; see web/access.hpp.
    explicit HttpClient(std::string_view url, std::optional<std::string> secret = {});

    /// Blocks until the answer is there, at most 64 MiB of it. Throws Error(io) where nobody answers or the
    /// answer breaks off, Error(stopped | timed_out).
    HttpAnswer send(const HttpRequest& request, std::stop_token stop = {},
                    offstage::Deadline deadline = offstage::Deadline::never()) const;
    HttpAnswer get(std::string target, std::stop_token stop = {},
                   offstage::Deadline deadline = offstage::Deadline::never()) const {
        return send({.target = std::move(target)}, std::move(stop), deadline);
    }

private:
    std::string host_;
    std::string port_;
    const std::optional<std::string> secret_;
};

} // namespace bookshop
