#include "apps/bookshop/testing/test_shop.hpp"

#include "offstage/stores/open.hpp"
#include "offstage/sys/clock.hpp"

#include <chrono>
#include <stdexcept>

namespace bookshop {

namespace web = offstage::web;

std::optional<std::string> TestAnswer::header(std::string_view name) const {
    const auto value = headers.get(name);
    return value ? std::optional(std::string(*value)) : std::nullopt;
}

std::string TestForm::file(std::string_view content, std::string_view field, std::string_view filename) {
    return "------b0undary\r\nContent-Disposition: form-data; name=\"" + std::string(field) +
           "\"; filename=\"" + std::string(filename) + "\"\r\nContent-Type: text/csv\r\n\r\n" +
           std::string(content) + "\r\n------b0undary--\r\n";
}

std::string book_rows(int count, int from) {
    std::string rows;
    for (int i = from; i < from + count; ++i) {
        const std::string n = std::to_string(i);
        rows += "Title " + n + ",Author " + n + ",Comic,978" + n + ",2001," + std::to_string(i % 90) +
                ".50," + n + ",3,Text " + n + "\n";
    }
    return rows;
}

TestShop::TestShop(Options options) : options_(options) {
    open();
}

TestShop::~TestShop() = default;

void TestShop::open() {
    store_ = offstage::stores::open("sqlite:" + (folder_.path() / "books.db").string());
    runtime_ = std::make_unique<offstage::Runtime>(offstage::RuntimeOptions{.workers = 1});
    shop_ = std::make_unique<Shop>(
        *store_, *runtime_,
        ShopOptions{.data_dir = folder_.path(), .workers = 2, .max_spool = options_.max_spool});
    uploads_ = std::make_unique<Uploads>(shop_->intake(), shop_->spool(), options_.max_upload);
    router_.emplace(shop_routes(*shop_, *uploads_));
    if (options_.works) shop_->start();
}

void TestShop::restart() {
    router_.reset();
    uploads_.reset();
    shop_.reset();
    runtime_.reset();
    store_.reset();
    open();
}

TestAnswer TestShop::ask(web::Method method, std::string_view target, std::string body,
                         std::string_view content_type) {
    web::Response response =
        router_->handle(web::Request::make(method, target, std::move(body), content_type));
    TestAnswer answer;
    answer.status = response.status;
    answer.headers = response.headers;
    answer.text = response.read_all();
    boost::system::error_code error;
    answer.json = boost::json::parse(answer.text, error);
    if (error) answer.json = nullptr;
    return answer;
}

boost::json::object TestShop::import(std::string_view csv, std::string_view query) {
    const TestAnswer answer =
        ask(web::Method::put, "/api/v1/upload/books.csv" + std::string(query), std::string(csv));
    if (answer.status != 201 && answer.status != 200)
        throw std::runtime_error("the upload was refused: " + answer.text);
    return ended(answer.json.at("import").at("id").as_int64());
}

boost::json::object TestShop::ended(std::int64_t id) {
    const auto now = import_now(*store_, id);
    shop_->client().wait(now->import.job, {}, offstage::sys::deadline_after(std::chrono::seconds(60)));
    return get("/api/v1/imports/" + std::to_string(id)).json.as_object();
}

std::int64_t TestShop::number(std::string_view sql) {
    std::int64_t number = 0;
    store_->read([&](offstage::stores::Session& session) {
        auto rows = session.query(sql);
        if (rows.next()) number = rows.integer(0);
    });
    return number;
}

} // namespace bookshop
