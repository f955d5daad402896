// A background task with parameters: kept by value, given again at each start; std::ref for a reference.
#include "offstage/executor/runtime.hpp"

#include <cstdio>
#include <functional>
#include <string>

void greet(const std::string& name, int times, int& total) {
    for (int i = 0; i < times; ++i) std::printf("hello, %s\n", name.c_str());
    total += times;
}

int main() {
    int total = 0; // declared before the runtime, so that it outlives what runs there
    offstage::Runtime runtime{{.workers = 1}};
    auto greeter = runtime.background("greeter", greet, std::string("Ada"), 2, std::ref(total));
    greeter.join();
    greeter.start();
    greeter.join();
    std::printf("%d greetings\n", total);
}
