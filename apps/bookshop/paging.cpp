#include "apps/bookshop/paging.hpp"

#include "offstage/web/target.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <span>
#include <utility>

namespace bookshop {

namespace stores = offstage::stores;
namespace web = offstage::web;

namespace {

std::optional<std::int64_t> positive(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1) return std::nullopt;
    return value;
}

/// The request's own address with another page.
std::string link(const web::Request& request, std::int64_t page) {
    std::string url;
    if (const auto host = request.headers.get("Host")) url = "http://" + std::string(*host);
    const std::string_view target = request.target;
    url += target.substr(0, target.find('?'));
    char separator = '?';
    for (const auto& [name, value] : request.query) {
        if (name == "page") continue;
        url += separator + web::percent_encode(name) + "=" + web::percent_encode(value);
        separator = '&';
    }
    if (page > 1) url += separator + std::string("page=") + std::to_string(page);
    return url;
}

/// Writes a page row by row.
class PageSource final : public web::BodySource {
public:
    PageSource(stores::Store& store, std::string head, std::vector<std::int64_t> keys, AppendRow append)
        : store_(store), keys_(std::move(keys)), append_(std::move(append)), text_(std::move(head)) {
        fill();
    }

    /// The whole body, where it is not large.
    std::optional<std::string> whole() {
        if (next_ < keys_.size()) return std::nullopt;
        return std::move(text_);
    }

    std::size_t read(std::span<char> into) override {
        if (taken_ == text_.size()) {
            text_.clear();
            taken_ = 0;
            if (next_ < keys_.size()) fill();
        }
        const std::size_t size = text_.copy(into.data(), into.size(), taken_);
        taken_ += size;
        return size;
    }

private:
    static constexpr std::size_t enough =
        256 * 1024; // bytes made at a time, and the largest body that is whole

    void fill() {
        store_.read([&](stores::Session& session) {
            for (; next_ < keys_.size() && text_.size() < enough; ++next_) {
                const std::size_t before = text_.size();
                if (any_) text_ += ", ";
                const std::size_t begin = text_.size();
                append_(session, keys_[next_], text_);
                if (text_.size() == begin)
                    text_.resize(before);
                else
                    any_ = true;
            }
        });
        if (next_ == keys_.size()) text_ += "]}";
    }

    stores::Store& store_;
    const std::vector<std::int64_t> keys_;
    const AppendRow append_;
    std::string text_; // made, of which taken_ bytes are read
    std::size_t taken_ = 0;
    std::size_t next_ = 0; // of keys_
    bool any_ = false;
};

} // namespace

std::optional<Page> page_of(const web::Request& request, std::int64_t count) {
    Page page{.number = 1, .size = default_page_size, .count = count};
    if (const auto size = request.query.get("page_size"))
        page.size = std::min(positive(*size).value_or(default_page_size), max_page_size);
    const std::int64_t last = std::max<std::int64_t>(1, (count + page.size - 1) / page.size);
    if (const auto number = request.query.get("page")) {
        const auto asked = *number == "last" ? last : positive(*number);
        if (!asked || *asked > last) return std::nullopt;
        page.number = *asked;
    }
    return page;
}

web::Response page_response(const web::Request& request, const Page& page, stores::Store& store,
                            std::vector<std::int64_t> keys, AppendRow append) {
    const auto url = [&](bool there, std::int64_t number) {
        return there ? boost::json::serialize(boost::json::string(link(request, number)))
                     : std::string("null");
    };
    std::string head = "{\"count\": " + std::to_string(page.count);
    head += ", \"next\": " + url(page.has_next(), page.number + 1);
    head += ", \"previous\": " + url(page.number > 1, page.number - 1) + ", \"results\": [";
    auto source = std::make_unique<PageSource>(store, std::move(head), std::move(keys), std::move(append));
    if (auto whole = source->whole()) return web::Response::json(200, std::move(*whole));
    return web::Response::produced(std::move(source), "application/json");
}

std::optional<std::int64_t> id_of(const web::Request& request) {
    return positive(request.param("id"));
}

web::Response detail(int status, std::string_view sentence) {
    return web::Response::json(status, boost::json::serialize(boost::json::object{{"detail", sentence}}));
}

web::Response no_such_page() {
    return detail(404, "Invalid page.");
}

web::Response not_found() {
    return detail(404, "Not found.");
}

} // namespace bookshop
