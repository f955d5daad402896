// A request's bytes, from the socket to the route: whatever they are, they are answered or refused, and every
// cutting gives the same requests. (A head that is not HTTP may be refused before it has come to its end or
// after, so when that is does depend on the cutting.) The first byte says how they are cut.
#include "offstage/web/multipart.hpp"
#include "offstage/web/parser.hpp"
#include "offstage/web/router.hpp"
#include "offstage/web/same_origin.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace offstage::web;
using offstage::is_utf8;

/// The requests of a connection, as one text.
std::string parse(std::string_view text, std::size_t chunk, std::string* last_target = nullptr) {
    std::string told;
    std::string input;
    auto parser = std::make_unique<RequestParser>(1024);
    bool head = false;
    std::string body;
    try {
        for (std::size_t at = 0; at < text.size(); at += chunk) {
            input += text.substr(at, chunk);
            for (bool going = true; going && !input.empty();) {
                std::string_view view = input;
                if (!head) {
                    head = parser->parse_head(view);
                    if (head && last_target) *last_target = parser->head().target;
                }
                going = head && parser->parse_body(view, body);
                input.erase(0, input.size() - view.size());
                if (!going) break;
                told += parser->head().method + " " + parser->head().target + " " + body + "\n";
                parser = std::make_unique<RequestParser>(1024);
                head = false;
                body.clear();
            }
        }
    } catch (const ProtocolError& error) {
        OFFSTAGE_CHECK(error.status() >= 400, "a refusal without a status");
    } catch (const offstage::Error&) {
        // A header that could break an answer.
    }
    return told;
}

/// What is not refused is what it should be.
void route(std::string_view target, std::string_view header) {
    static const Router router = [] {
        Router made;
        made.get("/books/{id}", [](const Request& request) {
            OFFSTAGE_CHECK(is_utf8(request.param("id")) && !request.param("id").empty(),
                           "a parameter is not UTF-8");
            return Response::empty();
        });
        made.get("/files/{path...}", [](const Request& request) {
            OFFSTAGE_CHECK(is_utf8(request.param("path")), "a parameter is not UTF-8");
            return Response::empty();
        });
        return made;
    }();
    try {
        Request request = Request::make(Method::get, target);
        for (const auto& [name, value] : request.query)
            OFFSTAGE_CHECK(is_utf8(name) && is_utf8(value), "a query is not UTF-8");
        (void)router.handle(std::move(request));
    } catch (const offstage::Error&) {
        // Refused.
    }
    const std::string text(percent_encode(header));
    OFFSTAGE_CHECK(!is_utf8(header) || header.find('\0') != std::string_view::npos ||
                       percent_decode(text, true) == header,
                   "percent_decode does not undo percent_encode");
    (void)parse_header_value(header);
    (void)host_name(header);
    try {
        (void)multipart_boundary(header);
    } catch (const offstage::Error&) {
        // Refused.
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::string target;
    const std::string whole = parse(text, text.size(), &target);
    OFFSTAGE_CHECK(parse(text, std::max<std::size_t>(1, data[0])) == whole,
                   "cut in pieces it is another request");
    route(target, text);
    route(std::string("/books/") + std::string(text), text);
    return 0;
}
