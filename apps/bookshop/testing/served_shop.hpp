// `bookshop serve` as a real process with a folder of its own, asked over real sockets.
#pragma once

#include "apps/bookshop/http_client.hpp"
#include "apps/bookshop/testing/process.hpp"
#include "apps/bookshop/testing/test_folder.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

/// Runs a program to its end.
struct Ran {
    int code = 0;
    std::string out;
    std::string err;
};

class ServedShop {
public:
    /// `options` are added to those that give it a free port and its folder.
    explicit ServedShop(std::vector<std::string> options = {}, std::uint64_t max_file_bytes = 0);

    /// Starts it, and waits until it is open.
    void start();
    /// Ends it by SIGTERM; its exit code.
    int stop();
    /// Ends it as a loss of power would, as far as the process goes.
    void kill();
    Process& process() { return *process_; }

    const std::string& url() const { return url_; }
    const TestFolder& folder() const { return folder_; }

    HttpAnswer send(HttpRequest request) const { return HttpClient(url_).send(request); }
    HttpAnswer put(std::string body, std::string_view target = "/api/v1/upload/books.csv") const {
        return send({.method = "PUT", .target = std::string(target), .body = std::move(body)});
    }
    boost::json::object get(const std::string& target) const;
    /// Waits until that import has ended, and gives it.
    boost::json::object ended(std::int64_t import) const;

    /// Runs the program with other arguments, in the same folder and with the same database.
    Ran run(std::vector<std::string> arguments) const;
    /// Runs curl quietly; `out` is the answer's body, then a line with its status.
    Ran curl(std::vector<std::string> arguments) const;
    /// One number of its database, which nobody must have open.
    std::int64_t number(const std::string& sql) const;

private:
    std::vector<std::string> arguments(std::vector<std::string> command) const;

    TestFolder folder_;
    const std::vector<std::string> options_;
    const std::uint64_t max_file_bytes_;
    std::unique_ptr<Process> process_;
    std::string url_;
};

/// The id of the import that an upload was answered with. Throws where it was refused.
std::int64_t import_of(const HttpAnswer& answer);

} // namespace bookshop
