// A second process for the tests: opens a store, says what came of it, and holds it until its input ends.
//
// usage: store_child FILE [URL]
#include "offstage/base/error.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    try {
        const auto store = offstage::stores::open_sqlite(argv[1]);
        if (argc > 2) store->announce(argv[2]);
        std::cout << "open" << std::endl;
        std::string line;
        while (std::getline(std::cin, line)) {
        }
        return 0;
    } catch (const offstage::Error& error) {
        std::cout << offstage::to_string(error.code()) << ' ' << error.what() << std::endl;
        return 1;
    } catch (const std::exception& error) {
        std::cout << "exception " << error.what() << std::endl;
        return 1;
    }
}
