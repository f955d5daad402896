#include "offstage/base/json.hpp"

namespace offstage {

boost::json::value parse_json(std::string_view text) {
    boost::json::parser parser;
    boost::system::error_code error;
    const std::size_t read = parser.write(text, error);
    if (error)
        throw Error(Errc::invalid_argument,
                    "this is not JSON: " + error.message() + " at byte " + std::to_string(read));
    return parser.release();
}

namespace json_detail {

void refuse(const std::string& path, std::string_view wanted, const bj::value& got) {
    std::string shown = bj::serialize(got);
    if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
    throw Error(Errc::invalid_argument, path + " should be " + std::string(wanted) + ", but is " + shown);
}

} // namespace json_detail
} // namespace offstage
