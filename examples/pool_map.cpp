// A pool's map: in parallel, the results in order, at most a window of them in flight.
#include "offstage/executor/runtime.hpp"

#include <cstdio>
#include <string>
#include <vector>

int main() {
    offstage::Runtime runtime{{.workers = 4}};
    const std::vector<std::string> titles{"Emma", "Middlemarch", "Ulysses"};
    for (const std::size_t length :
         runtime.map([](const std::string& title) { return title.size(); }, titles))
        std::printf("%zu letters\n", length);
}
