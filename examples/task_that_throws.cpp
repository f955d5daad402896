// A task that throws inside a pool is heard: from its future, or by the error sink, with name and place.
#include "offstage/executor/runtime.hpp"

#include <cstdio>
#include <stdexcept>

void send_mail(const char* address) {
    throw std::runtime_error(std::string("no answer from ") + address);
}

int main() {
    offstage::Runtime runtime{{.workers = 1, .on_error = [](const offstage::TaskError& error) {
                                   std::printf("the sink heard: %s\n", describe(error).c_str());
                               }}};
    auto future = runtime.submit(send_mail, "ada@example.org");
    try {
        future.get();
    } catch (const std::runtime_error& error) {
        std::printf("the future threw: %s\n", error.what());
    }
    runtime.post({.name = "mail"}, send_mail, "bob@example.org");
    runtime.pool().drain();
}
