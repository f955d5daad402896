// A whole shop in a test: a database of its own, a worker, and its routes without a socket.
#pragma once

#include "apps/bookshop/routes.hpp"
#include "apps/bookshop/shop.hpp"
#include "apps/bookshop/testing/test_folder.hpp"
#include "apps/bookshop/upload.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bookshop {

struct TestAnswer {
    int status = 0;
    std::string text;
    boost::json::value json; ///< null where the text is none
    std::optional<std::string> header(std::string_view name) const;
    offstage::web::Headers headers;
};

/// A form with one file in a field.
struct TestForm {
    static constexpr std::string_view type = "multipart/form-data; boundary=----b0undary";
    static std::string file(std::string_view content, std::string_view field = "books",
                            std::string_view filename = "books.csv");
};

/// The header of a CSV of books, and rows that are right.
inline constexpr std::string_view books_header =
    "title,author,book_type,ISBN,year_published,price,no_of_pages,quantity,description\n";
std::string book_rows(int count, int from = 1);

class TestShop {
public:
    struct Options {
        std::uint64_t max_upload = 1 << 20;
        std::uint64_t max_spool = 64 << 20;
        bool works = true; ///< its worker is started
    };
    TestShop() : TestShop(Options{}) {}
    explicit TestShop(Options options);
    ~TestShop();

    TestAnswer ask(offstage::web::Method method, std::string_view target, std::string body = {},
                   std::string_view content_type = {});
    TestAnswer get(std::string_view target) { return ask(offstage::web::Method::get, target); }

    /// Uploads a CSV and waits until its import has ended. Gives the import.
    boost::json::object import(std::string_view csv, std::string_view query = "");
    /// Waits until that import has ended, and gives it.
    boost::json::object ended(std::int64_t id);
    /// One number of the database.
    std::int64_t number(std::string_view sql);

    /// Ends this process's share in the shop and opens it anew, as a restart would.
    void restart();
    Shop& shop() { return *shop_; }
    offstage::stores::Store& store() { return *store_; }
    const TestFolder& folder() const { return folder_; }

private:
    void open();

    const Options options_;
    TestFolder folder_;
    std::unique_ptr<offstage::stores::Store> store_;
    std::unique_ptr<offstage::Runtime> runtime_;
    std::unique_ptr<Shop> shop_;
    std::unique_ptr<Uploads> uploads_;
    std::optional<offstage::web::Router> router_;
};

} // namespace bookshop
