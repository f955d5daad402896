// Header fields of a request or a response: names without regard to case, in the order in which they came.
//
// A name is a token and a value holds no line break and no NUL: nothing that a handler puts in can start a
// header of its own. Values, not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offstage::web {

/// True when both are the same text without regard to the case of ASCII letters.
bool same_name(std::string_view a, std::string_view b) noexcept;

class Headers {
public:
    struct Field {
        std::string name;
        std::string value;
    };

    /// The first field of that name.
    std::optional<std::string_view> get(std::string_view name) const noexcept;
    bool contains(std::string_view name) const noexcept { return get(name).has_value(); }

    /// One more field. Throws Error(invalid_argument) where name or value could break the message.
    void add(std::string name, std::string value);
    /// Takes the place of every field of that name. Throws as add() does.
    void set(std::string name, std::string value);
    void remove(std::string_view name);

    std::size_t size() const noexcept { return fields_.size(); }
    auto begin() const noexcept { return fields_.begin(); }
    auto end() const noexcept { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

/// A header value of the form `type; name=value; name="quoted"`: Content-Type, Content-Disposition.
struct HeaderValue {
    std::string type;                       ///< lower case, without parameters: "multipart/form-data"
    std::vector<Headers::Field> parameters; ///< names lower case, values unquoted

    std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

/// Reads such a value leniently, as browsers write it; what cannot be read is left out. At most 32
/// parameters.
HeaderValue parse_header_value(std::string_view text);

} // namespace offstage::web
