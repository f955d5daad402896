#include "offstage/base/json.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <charconv>
#include <cstddef>

namespace offstage {

namespace {

namespace bj = boost::json;

/// Makes a value of what the parser finds, and reads doubles itself: of the doubles that Boost 1.81 writes it
/// reads one in four as its neighbour. REQUIRES: the text comes in one piece.
class Builder {
public:
    static constexpr std::size_t max_object_size = bj::object::max_size();
    static constexpr std::size_t max_array_size = bj::array::max_size();
    static constexpr std::size_t max_key_size = bj::string::max_size();
    static constexpr std::size_t max_string_size = bj::string::max_size();

    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_object_begin(bj::error_code&) { return true; }
    bool on_object_end(std::size_t size, bj::error_code&) { return made_.push_object(size), true; }
    bool on_array_begin(bj::error_code&) { return true; }
    bool on_array_end(std::size_t size, bj::error_code&) { return made_.push_array(size), true; }
    bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
        return made_.push_chars(part), true;
    }
    bool on_key(bj::string_view rest, std::size_t, bj::error_code&) { return made_.push_key(rest), true; }
    bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) {
        return made_.push_chars(part), true;
    }
    bool on_string(bj::string_view rest, std::size_t, bj::error_code&) {
        return made_.push_string(rest), true;
    }
    bool on_number_part(bj::string_view, bj::error_code&) { return true; }
    bool on_int64(std::int64_t value, bj::string_view, bj::error_code&) {
        return made_.push_int64(value), true;
    }
    bool on_uint64(std::uint64_t value, bj::string_view, bj::error_code&) {
        return made_.push_uint64(value), true;
    }
    bool on_double(double nearly, bj::string_view text, bj::error_code&) {
        double exactly = nearly; // stays where it is too large or too small: infinite, or zero
        std::from_chars(text.data(), text.data() + text.size(), exactly);
        made_.push_double(exactly);
        return true;
    }
    bool on_bool(bool value, bj::error_code&) { return made_.push_bool(value), true; }
    bool on_null(bj::error_code&) { return made_.push_null(), true; }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }

    void begin() { made_.reset(); }
    bj::value release() { return made_.release(); }

private:
    bj::value_stack made_;
};

} // namespace

boost::json::value parse_json(std::string_view text) {
    bj::basic_parser<Builder> parser{bj::parse_options()};
    parser.handler().begin();
    bj::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (!error && read < text.size()) error = bj::error::extra_data;
    if (error)
        throw Error(Errc::invalid_argument,
                    "this is not JSON: " + error.message() + " at byte " + std::to_string(read));
    return parser.handler().release();
}

namespace json_detail {

void refuse(const std::string& path, std::string_view wanted, const bj::value& got) {
    std::string shown = bj::serialize(got);
    if (shown.size() > 60) {
        std::size_t end = 57;
        while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0U) == 0x80U) --end; // no half letter
        shown = shown.substr(0, end) + "...";
    }
    throw Error(Errc::invalid_argument, path + " should be " + std::string(wanted) + ", but is " + shown);
}

} // namespace json_detail
} // namespace offstage
