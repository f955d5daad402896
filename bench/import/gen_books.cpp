// usage: gen_books ROWS [SEED] > books.csv
#include "bench/import/book_maker.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: gen_books ROWS [SEED] > books.csv\n", stderr);
        return 2;
    }
    std::uint64_t rows = std::strtoull(argv[1], nullptr, 10);
    bookshop::BookMaker maker(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
    std::string text = bookshop::BookMaker::header();
    for (std::uint64_t i = 0; i < rows; ++i) {
        maker.row(text);
        if (text.size() < 64 << 10) continue;
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) break;
        text.clear();
    }
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return 0;
    std::perror("gen_books: cannot write");
    return 1;
}
