// Makes up books from a seed: the same rows on every machine, about 125 bytes each, all of them valid, with a
// quoted comma and doubled quotes in 2 % of the rows.
#pragma once

#include <cstdint>
#include <string>

namespace bookshop {

class BookMaker {
public:
    explicit BookMaker(std::uint64_t seed) : state_(seed) {}

    /// The header line.
    static std::string header();

    /// Appends the next row to `to`.
    void row(std::string& to);

private:
    std::uint64_t random(std::uint64_t below);
    void words(std::string& to, int count, bool capitals);

    std::uint64_t state_;
    std::uint64_t rows_ = 0;
};

} // namespace bookshop
