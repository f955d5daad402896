#include "apps/bookshop/book_json.hpp"

#include "apps/bookshop/rules/book_rules.hpp"
#include "offstage/base/error.hpp"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

namespace bookshop {

namespace json = boost::json;
using offstage::Errc;
using offstage::Error;
using Kind = GivenField::Kind;

namespace {

constexpr std::size_t many_digits = 100; // of a whole number; more change no verdict

/// Takes the members of the outermost object that are fields of a book, numbers as they are written.
struct BookHandler {
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;
    using Fault = boost::system::error_code;
    using Text = json::string_view;

    GivenBook book;
    std::string_view outermost; // as Python calls it
    std::size_t depth = 0;
    GivenField* field = nullptr; // the member's that is being read; none: it is passed over
    std::string key;
    std::string text;
    std::string number;

    bool give(Kind kind, std::string value, std::string_view python) {
        if (depth == 0) outermost = python;
        if (depth == 1 && field != nullptr) *field = {kind, std::move(value)};
        return true;
    }
    bool on_number() {
        const std::string written = std::exchange(number, {});
        if (written.find_first_of(".eE") == written.npos)
            return give(Kind::whole, written == "-0" ? "0" : written.substr(0, many_digits), "int");
        return give(Kind::real, python_repr(std::strtod(written.c_str(), nullptr)), "float");
    }
    bool enter(std::string_view python) {
        if (depth == 0) outermost = python;
        if (depth == 1 && field != nullptr) *field = {Kind::other, python == "dict" ? "{}" : "[]"};
        ++depth;
        return true;
    }

    bool on_document_begin(Fault&) { return true; }
    bool on_document_end(Fault&) { return true; }
    bool on_object_begin(Fault&) { return enter("dict"); }
    bool on_object_end(std::size_t, Fault&) { return depth-- > 0; }
    bool on_array_begin(Fault&) { return enter("list"); }
    bool on_array_end(std::size_t, Fault&) { return depth-- > 0; }
    bool on_key_part(Text part, std::size_t, Fault&) {
        key.append(part.data(), part.size());
        return true;
    }
    bool on_key(Text part, std::size_t, Fault&) {
        key.append(part.data(), part.size());
        if (depth == 1) {
            field = nullptr;
            for (std::size_t i = 0; i < book_fields; ++i)
                if (to_string(static_cast<Field>(i)) == key) field = &book[i];
        }
        key.clear();
        return true;
    }
    bool on_string_part(Text part, std::size_t, Fault&) {
        text.append(part.data(), part.size());
        return true;
    }
    bool on_string(Text part, std::size_t, Fault&) {
        text.append(part.data(), part.size());
        return give(Kind::text, std::exchange(text, {}), "str");
    }
    bool on_number_part(Text part, Fault&) {
        number.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t, Text part, Fault&) { return on_number_part(part, ignored) && on_number(); }
    bool on_uint64(std::uint64_t, Text part, Fault&) { return on_number_part(part, ignored) && on_number(); }
    bool on_double(double, Text part, Fault&) { return on_number_part(part, ignored) && on_number(); }
    bool on_bool(bool value, Fault&) { return give(Kind::other, value ? "True" : "False", "bool"); }
    bool on_null(Fault&) { return give(Kind::null, "None", "NoneType"); }
    bool on_comment_part(Text, Fault&) { return true; }
    bool on_comment(Text, Fault&) { return true; }

    Fault ignored;
};

bool is_character_field(Field field) {
    return field == Field::title || field == Field::author || field == Field::isbn ||
           field == Field::year_published || field == Field::description;
}

/// What is wrong with a field by its type alone, or where nothing may be said.
std::optional<Code> wrong_type(Field field, const GivenField& given) {
    const bool nullable = field == Field::no_of_pages || field == Field::description;
    if (given.kind == Kind::null && !nullable) return Code::null;
    if (given.kind == Kind::other && field != Field::book_type) return Code::invalid;
    if (field == Field::no_of_pages && given.kind == Kind::text && given.text.empty()) return Code::invalid;
    return std::nullopt;
}

} // namespace

NotAnObject::NotAnObject(std::string_view what)
    : Error(Errc::invalid_argument,
            what == "NoneType" ? "No data provided"
                               : "Invalid data. Expected a dictionary, but got " + std::string(what) + ".") {}

GivenBook read_book_json(std::string_view text) {
    if (text.empty()) return {};
    json::basic_parser<BookHandler> parser{json::parse_options{}};
    boost::system::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (!error && read < text.size()) error = json::error::extra_data;
    if (error) throw Error(Errc::invalid_argument, "JSON parse error - " + error.message());
    if (parser.handler().outermost != "dict") throw NotAnObject(parser.handler().outermost);
    return std::move(parser.handler().book);
}

bool judge(const GivenBook& given, bool partial, Book& book, Faults& faults) {
    BookTexts texts;
    for (std::size_t i = 0; i < book_fields; ++i) {
        const GivenField& field = given[i];
        if (field.kind == Kind::null && static_cast<Field>(i) == Field::no_of_pages)
            texts[i] = ""; // a blank is how a row says null
        else if (field.kind != Kind::absent && field.kind != Kind::null)
            texts[i] = field.text;
    }
    Faults judged;
    judge(texts, book, judged);
    faults.clear();
    for (std::size_t i = 0; i < book_fields; ++i) {
        const auto field = static_cast<Field>(i);
        if (partial && given[i].kind == Kind::absent) continue;
        if (const auto wrong = wrong_type(field, given[i])) {
            faults.add(field, *wrong);
            continue;
        }
        for (const Fault& fault : judged) {
            if (fault.field != field) continue;
            const bool optional = field == Field::no_of_pages || field == Field::description;
            if (fault.code != Code::required || !optional) faults.add(fault.field, fault.code);
        }
    }
    return faults.empty();
}

std::string faults_to_json(const Faults& faults, const GivenBook& given) {
    json::object told;
    for (const Fault& fault : faults) {
        const GivenField& field = given[static_cast<std::size_t>(fault.field)];
        const bool not_a_string = fault.code == Code::invalid && is_character_field(fault.field);
        json::value& list = *&told.emplace(to_string(fault.field), json::array{}).first->value();
        list.as_array().emplace_back(not_a_string ? "Not a valid string." : message(fault, field.text));
    }
    return json::serialize(told);
}

std::string python_repr(double number) {
    if (number > 1.7976931348623157e308) return "inf";
    if (number < -1.7976931348623157e308) return "-inf";
    std::array<char, 40> buffer;
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
    std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
    std::string out;
    if (text.starts_with('-')) out = "-", text.remove_prefix(1);
    const std::size_t e = text.find('e');
    const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
    std::string digits(1, text[0]);
    if (e > 2) digits += text.substr(2, e - 2);
    const auto size = static_cast<int>(digits.size());
    if (exponent < -4 || exponent >= 16) {
        const int power = exponent < 0 ? -exponent : exponent;
        return out + digits[0] + (size > 1 ? "." + digits.substr(1) : "") + (exponent < 0 ? "e-" : "e+") +
               (power < 10 ? "0" : "") + std::to_string(power);
    }
    if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    if (size <= exponent + 1)
        return out + digits + std::string(static_cast<std::size_t>(exponent + 1 - size), '0') + ".0";
    const auto point = static_cast<std::size_t>(exponent + 1);
    return out + digits.substr(0, point) + "." + digits.substr(point);
}

} // namespace bookshop
