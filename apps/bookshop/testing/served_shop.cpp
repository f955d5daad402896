#include "apps/bookshop/testing/served_shop.hpp"

#include "offstage/base/json.hpp"
#include "offstage/stores/open.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace bookshop {

namespace {

Ran run_in(const std::filesystem::path& folder, std::vector<std::string> arguments) {
    Process process({.arguments = std::move(arguments), .folder = folder});
    Ran ran;
    ran.code = process.wait();
    ran.out = process.out();
    ran.err = process.err();
    return ran;
}

} // namespace

ServedShop::ServedShop(std::vector<std::string> options, std::uint64_t max_file_bytes)
    : options_(std::move(options)), max_file_bytes_(max_file_bytes) {}

std::vector<std::string> ServedShop::arguments(std::vector<std::string> command) const {
    command.insert(command.begin(), BOOKSHOP_PROGRAM);
    command.insert(command.end(), {"--data-dir", "data"});
    if (std::ranges::find(options_, "--database") == options_.end())
        command.insert(command.end(), {"--database", "sqlite:books.db"});
    return command;
}

void ServedShop::start() {
    auto all = arguments({"serve", "--listen", "127.0.0.1:0"});
    all.insert(all.end(), options_.begin(), options_.end());
    process_ = std::make_unique<Process>(Process::Options{
        .arguments = std::move(all), .folder = folder_.path(), .max_file_bytes = max_file_bytes_});
    const std::string words =
        process_->wait_for_out([](std::string_view out) { return out.find("Ctrl-C") != out.npos; });
    const auto begin = words.find("http://");
    url_ = words.substr(begin, words.find('\n', begin) - begin);
}

int ServedShop::stop() {
    process_->signal(SIGTERM);
    return process_->wait();
}

void ServedShop::kill() {
    process_->signal(SIGKILL);
    process_->wait();
}

boost::json::object ServedShop::get(const std::string& target) const {
    const HttpAnswer answer = HttpClient(url_).get(target);
    if (answer.status != 200)
        throw std::runtime_error(target + ": " + std::to_string(answer.status) + " " + answer.body);
    return offstage::parse_json(answer.body).as_object();
}

boost::json::object ServedShop::ended(std::int64_t import) const {
    boost::json::object now;
    wait_until("the end of an import", [&] {
        now = get("/api/v1/imports/" + std::to_string(import));
        return now.at("state") == "done" || now.at("state") == "failed" || now.at("state") == "cancelled";
    });
    return now;
}

Ran ServedShop::run(std::vector<std::string> command) const {
    return run_in(folder_.path(), arguments(std::move(command)));
}

Ran ServedShop::curl(std::vector<std::string> command) const {
    command.insert(command.begin(), {"/usr/bin/curl", "-sS", "-w", "\n%{http_code}"});
    return run_in(folder_.path(), std::move(command));
}

std::int64_t ServedShop::number(const std::string& sql) const {
    const auto store = offstage::stores::open("sqlite:" + (folder_.path() / "books.db").string());
    std::int64_t number = 0;
    store->read([&](offstage::stores::Session& session) {
        auto rows = session.query(sql);
        if (rows.next()) number = rows.integer(0);
    });
    return number;
}

std::int64_t import_of(const HttpAnswer& answer) {
    if (answer.status != 201 && answer.status != 200)
        throw std::runtime_error("refused: " + std::to_string(answer.status) + " " + answer.body);
    return offstage::parse_json(answer.body).at("import").at("id").as_int64();
}

} // namespace bookshop
