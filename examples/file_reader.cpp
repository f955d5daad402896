// A background thread reads a file that changes, and tells what it finds; it ends with the runtime.
#include "offstage/executor/runtime.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

namespace fs = std::filesystem;
using namespace std::chrono_literals;

void watch(const std::stop_token& stop, const fs::path& file, offstage::BoundedQueue<std::string>& found) {
    std::string last;
    offstage::Event never; // a pause that a stop ends at once
    do {
        std::ifstream in(file);
        std::string text;
        if (std::getline(in, text) && text != last) found.push(last = text, stop);
    } while (never.wait(stop, offstage::sys::deadline_after(2ms)) == offstage::WaitStatus::timed_out);
}

int main() {
    const fs::path file = "weather.txt";
    const auto write = [&](const std::string& text) {
        std::ofstream(file.string() + ".new") << text << "\n";
        fs::rename(file.string() + ".new", file); // whole, or not at all
    };
    offstage::BoundedQueue<std::string> found(4);
    {
        offstage::Runtime runtime{{.workers = 1}};
        auto reader = runtime.background("reader", watch, file, std::ref(found));
        for (const char* text : {"sunny", "cloudy", "rain"}) {
            write(text);
            std::printf("%s\n", found.pop().value().c_str());
        }
    }
    std::puts("the reader has ended");
}
