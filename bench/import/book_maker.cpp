#include "bench/import/book_maker.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bookshop {
namespace {

using namespace std::string_view_literals;

constexpr std::array nouns = {"ash"sv,    "bridge"sv, "candle"sv,  "coast"sv,   "the"sv,     "engine"sv,
                              "forest"sv, "garden"sv, "harbour"sv, "island"sv,  "journey"sv, "lantern"sv,
                              "a"sv,      "meadow"sv, "north"sv,   "orchard"sv, "paper"sv,   "quiet"sv,
                              "river"sv,  "salt"sv,   "thread"sv,  "of"sv,      "valley"sv,  "winter"sv};
constexpr std::array first_names = {"Ada"sv,   "Bruno"sv, "Chloe"sv, "Dario"sv, "Esra"sv, "Felix"sv,
                                    "Greta"sv, "Hugo"sv,  "Ilse"sv,  "Jun"sv,   "Kofi"sv, "Lucia"sv,
                                    "Milan"sv, "Noor"sv,  "Olga"sv,  "Pavel"sv};
constexpr std::array last_names = {"Adler"sv, "Brandt"sv, "Cruz"sv,   "Duarte"sv, "Engel"sv,  "Farkas"sv,
                                   "Greco"sv, "Hansen"sv, "Ishida"sv, "Jansen"sv, "Keller"sv, "Lopes"sv,
                                   "Mbeki"sv, "Nagy"sv,   "Orlova"sv, "Popov"sv};
constexpr std::array types = {"Sci-tech"sv, "Magazine"sv, "Comic"sv, "Classic"sv, "Horror"sv};

void put_number(std::string& to, std::uint64_t number, std::size_t width = 1) {
    std::string digits = std::to_string(number);
    if (digits.size() < width) to.append(width - digits.size(), '0');
    to += digits;
}

/// An ISBN-13: its last digit makes the weighted sum a multiple of ten.
void put_isbn(std::string& to, std::uint64_t number) {
    std::size_t begin = to.size();
    to += "978";
    put_number(to, number % 1'000'000'000, 9);
    int sum = 0;
    for (std::size_t i = 0; i < 12; ++i) sum += (to[begin + i] - '0') * (i % 2 == 0 ? 1 : 3);
    to += static_cast<char>('0' + (10 - sum % 10) % 10);
}

} // namespace

std::string BookMaker::header() {
    return "title,author,book_type,ISBN,year_published,price,no_of_pages,quantity,description\n";
}

void BookMaker::row(std::string& to) {
    words(to, 4, true);
    to += ',';
    to += first_names[random(first_names.size())];
    to += ' ';
    to += last_names[random(last_names.size())];
    to += ',';
    to += types[random(types.size())];
    to += ',';
    put_isbn(to, rows_);
    to += ',';
    put_number(to, 1900 + random(125));
    to += ',';
    put_number(to, 1 + random(90));
    to += '.';
    put_number(to, random(100), 2);
    to += ',';
    put_number(to, 40 + random(1200));
    to += ',';
    put_number(to, random(500));
    to += ',';
    bool quoted = rows_ % 50 == 0;
    if (quoted) to += '"';
    words(to, 8, false);
    if (quoted) to += ", \"\"a classic\"\", again\"";
    to += '\n';
    ++rows_;
}

// SplitMix64 (Steele, Lea, Flood, 2014), scaled by its upper half.
std::uint64_t BookMaker::random(std::uint64_t below) {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return ((z ^ (z >> 31)) >> 32) * below >> 32;
}

void BookMaker::words(std::string& to, int count, bool capitals) {
    for (int i = 0; i < count; ++i) {
        if (i > 0) to += ' ';
        std::size_t begin = to.size();
        to += nouns[random(nouns.size())];
        if (capitals) to[begin] = static_cast<char>(to[begin] - 'a' + 'A');
    }
}

} // namespace bookshop
