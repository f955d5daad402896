// Every cutting of a form into chunks gives the same parts, or the same refusal. The first byte says how the
// form is cut; the boundary is always "XX".
#include "offstage/web/multipart.hpp"

#include "offstage/base/check.hpp"
#include "offstage/base/error.hpp"
#include "offstage/base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace offstage::web;
using offstage::is_utf8;

/// The parts and what ended them, as one text.
class Told final : public PartHandler {
public:
    void part_begin(const Part& part) override {
        OFFSTAGE_CHECK(!inside_, "a part began within a part");
        OFFSTAGE_CHECK(is_utf8(part.name) && is_utf8(part.filename.value_or("")), "a name is not UTF-8");
        inside_ = true;
        text += "[" + part.name + "|" + part.filename.value_or("") + "|" + part.content_type + "]";
    }
    void part_data(std::span<const char> data) override {
        OFFSTAGE_CHECK(inside_ && !data.empty(), "data outside a part, or none");
        text.append(data.data(), data.size());
    }
    void part_end() override {
        OFFSTAGE_CHECK(inside_, "a part ended twice");
        inside_ = false;
        text += "[end]";
    }

    std::string text;

private:
    bool inside_ = false;
};

std::string scan(std::string_view body, std::size_t chunk) {
    Told told;
    MultipartScanner scanner("XX", told, {.max_header = 256, .max_parts = 8});
    try {
        for (std::size_t at = 0; at < body.size(); at += chunk) {
            const std::string_view piece = body.substr(at, chunk);
            scanner.push({piece.data(), piece.size()});
        }
        scanner.finish();
        return told.text + "[whole]";
    } catch (const offstage::Error& error) {
        return told.text + "[" + std::string(offstage::to_string(error.code())) + "]";
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = scan(body, body.size());
    OFFSTAGE_CHECK(scan(body, 1) == whole, "byte by byte it is another form");
    OFFSTAGE_CHECK(scan(body, std::max<std::size_t>(1, data[0])) == whole,
                   "cut in pieces it is another form");
    return 0;
}
