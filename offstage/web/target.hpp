// What stands behind the host in an address: path and query, taken apart and percent-decoded.
//
// Everything here comes from outside, so it is refused rather than mended: a broken escape, a NUL or another
// control character, text that is not UTF-8, more than 256 parameters. Values, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage::web {

/// Percent-decodes; with `plus`, "+" is a space, as in queries. Throws Error(invalid_argument) as above.
std::string percent_decode(std::string_view text, bool plus = false);

/// Escapes everything but letters, digits and "-._~", so that the text is one path segment or query value.
std::string percent_encode(std::string_view text);

/// The parameters of a query, in their order. A name may come more than once.
class Query {
public:
    static constexpr std::size_t max_parameters = 256;

    Query() = default;
    /// Reads `a=1&b=x%20y`, without the question mark. Throws Error(invalid_argument) as above.
    explicit Query(std::string_view text);

    /// The first value of that name.
    std::optional<std::string_view> get(std::string_view name) const noexcept;
    std::vector<std::string_view> all(std::string_view name) const;
    bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
    /// The value as a whole number, or `absent` where there is none. Throws Error(invalid_argument), naming
    /// the parameter and the range, where it is anything but a number from `least` to `most`.
    std::int64_t number(std::string_view name, std::int64_t absent, std::int64_t least,
                        std::int64_t most) const;

    bool empty() const noexcept { return pairs_.empty(); }
    auto begin() const noexcept { return pairs_.begin(); }
    auto end() const noexcept { return pairs_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

} // namespace offstage::web
