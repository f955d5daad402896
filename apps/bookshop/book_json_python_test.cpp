// The judge of books as JSON against Django REST framework's serializer, and Python's repr() of numbers.
#include "apps/bookshop/book_json.hpp"

#include "apps/bookshop/book_table.hpp"
#include "apps/bookshop/testdata/oracle.hpp"
#include "offstage/base/json.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace bookshop {
namespace {

namespace json = boost::json;

constexpr std::string_view kept =
    R"({"title": "Kept", "author": "Kept too", "book_type": "Horror", "ISBN": "1", "year_published": "1999",)"
    R"( "price": "1.50", "no_of_pages": 7, "quantity": 8, "description": "kept"})";

json::value text_or_null(const std::optional<std::string_view>& text) {
    return text ? json::value(json::string(*text)) : json::value(nullptr);
}

/// What we say of one request, in the words of the judge.
std::string ours(std::string_view method, std::string_view body) {
    GivenBook given;
    try {
        given = read_book_json(body);
    } catch (const NotAnObject& fault) {
        return json::serialize(json::object{{"errors", {{"non_field_errors", json::array{fault.what()}}}}});
    } catch (const offstage::Error&) {
        return R"({"detail":true})";
    }
    Book book;
    Faults faults;
    if (!judge(given, method == "PATCH", book, faults))
        return "{\"errors\":" + faults_to_json(faults, given) + "}";
    json::object saved = method == "POST" ? json::object{{"no_of_pages", nullptr}, {"description", nullptr}}
                                          : json::parse(kept).as_object();
    const json::object now{
        {"title", json::string(book.title)},
        {"author", json::string(book.author)},
        {"book_type", json::string(book.book_type)},
        {"ISBN", json::string(book.isbn)},
        {"year_published", json::string(book.year_published)},
        {"price", price_text(book.price_cents)},
        {"no_of_pages", book.no_of_pages ? json::value(*book.no_of_pages) : json::value(nullptr)},
        {"quantity", book.quantity},
        {"description", text_or_null(book.description)}};
    json::object all;
    for (std::size_t i = 0; i < book_fields; ++i) {
        const std::string_view name = to_string(static_cast<Field>(i));
        all[name] = given[i].kind == GivenField::Kind::absent ? saved[name] : now.at(name);
    }
    return json::serialize(json::object{{"saved", all}});
}

class BodyMaker {
public:
    explicit BodyMaker(std::uint64_t seed) : random_(seed) {}

    std::string body() {
        if (one_in(60))
            return any({"[]", "3", "\"x\"", "null", "true", "1.5", "{", "", "{}", "{\"title\": }", "{} {}"});
        std::string made = "{";
        for (std::size_t i = 0; i < book_fields; ++i) {
            if (one_in(12)) continue;
            if (made.size() > 1) made += ", ";
            const auto field = static_cast<Field>(i);
            made += "\"" + std::string(to_string(field)) + "\": " + (one_in(4) ? value() : right(field));
        }
        return made + (one_in(10) ? ", \"id\": 7, \"isbn\": {\"title\": 1}}" : "}");
    }
    bool one_in(unsigned n) { return random_() % n == 0; }
    std::string any(std::vector<std::string> of) { return of[random_() % of.size()]; }

private:
    std::string right(Field field) {
        switch (field) {
        case Field::book_type:
            return any({"\"Comic\"", "\"Horror\"", "\"Sci-tech\""});
        case Field::price:
            return any({"9.99", "10", "\"9.99\"", "1e2", "0.1", "\"1E+2\"", "-5", "99999999.99", "12345678"});
        case Field::no_of_pages:
            return any({"null", "12", "12.0", "\"12\"", "\" 7 \"", "2147483647"});
        case Field::quantity:
            return any({"0", "12", "12.00", "\"012\"", "1e5"});
        case Field::year_published:
            return any({"1999", "\"1999\"", "-50", "1.5"});
        case Field::description:
            return any({"null", "\"\"", "\"  \"", "\"text\"", "5", "1e16"});
        default:
            return any({"\"Emma\"", "\" Emma \"", "5", "-0", "0.10", "1e300",
                        "123456789012345678901234567890", "\"\\u00e9\\n\""});
        }
    }
    std::string value() {
        switch (random_() % 6) {
        case 0:
            return any({"null", "true", "false", "[]", "{}", "\"\"", "\"   \"", "\"true\"", "\"null\""});
        case 1:
            return any({"1.5", "3.0", "3.000", "1e16", "1e-5", "1.25e-7", "-1.0", "-0.0", "0.1", "1e22",
                        "123456789.123", "5e-324", "1.7976931348623157e308", "2147483648.0"});
        case 2:
            return any({"-1", "-0", "2147483648", "99999999999999999999", "0", "10000000000", "-99999999999",
                        "123456789"});
        case 3:
            return any({"\"NaN\"", "\"Infinity\"", "\"1_000\"", "\"١٢\"", "\"9.999\"", "\"1e5\"", "\"12.0\"",
                        "\"+3\"", "\"0x10\"", "\"a\\u0000b\"", "\"Comic \"", "\"comic\""});
        case 4:
            return "\"" + std::string(random_() % 300, 'x') + "\"";
        default:
            return std::to_string(static_cast<double>(random_() % 100'000'000) / (one_in(2) ? 100 : 1000));
        }
    }
    std::mt19937_64 random_;
};

TEST(BookJsonVerdicts, OfGeneratedRequestsAreDjangos) {
    constexpr std::uint64_t seed = 27182818;
    BodyMaker maker(seed);
    std::vector<std::pair<std::string, std::string>> requests;
    std::string lines;
    for (int i = 0; i < 6000; ++i) {
        const std::string method = maker.any({"POST", "PUT", "PATCH"});
        std::string body = maker.body();
        if (body.empty()) body = "{}"; // an empty body is none for Django's parsers
        lines += method + " " + body + "\n";
        requests.emplace_back(method, std::move(body));
    }
    const std::vector<std::string> told = ask_python("drf_json_oracle.py", lines);
    ASSERT_EQ(told.size(), requests.size());
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < told.size(); ++i) {
        const auto& [method, body] = requests[i];
        const std::string theirs = json::serialize(offstage::parse_json(told[i]));
        accepted += theirs.starts_with("{\"saved\"") ? 1 : 0;
        ASSERT_EQ(ours(method, body), theirs)
            << method << " " << body << "\nrequest " << i << " of seed " << seed;
    }
    EXPECT_GT(accepted, requests.size() / 10) << "too few were right for their values to be compared";
}

TEST(BookJson, SaysOfANumberWhatPythonSays) {
    const std::pair<double, const char*> numbers[] = {
        {0.0, "0.0"},      {-0.0, "-0.0"},        {1.0, "1.0"},
        {0.1, "0.1"},      {100.0, "100.0"},      {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},   {1.5e16, "1.5e+16"},   {1e-4, "0.0001"},
        {1e-5, "1e-05"},   {1.25e-7, "1.25e-07"}, {123456.789, "123456.789"},
        {1e100, "1e+100"}, {5e-324, "5e-324"},    {std::numeric_limits<double>::infinity(), "inf"}};
    for (const auto& [number, text] : numbers) EXPECT_EQ(python_repr(number), text);
}

} // namespace
} // namespace bookshop
