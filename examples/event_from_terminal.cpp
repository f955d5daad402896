// A thread waits for an event that a person sets from the terminal: type "go".
#include "offstage/sync/event.hpp"
#include "offstage/sys/thread.hpp"

#include <iostream>
#include <string>

int main() {
    offstage::Event go;
    offstage::sys::Thread runner("runner", [&](const std::stop_token& stop) {
        if (go.wait(stop) == offstage::WaitStatus::ok) std::cout << "off it goes" << std::endl;
    });
    for (std::string word; !go.is_set() && std::cin >> word;) {
        if (word == "go")
            go.set();
        else
            std::cout << "type go, not " << word << std::endl;
    }
    if (!go.is_set()) runner.request_stop(); // the input ended without it
    runner.join();
}
