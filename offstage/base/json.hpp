// JSON for described structs: what job arguments, results and checkpoints are kept as.
//
//   to_json(value)            any arithmetic, string, bool, optional, vector, map<string, T>, or described
//   struct from_json<T>(text)        the same back; throws Error(invalid_argument) whose message carries the
//   JSON path
//
// A stored job outlives its struct, so reading is lenient where a struct grows: a field that is absent keeps
// the default that its struct gives it, an unknown field is passed over. It is strict where data would
// change: a number that does not fit, a wrong type, a non-finite double are refused, never narrowed. At most
// 32 levels deep.
//
//   struct SendMail { std::string to; int tries = 3; };
//   BOOST_DESCRIBE_STRUCT(SendMail, (), (to, tries))
//
// Thread-safe: functions of their arguments.
#pragma once

#include "offstage/base/error.hpp"

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offstage {

/// Reads one JSON text of any shape. Throws Error(invalid_argument) with the byte where it stopped.
boost::json::value parse_json(std::string_view text);

namespace json_detail {

namespace bj = boost::json;
namespace bd = boost::describe;

[[noreturn]] void refuse(const std::string& path, std::string_view wanted, const bj::value& got);

template <class T>
concept Described = bd::has_describe_members<T>::value && !std::is_union_v<T>;

template <class T>
struct Codec; // one specialisation a shape

template <>
struct Codec<bool> {
    static bj::value write(bool value) { return value; }
    static void read(const bj::value& from, bool& to, const std::string& path) {
        if (!from.is_bool()) refuse(path, "true or false", from);
        to = from.get_bool();
    }
};

template <std::integral T>
struct Codec<T> {
    static bj::value write(T value) {
        if constexpr (std::signed_integral<T>)
            return static_cast<std::int64_t>(value);
        else
            return static_cast<std::uint64_t>(value);
    }
    static void read(const bj::value& from, T& to, const std::string& path) {
        if (from.is_int64() && std::in_range<T>(from.get_int64()))
            to = static_cast<T>(from.get_int64());
        else if (from.is_uint64() && std::in_range<T>(from.get_uint64()))
            to = static_cast<T>(from.get_uint64());
        else
            refuse(path,
                   "a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                       std::to_string(std::numeric_limits<T>::max()),
                   from);
    }
};

template <std::floating_point T>
struct Codec<T> {
    static bj::value write(T value) {
        if (!std::isfinite(value)) throw Error(Errc::invalid_argument, "JSON has no infinity and no NaN");
        return static_cast<double>(value);
    }
    static void read(const bj::value& from, T& to, const std::string& path) {
        if (!from.is_number()) refuse(path, "a number", from);
        const auto number = static_cast<T>(from.to_number<double>());
        if (!std::isfinite(number)) refuse(path, "a number that is not too large", from);
        to = number;
    }
};

template <>
struct Codec<std::string> {
    static bj::value write(const std::string& value) { return bj::string(value); }
    static void read(const bj::value& from, std::string& to, const std::string& path) {
        if (!from.is_string()) refuse(path, "a text", from);
        to.assign(from.get_string().data(), from.get_string().size());
    }
};

template <>
struct Codec<bj::value> {
    static bj::value write(const bj::value& value) { return value; }
    static void read(const bj::value& from, bj::value& to, const std::string&) { to = from; }
};

template <class T>
struct Codec<std::optional<T>> {
    static bj::value write(const std::optional<T>& value) {
        return value ? Codec<T>::write(*value) : bj::value(nullptr);
    }
    static void read(const bj::value& from, std::optional<T>& to, const std::string& path) {
        if (from.is_null())
            to.reset();
        else
            Codec<T>::read(from, to.emplace(), path);
    }
};

template <class T>
struct Codec<std::vector<T>> {
    static bj::value write(const std::vector<T>& value) {
        bj::array array;
        array.reserve(value.size());
        for (const auto& item : value) array.push_back(Codec<T>::write(item));
        return array;
    }
    static void read(const bj::value& from, std::vector<T>& to, const std::string& path) {
        if (!from.is_array()) refuse(path, "a list", from);
        to.clear();
        to.reserve(from.get_array().size());
        for (const auto& item : from.get_array()) {
            std::string here = path + "[" + std::to_string(to.size()) + "]";
            Codec<T>::read(item, to.emplace_back(), here);
        }
    }
};

template <class T>
struct Codec<std::map<std::string, T>> {
    static bj::value write(const std::map<std::string, T>& value) {
        bj::object object;
        for (const auto& [key, item] : value) object[key] = Codec<T>::write(item);
        return object;
    }
    static void read(const bj::value& from, std::map<std::string, T>& to, const std::string& path) {
        if (!from.is_object()) refuse(path, "an object", from);
        to.clear();
        for (const auto& [key, item] : from.get_object())
            Codec<T>::read(item, to[key], path + "." + std::string(key));
    }
};

template <Described T>
struct Codec<T> {
    using Members = bd::describe_members<T, bd::mod_any_access | bd::mod_inherited>;
    static bj::value write(const T& value) {
        bj::object object;
        boost::mp11::mp_for_each<Members>([&](auto member) {
            const auto& field = value.*member.pointer;
            object[member.name] = Codec<std::remove_cvref_t<decltype(field)>>::write(field);
        });
        return object;
    }
    static void read(const bj::value& from, T& to, const std::string& path) {
        if (!from.is_object()) refuse(path, "an object", from);
        const auto& object = from.get_object();
        boost::mp11::mp_for_each<Members>([&](auto member) {
            auto& field = to.*member.pointer;
            if (const bj::value* found = object.if_contains(member.name))
                Codec<std::remove_cvref_t<decltype(field)>>::read(*found, field, path + "." + member.name);
        });
    }
};

} // namespace json_detail

/// The value as JSON text. Throws Error(invalid_argument) on a non-finite double.
template <class T>
std::string to_json(const T& value) {
    return boost::json::serialize(json_detail::Codec<T>::write(value));
}

/// The value that a JSON text tells. Throws Error(invalid_argument) with the path of what is wrong.
template <class T>
T from_json_value(const boost::json::value& json) {
    T value{};
    json_detail::Codec<T>::read(json, value, "$");
    return value;
}

template <class T>
T from_json(std::string_view text) {
    return from_json_value<T>(parse_json(text));
}

} // namespace offstage
