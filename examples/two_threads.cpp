// Two threads print, and are joined: which of them prints first is anybody's guess.
#include "offstage/sys/thread.hpp"

#include <cstdio>

int main() {
    using offstage::sys::Thread;
    const auto count = [](const char* name) {
        for (int i = 1; i <= 3; ++i) std::printf("%s %d\n", name, i);
    };
    Thread first("first", [&](const std::stop_token&) { count("first"); });
    Thread second("second", [&](const std::stop_token&) { count("second"); });
    first.join();
    second.join();
    std::puts("both have ended");
}
